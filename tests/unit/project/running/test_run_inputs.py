"""Inputs on the command line: a text as it is, everything else as JSON, files by `@`."""

from __future__ import annotations

from pathlib import Path

import pytest

from compound.errors import DataError
from compound.project.running.run_inputs import read_inputs
from compound.spec import load_graph

SPEC = load_graph(
    """\
compound: graph/v1
name: small
types: {Pair: {a: int}}
input: {question: str, more: str?, n: int?, items: "list[Pair]?"}
nodes: {one: {use: tool, tool: it, in: {v: $input.question}}}
output: {r: $one}
""",
    "graphs/small.yaml",
)


def test_a_text_is_taken_as_it_is_and_the_rest_as_json() -> None:
    found = read_inputs(SPEC, ["question=5", "more=a=b", "n=5", 'items=[{"a": 1}]'])
    assert found == {"question": "5", "more": "a=b", "n": 5, "items": [{"a": 1}]}


def test_a_moment_and_one_of_several_texts_need_no_quotes() -> None:
    spec = load_graph(
        """\
compound: graph/v1
name: day_off
input: {day: datetime, half: "enum(morning, evening)?", until: datetime?}
nodes: {one: {use: tool, tool: it, in: {day: $input.day}}}
output: {r: $one}
""",
        "graphs/day_off.yaml",
    )
    plain = {"day": "2026-12-24", "half": "morning", "until": None}
    assert read_inputs(spec, ["day=2026-12-24", "half=morning", "until=null"]) == plain
    assert read_inputs(spec, ['day="2026-12-24"', 'half="morning"', "until=null"]) == plain


def test_a_text_without_its_name_is_answered_with_the_whole_argument() -> None:
    spec = load_graph(
        """\
compound: graph/v1
name: ask
input: {question: str}
nodes: {one: {use: tool, tool: it, in: {v: $input.question}}}
output: {r: $one}
""",
        "graphs/ask.yaml",
    )
    with pytest.raises(DataError, match="is not NAME=VALUE") as caught:
        read_inputs(spec, ["What does a card cost?"])
    assert caught.value.fix == "write question='What does a card cost?'"


def test_files_are_read_by_their_ending(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("How many?\n")
    (tmp_path / "i.jsonl").write_text('{"a": 1}\n\n{"a": 2}\n')
    (tmp_path / "n.json").write_text("7")
    found = read_inputs(
        SPEC, [f"question=@{tmp_path}/q.txt", f"items=@{tmp_path}/i.jsonl", f"n=@{tmp_path}/n.json", "more=@@ann"]
    )
    assert found == {"question": "How many?\n", "items": [{"a": 1}, {"a": 2}], "n": 7, "more": "@ann"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["questio=x"], "did you mean 'question'"),
        (["what is it"], "not NAME=VALUE"),
        (["n=many"], "is not JSON"),
        (["n=1", "n=2"], "given twice"),
        (["question=@nowhere.txt"], "cannot be read"),
    ],
)
def test_what_is_no_input_is_said(written: list[str], said: str) -> None:
    with pytest.raises(DataError, match=r"project\.bad-input") as caught:
        read_inputs(SPEC, written)
    assert said in str(caught.value)
