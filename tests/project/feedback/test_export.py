"""`compound review export`: decisions as cases that a suite runs, as chats, and as preference pairs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from compound.errors import DataError
from compound.evaluation import read_cases
from compound.review.feedback.reading import reading_seconds
from tests.project.conversations.helpline import batch, did, helpline, letter, shown
from tests.project.keys.table import Place

SUITE = """\
compound: suite/v1
name: learned
graph: answer
cases: decided.jsonl
scorers: [scorers:as_decided]
scores: {as_decided: Share of cases whose draft is the text that was sent.}
"""
SCORERS = """\
from compound.evaluation import Score


def as_decided(context):
    def score(case, result):
        final = case.expected["final"]
        if final is not None:
            yield Score(name="as_decided", value=result.values["draft"] == final)

    return score
"""


def rows(place: Place, *words: str) -> list[dict[str, Any]]:
    """What `compound review export` prints."""
    said = did(place.say("review", "export", *words))
    return [json.loads(line) for line in said.out.splitlines()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A helpline with one letter approved, one edited, one rejected, one that waits."""
    place = helpline(tmp_path_factory.mktemp("feedback"))
    batch(place, *[letter(f"L{n}", f"Question {n}?", subject=f"Water {n}") for n in (1, 2, 3, 4)])
    did(place.say("review", "approve", "L1", "--user", "ann"))
    did(place.say("review", "edit", "L2", "--text", "Better 2.", "--user", "bea"))
    did(place.say("review", "reject", "L3", "--reason", "rude", "--user", "ann"))
    return place


def test_cases_are_run_by_a_suite(place: Place) -> None:
    files = {"evals/learned/suite.yaml": SUITE, "evals/learned/scorers.py": SCORERS}
    place.write(files)
    assert "cases.unreadable" in place.codes()
    did(place.say("review", "export", "--kind", "eval", "--to", str(place.root / "evals/learned/decided.jsonl")))
    assert place.codes() == []
    report = did(place.say("eval", "learned", "--json", "-")).json
    # the approved draft is drafted again as it was sent, the edited one is not; nothing was sent of the third
    score = report["scores"]["as_decided"]
    assert (report["n"], score["n"], score["value"]) == (3, 2, 0.5)
    one = {row["review_id"]: row for row in rows(place, "--kind", "eval")}
    case = one[shown(place, "L2")["review_id"]]
    assert case["input"]["letter"]["body"] == "Question 2?"
    assert (case["draft"], case["final"], case["expected"]["final"]) == ("Re Question 2?", "Better 2.", "Better 2.")
    assert one[shown(place, "L3")["review_id"]]["reasons"] == ["rude"]


def test_chats_and_pairs_have_the_form_that_trainers_read(place: Place) -> None:
    chats = rows(place, "--kind", "sft")
    assert [[one["role"] for one in row["messages"]] for row in chats] == [["user", "assistant"]] * 2
    assert [row["messages"][1]["content"] for row in chats] == ["Re Question 1?", "Better 2."]
    assert "Question 2?" in chats[1]["messages"][0]["content"]
    assert "Re Question" not in chats[1]["messages"][0]["content"]
    [pair] = rows(place, "--kind", "dpo")
    assert pair["prompt"] == chats[1]["messages"][:1]
    assert [pair[name] for name in ("chosen", "rejected")] == [
        [{"role": "assistant", "content": "Better 2."}],
        [{"role": "assistant", "content": "Re Question 2?"}],
    ]
    wanted = {"reviewer": "bea", "action": "edit", "canary": False, "rubber_stamp": False, "node": "ok"}
    assert wanted.items() <= pair.items()


def test_an_undone_decision_is_no_example(tmp_path: Path) -> None:
    policy = "compound: policy/v1\nname: rules\neffects: {send_answer: {undo: 1h}}\n"
    place = helpline(tmp_path, {"graphs/policies/rules.yaml": policy})
    place.edit("graphs/answer.yaml", "name: answer\n", "name: answer\npolicy: rules\n")
    batch(place, letter("L1"))
    did(place.say("review", "approve", "L1"))
    assert len(rows(place, "--kind", "sft")) == 1
    did(place.say("review", "undo", "L1"))
    assert rows(place, "--kind", "sft") == []
    assert scores(place) == []


