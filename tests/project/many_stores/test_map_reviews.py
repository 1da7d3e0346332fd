"""A map asks one person for each of its items: each is decided alone, and its effects happen at once and once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compound.errors import ProjectError
from tests.project.keys.table import Place
from tests.project.keys.waiting import pass_time
from tests.project.many_stores.company import opened, people
from tests.project.many_stores.mapped_letters import drafts, letter, office, output, sent, start, waiting


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = office(tmp_path)
    monkeypatch.chdir(made.root)
    return made


def test_the_graph_is_sound(place: Place) -> None:
    assert place.codes() == []


def test_each_item_is_decided_alone_and_done_at_once(place: Place) -> None:
    run_id = start(place, letter("i-1", "one"), letter("i-2", "two", "bob"), letter("i-3", "three", "cyd"))
    items = waiting(place)
    assert sorted(items) == ["letters[0].review", "letters[1].review", "letters[2].review"]
    shown = place.say("review", "show", items["letters[1].review"])
    assert "letters[1].review" in shown.out
    assert "Dear, two." in shown.out
    assert "i-2" in shown.out
    does = place.say("review", "show", items["letters[1].review"], "--json").json
    assert [one["name"] for one in does["effects"]["approve"]] == ["visit", "send_letter"], does
    said = place.say("review", "approve", items["letters[1].review"], "--json")
    assert (said.code, said.json["run_status"]) == (0, "waiting_review"), said.err
    assert (sent(place), people(place, "crm")) == ([("i-2", "Dear, two.")], {"ann": 0, "bob": 1, "cyd": 0})
    assert place.say("review", "edit", items["letters[2].review"], "--text", "Hi.").code == 0
    assert sent(place) == [("i-2", "Dear, two."), ("i-3", "Hi.")]
    said = place.say("review", "reject", items["letters[0].review"], "--json")
    assert (said.code, said.json["run_status"]) == (0, "done"), said.err
    made = output(place, run_id)
    assert made["count"] == 3
    assert [(one["to"], one["action"], bool(one["sent"])) for one in made["letters"]] == [
        ("i-1", "reject", False),
        ("i-2", "approve", True),
        ("i-3", "edit", True),
    ]
    assert (len(sent(place)), drafts(place)) == (2, 3)


def test_a_failing_item_is_left_out(place: Place) -> None:
    run_id = start(place, letter("i-1", "bad"), letter("i-2", "two", "bob"))
    items = waiting(place)
    assert list(items) == ["letters[1].review"]
    said = place.say("review", "approve", items["letters[1].review"], "--json")
    assert (said.code, said.json["run_status"]) == (0, "done"), said.err
    made = output(place, run_id)
    assert [one["to"] for one in made["letters"]] == ["i-2"]


def test_what_is_returned_is_drafted_again_alone(place: Place) -> None:
    start(place, letter("i-1", "one"), letter("i-2", "two", "bob"))
    items = waiting(place)
    said = place.say("review", "return", items["letters[0].review"], "--instruction", "shorter")
    assert said.code == 0, said.err
    again = waiting(place)
    assert (len(again), again["letters[1].review"]) == (2, items["letters[1].review"])
    assert again["letters[0].review"] != items["letters[0].review"]
    assert drafts(place) == 3
    assert "Dear, one. (shorter)" in place.say("review", "show", again["letters[0].review"]).out
    assert place.say("review", "approve", again["letters[1].review"]).code == 0
    assert place.say("review", "approve", again["letters[0].review"], "--json").json["run_status"] == "done"
    assert sent(place) == [("i-2", "Dear, two."), ("i-1", "Dear, one. (shorter)")]


def test_a_refused_effect_comes_back_to_its_own_item(place: Place) -> None:
    run_id = start(place, letter("i-1", "one"), letter("i-2", "two", "bob"))
    items = waiting(place)
    with opened(place) as project, project.resources.records["crm"].transaction() as tx:
        person = tx.get("people", "ann")
        assert person is not None
        person["name"] = "Anna"
    said = place.say("review", "approve", items["letters[0].review"])
    assert said.code != 0
    assert (sent(place), people(place, "crm")) == ([], {"ann": 0, "bob": 0, "cyd": 0})
    assert place.say("review", "approve", items["letters[1].review"]).code == 0
    assert sent(place) == [("i-2", "Dear, two.")]
    assert list(waiting(place)) == ["letters[0].review"]
    redrafted = place.say("review", "redraft", items["letters[0].review"])
    assert redrafted.code == 0, redrafted.err
    said = place.say("review", "approve", items["letters[0].review"], "--json")
    assert (said.code, said.json["run_status"]) == (0, "done"), said.err
    assert (sent(place), people(place, "crm")) == (
        [("i-2", "Dear, two."), ("i-1", "Dear, one.")],
        {"ann": 1, "bob": 1, "cyd": 0},
    )
    made = output(place, run_id)
    assert made["count"] == 2


def test_the_last_item_whose_effect_is_refused_comes_back_too(place: Place) -> None:
    start(place, letter("i-1", "one"))
    items = waiting(place)
    with opened(place) as project, project.resources.records["crm"].transaction() as tx:
        person = tx.get("people", "ann")
        assert person is not None
        person["name"] = "Anna"
    assert place.say("review", "approve", items["letters[0].review"]).code != 0
    redrafted = place.say("review", "redraft", items["letters[0].review"])
    assert redrafted.code == 0, redrafted.err
    said = place.say("review", "approve", items["letters[0].review"], "--json")
    assert (said.code, said.json["run_status"]) == (0, "done"), said.err
    assert (sent(place), people(place, "crm")["ann"]) == ([("i-1", "Dear, one.")], 1)


def test_nothing_is_left_of_a_run_that_is_done(place: Place) -> None:
    import sqlite3

    start(place, letter("i-1", "one"), letter("i-2", "two", "bob"))
    for item in waiting(place).values():
        assert place.say("review", "approve", item).code == 0
    file = next(place.root.glob(".compound/*/checkpoints.db"))
    assert sqlite3.connect(file).execute("SELECT count(*) FROM checkpoints").fetchone() == (0,)


def test_a_cancelled_run_withdraws_every_item(place: Place) -> None:
    run_id = start(place, letter("i-1", "one"), letter("i-2", "two", "bob"))
    assert run_id
    said = place.say("review", "cancel", waiting(place)["letters[1].review"])
    assert said.code == 0, said.err
    assert waiting(place) == {}
    assert sent(place) == []


def test_the_spans_of_an_item_are_in_the_trace_of_its_run(place: Place) -> None:
    run_id = start(place, letter("i-1", "one"), letter("i-2", "two", "bob"))
    for item in waiting(place).values():
        assert place.say("review", "approve", item).code == 0
    assert [one["run_id"] for one in place.say("traces", "list", "--json").json] == [run_id]
    told = place.say("traces", "show", run_id)
    assert told.code == 0, told.err
    for name in ("letters[0].draft", "letters[1].review", "letters[1].send"):
        assert name in told.out, told.out


def test_a_batch_counts_runs_not_items_of_a_map(place: Place) -> None:
    rows = [{"id": "b1", "letters": [letter("i-1", "one"), letter("i-2", "two", "bob")]}, {"id": "b2", "letters": []}]
    (place.root / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    said = place.say("batch", "--from", "rows.jsonl", "--json")
    assert said.code == 0, said.err
    assert (said.json["counts"]["waiting_review"], said.json["counts"]["done"]) == (1, 1), said.json
    for item in waiting(place).values():
        assert place.say("review", "approve", item).code == 0
    said = place.say("batch", "--from", "rows.jsonl", "--json")
    assert (said.code, said.json["counts"]["done"]) == (0, 2), said.json
    assert len(sent(place)) == 2


POLICY = """\
compound: policy/v1
name: rules
effects:
  visit: {undo: 1h}
  send_letter: {}
