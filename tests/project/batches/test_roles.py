"""Roles of a graph: any input is the item of a backlog, any node is what a person sees first; no name is special."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compound.spec.graph_text import parse_graph
from compound.spec.python.source import to_python
from tests.project.batches.asking import Asking, lines

LOAN = """\
compound: graph/v1
name: loan
types: {Due: {due: str}, Request: {ref: int, wants: str, reader: str?, extra: Due?}}
input: {request: Request, lang: str?}
item: {input: request, id: request.ref, title: request.wants, key: request.reader}
shows: {text: $letter.text, actions: $advice.steps, label: $advice.word, reasons: $advice.why}
output: {text: $letter.text, lang: $input.lang?}
nodes:
  advice: {use: tool, tool: advise, in: {request: $input.request}}
  letter: {use: tool, tool: write, in: {request: $input.request}}
  desk: {use: review, show: [$letter, $advice]}
"""
FREE = "\n".join(line for line in LOAN.splitlines() if not line.startswith(("item:", "shows:"))) + "\n"
TOOLS = '''\
from compound.tool import tool
from pydantic import JsonValue
from typing_extensions import TypedDict


class Advice(TypedDict):
    word: str
    why: list[str]
    steps: list[str]


class Letter(TypedDict):
    text: str


@tool
def advise(request: dict[str, JsonValue]) -> Advice:
    """Say what to do."""
    return {"word": "doubtful", "why": [f"{request['reader']} owes a fee"], "steps": ["lend"]}


@tool
def write(request: dict[str, JsonValue]) -> Letter:
    """Write a letter."""
    return {"text": f"Here is {request['wants']}"}
'''
FILES = {"graphs/loan.yaml": LOAN, "tools/loans.py": TOOLS}
ROW = {"ref": 7, "wants": "Moby Dick", "reader": "ann", "extra": {"due": "soon"}, "lang": "de"}
REQUEST = {name: value for name, value in ROW.items() if name != "lang"}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    monkeypatch.chdir(tmp_path)
    return Asking(tmp_path, files=FILES)


def shown(desk: Asking, name: str) -> str:
    done = desk.run("review", "show", name)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def listed(desk: Asking) -> dict[str, Any]:
    [one] = json.loads(desk.run("review", "list", "--json").stdout)
    return one


def test_a_row_is_the_item_and_a_person_sees_what_the_graph_says(desk: Asking) -> None:
    desk.write("loans.jsonl", [ROW])
    assert desk.batch("loan", "--from", "loans.jsonl", "--to", "out.jsonl")["counts"] == {"waiting_review": 1}
    assert lines(desk.root / "out.jsonl")[0]["id"] == "7"
    one = listed(desk)
    assert (one["item_id"], one["subject"], one["reasons"]) == ("7", "Moby Dick", ["ann owes a fee"])
    text = shown(desk, "7")
    for words in ("7: Moby Dick", "reader: ann", "- ann owes a fee", 'extra: {"due": "soon"}'):
        assert words in text
    assert desk.run("review", "approve", "7").exit_code == 0
    desk.batch("loan", "--from", "loans.jsonl", "--to", "out.jsonl")
    assert lines(desk.root / "out.jsonl")[0]["output"] == {"text": "Here is Moby Dick", "lang": "de"}


def test_a_run_shows_its_roles(desk: Asking) -> None:
    done = desk.run("run", "loan", f"request={json.dumps(REQUEST)}")
    assert "label\n  doubtful: ann owes a fee" in done.stdout
    assert "text\n  Here is Moby Dick" in done.stdout
    assert "actions\n  - lend" in done.stdout
    assert desk.run("run", "loan", "--item", json.dumps(REQUEST)).exit_code == 0


def test_an_item_that_a_run_has_answered_is_not_answered_by_a_batch(desk: Asking) -> None:
    desk.run("run", "loan", f"request={json.dumps(REQUEST)}", "lang=de")
    desk.write("loans.jsonl", [ROW])
    summary = desk.batch("loan", "--from", "loans.jsonl")
    assert (summary["ran"], summary["answered_before"]) == (0, 1)
    desk.write("more.jsonl", [ROW | {"wants": "Emma"}])
    assert desk.batch("loan", "--from", "more.jsonl", code=3)["changed_items"] == ["7"]


def test_csv_makes_items_too(desk: Asking) -> None:
    desk.put("loans.csv", 'ref,wants,reader,extra,lang\n8,Emma,bob,"{""due"": ""now""}",en\nx,Emma,bob,,\n')
    summary = desk.batch("loan", "--from", "loans.csv", code=3)
    assert summary["counts"] == {"dead": 1, "waiting_review": 1}
    assert "ref: 'x' is not an int" in summary["dead"][0]["what"]
    assert "extra" in shown(desk, "8")


def test_without_roles_a_graph_runs_and_a_person_sees_what_the_review_shows(desk: Asking) -> None:
    desk.put("graphs/loan.yaml", FREE)
    desk.write("loans.jsonl", [{"id": "r1", "request": REQUEST}])
    assert desk.batch("loan", "--from", "loans.jsonl")["counts"] == {"waiting_review": 1}
    text = shown(desk, listed(desk)["review_id"])
    assert "Here is Moby Dick" in text
    assert "doubtful" in text
    assert desk.run("run", "loan", f"request={json.dumps(REQUEST)}").exit_code == 0
    refused = desk.run("run", "loan", "--item", json.dumps(REQUEST))
    assert refused.exit_code == 1
    assert "item" in refused.stderr


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("item: {input: request", "item: {input: reqest", "did you mean 'request'"),
        ("id: request.ref", "id: request.rev", "'rev'"),
        ("title: request.wants", "title: request.extra", "request.extra"),
        ("key: request.reader", "key: request.reader.name", "'name'"),
        ("text: $letter.text", "text: $leter.text", "did you mean 'letter'"),
        ("reasons: $advice.why", "reasons: $advice.wy", "'wy'"),
        ("label: $advice.word", "lable: $advice.word", "label"),
        ("id: request.ref", "id: $input.request.ref", "id"),
    ],
)
def test_a_role_that_leads_nowhere_is_a_finding_at_its_place(desk: Asking, old: str, new: str, words: str) -> None:
    assert desk.run("check", "loan").exit_code == 0
    desk.put("graphs/loan.yaml", LOAN.replace(old, new))
    done = desk.run("check", "loan")
    line = next(at for at, text in enumerate(LOAN.splitlines(), start=1) if old in text)
    assert done.exit_code == 1
    assert f"graphs/loan.yaml:{line}" in done.stdout + done.stderr
    assert words in done.stdout + done.stderr


def test_the_builder_writes_the_same_graph() -> None:
    spec = parse_graph(LOAN, "graphs/loan.yaml").spec
    assert spec is not None
    source = to_python(spec)
    made: dict[str, Any] = {}
    exec(source, made)
    assert made["graph"].build().hash == spec.hash
    assert "graph.shows(" in source
    assert "text=letter" in source