def scores(place: Place) -> list[Mapping[str, Any]]:
    """Scores of people in the traces."""
    with place.open() as project:
        sql = "SELECT run_id, name, value, label, explanation FROM scores WHERE source = 'HUMAN' ORDER BY label"
        return list(project.traces().sql(sql).records())


def test_a_decision_is_a_score_of_its_run(place: Place) -> None:
    found = scores(place)
    assert [(one["label"], one["value"], one["explanation"]) for one in found] == [
        ("approve", 1.0, None),
        ("edit", 0.0, None),
        ("reject", 0.0, "rude"),
    ]
    with place.open() as project:
        assert all(project.run_record(str(one["run_id"])) for one in found)


def test_a_rubber_stamp_is_faster_than_reading(tmp_path: Path) -> None:
    place, long = helpline(tmp_path), " ".join(["water"] * 140)  # 20 seconds at 7 words a second
    letters = {"fast": long, "slow": long, "edited": long, "short": "Yes?", "not shown": "Yes?", "two": long}
    batch(place, *[letter(name, text) for name, text in letters.items()])
    with place.open() as project:
        now = [project.resources.clock() + 60]
        project.resources.clock = lambda: now[0]
        reviews = project.reviews()

        def decided(name: str, after_s: float, action: str = "approve", **fields: str) -> None:
            if name != "not shown":
                reviews.show(name, to="ann")
            if name == "two":
                reviews.show(name, to="bea")
            now[0] += after_s
            reviews.decide(name, action, user="bea" if name == "two" else "ann", fields=fields)

        decided("fast", 10)
        decided("slow", 25)
        decided("edited", 10, "edit", text="Yes.")
        decided("short", 1.5)
        decided("not shown", 600)
        decided("two", 10)
        rows = list(project.reviews().export("sft"))
        kept = list(project.reviews().export("sft", without=["rubber-stamps"]))
        seen = list(project.reviews().export("sft", without=["unseen"]))
    assert [(row["rubber_stamp"], row["seconds"]) for row in rows] == [
        (True, 10.0),
        (False, 25.0),
        (False, 10.0),
        (False, 1.5),
        (True, None),
        (True, 10.0),
    ]
    assert [row["review_id"] for row in kept] == [row["review_id"] for row in rows if not row["rubber_stamp"]]
    assert [row["seen"] for row in seen] == [True] * 5


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 1.0), ("word " * 70, 10.0), ("水" * 120, 10.0), ("你好 hello " * 42, 13.0)]
)
def test_time_to_read(text: str, seconds: float) -> None:
    assert reading_seconds(text) == pytest.approx(seconds)


def test_what_may_be_exported(place: Place) -> None:
    assert len(rows(place, "--kind", "eval", "--since", "1d")) == 3
    assert rows(place, "--kind", "eval", "--since", "2999-01-01") == []
    assert rows(place, "--kind", "eval", "--queue", "other") == []
    assert place.say("review", "export", "--kind", "eval", "--since", "soon").err.startswith("review.bad-time")
    for words in (["tree"], ["sft", "--canaries"], ["sft", "--without", "letters"]):
        said = place.say("review", "export", "--kind", *words)
        assert (said.code, said.err.partition(":")[0]) == (1, "review.bad-export")
    with place.open() as project, pytest.raises(DataError, match="not a kind"):
        project.reviews().export("tree")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_case_file_names_its_line(tmp_path: Path) -> None:
    good = '{"id": "a", "input": {"x": 1}, "expected": {}, "tags": {"t": 1}, "more": 1}'
    path = tmp_path / "cases.jsonl"
    path.write_text(f"{good}\n\n")
    [case] = read_cases(path)
    assert (case.id, case.input, case.tags) == ("a", {"x": 1}, {"t": "1"})
    for bad in ("{", "[]", "{}", '{"id": "b", "input": []}', '{"id": "b", "input": {}}'):
        path.write_text(f"{good}\n{bad}\n")
        with pytest.raises(DataError) as found:
            read_cases(path)
        assert (found.value.code, found.value.where and found.value.where.line) == ("cases.unreadable", 2)