"""


def test_a_decision_about_an_item_is_undone_alone(place: Place) -> None:
    place.edit("graphs/main.yaml", "name: main\n", "name: main\npolicy: rules\n")
    place.write({"graphs/policies/rules.yaml": POLICY})
    start(place, letter("i-1", "one"), letter("i-2", "two", "bob"))
    items = waiting(place)
    for node in sorted(items):
        said = place.say("review", "approve", items[node], "--json")
        assert (said.code, said.json["run_status"]) == (0, "waits: the decision can still be undone"), said.err
    assert place.say("review", "undo", items["letters[0].review"]).code == 0
    pass_time(place, 7200)
    assert place.say("review", "sweep").code == 0
    assert sent(place) == [("i-2", "Dear, two.")]
    said = place.say("review", "reject", items["letters[0].review"], "--json")
    assert said.code == 0, said.err
    pass_time(place, 7200)
    assert place.say("review", "sweep").code == 0
    assert (sent(place), waiting(place)) == ([("i-2", "Dear, two.")], {})


def test_two_people_approve_an_item(place: Place) -> None:
    place.edit("graphs/main.yaml", "name: main\n", "name: main\npolicy: rules\n")
    place.write({"graphs/policies/rules.yaml": POLICY.replace("{undo: 1h}", "{second: true}")})
    run_id = start(place, letter("i-1", "one"))
    item = waiting(place)["letters[0].review"]
    assert place.say("review", "approve", item, "--user", "ann").code == 0
    assert sent(place) == []
    assert place.say("review", "approve", item, "--user", "ben").code == 0
    assert sent(place) == [("i-1", "Dear, one.")]
    assert output(place, run_id)["count"] == 1


@pytest.mark.parametrize(("on_error", "status"), [("skip", "done"), ("fail", "failed")])
def test_an_item_that_nobody_decides_in_time_ends_alone(place: Place, on_error: str, status: str) -> None:
    place.edit("graphs/main.yaml", "on_error: skip", f"on_error: {on_error}")
    place.edit("graphs/main.yaml", "        show: [$letter, $draft]\n", f"        show: [$letter, $draft]\n{CLOSE}")
    run_id = start(place, letter("i-1", "one"), letter("i-2", "two", "bob"))
    items = waiting(place)
    with opened(place) as project:
        state = project.resources.state
        with state.write() as db:
            db.exec_driver_sql(f"UPDATE review SET expire_at = 1 WHERE review_id = '{items['letters[0].review']}'")
    assert place.say("review", "sweep").code == 0
    assert list(waiting(place)) == ["letters[1].review"]
    said = place.say("review", "approve", items["letters[1].review"], "--json")
    assert sent(place) == [("i-2", "Dear, two.")]
    assert said.json["run_status"] == status, said.out
    if status == "done":
        assert [one["to"] for one in output(place, run_id)["letters"]] == ["i-2"]


CLOSE = "        due: 1h\n        on_expire: {close: true}\n"


def test_an_escalated_item_is_decided_by_a_lead(place: Place) -> None:
    start(place, letter("i-1", "one"), letter("i-2", "two", "bob"))
    items = waiting(place)
    said = place.say("review", "escalate", items["letters[0].review"])
    assert said.code == 0, said.err
    again = waiting(place)
    assert again["letters[0].review"] != items["letters[0].review"]
    said = place.say("review", "approve", again["letters[0].review"], "--user", "lead")
    assert (said.code, sent(place)) == (0, [("i-1", "Dear, one.")]), said.err


def test_a_replay_does_nothing_and_gives_the_same(place: Place) -> None:
    run_id = start(place, letter("i-1", "one"), letter("i-2", "two", "bob"))
    for node, item in sorted(waiting(place).items()):
        words = ("edit", item, "--text", "Hi.") if node.startswith("letters[1]") else ("approve", item)
        assert place.say("review", *words).code == 0
    count, letters_before = drafts(place), sent(place)
    said = place.say("replay", run_id, "--json")
    assert said.code == 0, said.err
    assert (said.json["status"], said.json["changed"], said.json["output"]) == ("done", [], output(place, run_id))
    assert (drafts(place), sent(place)) == (count, letters_before)
    assert said.json["sources"]["letters[1].review"] == "recorded"


def test_the_events_of_a_run_name_the_item(place: Place) -> None:
    import anyio

    async def listen() -> list[Any]:
        with opened(place) as project:
            async with project.engine() as engine:
                given: dict[str, Any] = {"letters": [letter("i-1", "one"), letter("i-2", "two", "bob")]}
                return [one async for one in engine.stream(given, run_id="r-1")]

    events = anyio.run(listen)
    assert {one.node for one in events if one.event == "review_opened"} == {"letters[0].review", "letters[1].review"}
    assert {one.node for one in events if one.event == "node_finished"} >= {"letters[0].draft", "letters[1].draft"}
    assert (events[-1].event, events[-1].status, len(events[-1].review_ids)) == ("run_finished", "waiting_review", 2)


def test_it_is_not_compiled_for_langgraph(place: Place) -> None:
    with opened(place) as project, pytest.raises(ProjectError) as refused:
        project.compile()
    assert (refused.value.code, str(refused.value.where)) == ("graph.not-compiled", "graphs/main.yaml:8:3")


def test_a_run_keeps_its_graph_when_the_file_changes(place: Place) -> None:
    run_id = start(place, letter("i-1", "one"), letter("i-2", "two", "bob"))
    items = waiting(place)
    assert place.say("review", "approve", items["letters[0].review"]).code == 0
    place.edit("graphs/main.yaml", "name: main\n", "name: main\non_change: migrate\n")
    place.edit("graphs/main.yaml", "text: $review.text ?? $draft.text", "text: Something else.")
    said = place.say("review", "approve", items["letters[1].review"], "--json")
    assert (said.code, said.json["run_status"]) == (0, "done"), said.err
    assert (sent(place), output(place, run_id)["count"]) == ([("i-1", "Dear, one."), ("i-2", "Dear, two.")], 2)


def test_the_picture_shows_the_review_in_the_map(place: Place) -> None:
    drawn = place.say("draw", "main")
    assert drawn.code == 0, drawn.err
    assert drawn.out.index("letters") < drawn.out.index("review") < drawn.out.index("send")


def test_nothing_of_a_person_is_left_in_the_items_of_a_run(place: Place) -> None:
    start(place, letter("i-1", "about zoe9"), letter("i-2", "two zoe9", "bob"))
    items = waiting(place)
    assert place.say("review", "approve", items["letters[1].review"]).code == 0
    assert place.say("review", "cancel", items["letters[0].review"]).code == 0
    assert any(b"zoe9" in path.read_bytes() for path in place.root.rglob("checkpoints.db*"))
    said = place.say("erase", "--customer", "zoe9")
    left = [path for path in place.root.rglob("checkpoints.db*") if b"zoe9" in path.read_bytes()]
    assert left == [], said.out
