"""Brainstorm: ideas from several views, each once, ranked with ties and doubt; a person picks, and it is said so."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from compound.errors import ModelError
from compound.model import ModelRequest
from compound.review import Edit
from tests.e2e.desk_homes import Home
from tests.project.desk.way import part
from tests.support.showcase import scripted

GRAPH = "brainstorm"
TOPIC: dict[str, Any] = {"topic": "fewer letters about refunds", "views": ["a customer", "the owner"], "count": 2}
IDEAS = {
    "a customer": [("Call me", "Ring the customer on the day."), ("Text me", "Send a text when money moves.")],
    "the owner": [("Send a text", "Send a text when the money moves."), ("Charge more", "Ask two dollars a refund.")],
}
BEST = {"Charge more": 0, "Call me": 1, "Text me": 2, "Send a text": 2}


def _ideas(request: ModelRequest) -> str:
    view = str(request.inputs["view"])
    return json.dumps([{"title": title, "text": text} for title, text in IDEAS[view]])


def _judge(request: ModelRequest) -> str:
    pair: Any = request.inputs["pair"]
    first, second = (BEST[pair[one]["title"]] for one in ("first", "second"))
    return json.dumps({"winner": "first" if first > second else "second", "why": "it costs less"})


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_without_a_model_it_asks_the_usual_questions_and_ranks_nothing(home: Home) -> None:
    project = home.open()
    try:
        run = project.run(GRAPH, {"topic": "fewer letters"})
        said = dict(run.shown())
        assert "there is no right answer" in str(said["notes"])
        assert "every pair is a tie: the places say nothing" in str(said["notes"])
        assert said["draft"] == "1, 2, 3, 4, 5"
        edits = Edit(text="2, 9")
        project.reviews().decide(run.review_ids[0], "edit", user="ann", edits=edits)
        record = project.run_record(run.run_id)
        assert record is not None
        assert record.output is not None
        picked: Any = record.output["picked"]
        assert [one["number"] for one in picked] == [2]
        assert record.output["unknown"] == ["9"]
        assert record.output["by"] == "ann"
    finally:
        project.close()


def test_ideas_in_common_words_are_one_and_the_better_ones_come_first(home: Home) -> None:
    with scripted(home, ideator=_ideas, judge=_judge) as (project, models):
        run = project.run(GRAPH, TOPIC)
    assert run.status == "waiting_review"
    shown: Any = run.shown_to_person
    rows = _rows(shown["ranking"])
    assert [row[1] for row in rows] == ["Send a text", "Call me", "Charge more"]
    assert [row[4:] for row in rows] == [["2", "0", "0"], ["1", "0", "1"], ["0", "0", "2"]]
    assert "(the owner; a customer; also: Text me)" in shown["ideas"][0]
    assert len(models.asked["judge"]) == 6
    assert shown["notes"][1] == "4 ideas from 2 points of view, 3 of them different"


def test_a_judge_that_prefers_what_it_reads_first_decides_nothing(home: Home) -> None:
    with scripted(home, ideator=_ideas, judge=lambda _: {"winner": "first", "why": "it is first"}) as (project, _):
        shown: Any = project.run(GRAPH, TOPIC).shown_to_person
    assert "3 of 3 pairs were decided by their order; they count as ties" in shown["notes"]
    assert {row[2] for row in _rows(shown["ranking"])} == {"1"}
    assert {row[3] for row in _rows(shown["ranking"])} == {"1 to 3"}
    assert shown["draft"]["text"] == "1, 2, 3"


def test_a_view_that_fails_is_named_and_the_others_are_ranked(home: Home) -> None:
    def ideas(request: ModelRequest) -> Any:
        return (
            ModelError("model.provider-down", "no answer") if request.inputs["view"] == "the owner" else _ideas(request)
        )

    with scripted(home, ideator=ideas, judge=_judge) as (project, _):
        shown: Any = project.run(GRAPH, TOPIC).shown_to_person
    assert any(note.startswith("no ideas from the owner") for note in shown["notes"])
    assert [row[1] for row in _rows(shown["ranking"])] == ["Text me", "Call me"]


def test_rejecting_all_picks_nothing(home: Home) -> None:
    with scripted(home, ideator=_ideas, judge=_judge) as (project, _):
        run = project.run(GRAPH, TOPIC)
        project.reviews().decide(run.review_ids[0], "reject", user="ann")
        record = project.run_record(run.run_id)
    assert record is not None
    assert record.output is not None
    assert (record.output["decided"], record.output["picked"]) == ("reject", None)


def _pool(count: int) -> dict[str, Any]:
    ideas = [{"number": at + 1, "title": f"i{at}", "text": "", "views": ["v"], "also": []} for at in range(count)]
    return {"ideas": ideas, "notes": []}


def _judged(pool: dict[str, Any], says: Any) -> list[dict[str, Any]]:
    pairs = part("tools.ideas.ranking").idea_pairs(pool["ideas"])
    return [
        {
            "first": pair["first"]["number"],
            "second": pair["second"]["number"],
            "winner": says(pair["first"]["number"], pair["second"]["number"]),
            "why": "",
        }
        for pair in pairs
    ]


@settings(max_examples=25, deadline=None)
@given(worth=st.lists(st.integers(0, 50), min_size=2, max_size=7))
def test_what_wins_more_never_stands_behind_and_equals_share_a_place(worth: list[int]) -> None:
    pool = _pool(len(worth))

    def says(first: int, second: int) -> str:
        one, other = worth[first - 1], worth[second - 1]
        return "first" if one > other else "second" if other > one else "tie"

    ranking = part("tools.ideas.ranking").rank_ideas(pool, _judged(pool, says))
    places = {int(row[0]): int(row[2]) for row in _rows(ranking["table"])}
    for (one, own), (other, theirs) in product(places.items(), repeat=2):
        if worth[one - 1] > worth[other - 1]:
            assert own < theirs
        if worth[one - 1] == worth[other - 1]:
            assert own == theirs
    assert set(ranking["leaders"].split(", ")) >= {str(one) for one, place in places.items() if place == 1}


@settings(max_examples=40, deadline=None)
@given(count=st.integers(0, 60))
def test_every_idea_meets_others_equally_often_in_both_orders(count: int) -> None:
    pairs = part("tools.ideas.ranking").idea_pairs(_pool(count)["ideas"])
    met = {(pair["first"]["number"], pair["second"]["number"]) for pair in pairs}
    assert len(met) == len(pairs)
    assert all((other, one) in met and one != other for one, other in met)
    times = [sum(one == number for one, _ in met) for number in range(1, count + 1)]
    assert len(pairs) <= 2 * max(28, 3 * count)
    assert not times or max(times) - min(times) <= 1


def test_nothing_to_rank_is_no_failure() -> None:
    for count in (0, 1):
        pool = _pool(count)
        ranking = part("tools.ideas.ranking").rank_ideas(pool, [])
        assert ranking["order"] == [idea["number"] for idea in pool["ideas"]]
