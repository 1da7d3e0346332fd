"""`item` and `shows`: what a row of a source is to a graph, and what a person sees first of a run."""

from __future__ import annotations

import json
from typing import Any

from tests.project.keys.table import Desk, Key, Place
from tests.project.keys.waiting import listed
from tests.project.keys.world import world

ITEM = "item: {input: letter, id: letter.number, title: letter.about}\n"
LETTERS = f"""\
compound: graph/v1
name: main
input: {{letter: {{number: int, about: str}}, who: str?}}
{ITEM}output: {{about: $input.letter.about}}
nodes:
  ok: {{use: review, show: [$input.letter.about]}}
"""
IN_TURN = """\
compound: graph/v1
name: main
input: {id: str, text: str, who: str}
item: {id: id, key: who}
output: {sent: $send?}
nodes:
  said: {use: tool, tool: last, in: {text: $input.text}, out: str}
  fine: {use: check, kind: fine, in: {text: $said}}
  send: {use: effect, tool: say, when: fine.ok, in: {ticket_id: $input.id, text: $said}}
"""
LAST = '''\
import time
from pathlib import Path

from compound.tool import tool

HOME = Path(__file__).parent.parent / ".compound"


@tool(blocking=True)
def last(text: str) -> str:
    """Let the other one speak first, if it may."""
    end = time.monotonic() + 2
    while text == "late" and time.monotonic() < end and not any(HOME.glob("*/desk/replies/*")):
        time.sleep(0.02)
    return text
'''
SHOWS = "shows: {text: $made.text, actions: $words, label: $input.text, reasons: $words}\n"
SHOWN = f"""\
compound: graph/v1
name: main
input: {{text: str}}
{SHOWS}output: {{n: $made.n}}
nodes:
  made: {{use: tool, tool: record, in: {{text: $input.text}}, out: {{text: str, n: int}}}}
  words: {{use: tool, tool: parts, in: {{text: $input.text}}, out: "list[str]"}}
  ok: {{use: review, show: [$made]}}
"""


def _batch(desk: Desk, graph: str, *rows: dict[str, Any]) -> tuple[Place, dict[str, Any]]:
    """The project and the summary of a batch over these rows."""
    where = world(desk, {"graphs/main.yaml": graph, "tools/last.py": LAST})
    where.write({"rows.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    said = where.say("batch", "main", "--from", str(where.root / "rows.jsonl"), "--json")
    return where, said.json


LETTER = {"number": 7, "about": "The roof"}


def _item(desk: Desk) -> None:
    where, summary = _batch(desk, LETTERS, LETTER)
    assert summary["counts"] == {"waiting_review": 1}
    assert (listed(where)[0]["item_id"], listed(where)[0]["subject"]) == ("7", "The roof")
    _, summary = _batch(desk, LETTERS.replace(ITEM, ""), LETTER)
    assert summary["dead"][0]["code"] == "row.unknown-column"


def _input(desk: Desk) -> None:
    _, summary = _batch(desk, LETTERS, LETTER)
    assert summary["counts"] == {"waiting_review": 1}
    _, summary = _batch(desk, LETTERS.replace("input: letter, ", ""), {"letter": LETTER})
    assert summary["counts"] == {"waiting_review": 1}


def _id(desk: Desk) -> None:
    for text, name in ((LETTERS, "7"), (LETTERS.replace("id: letter.number, ", ""), "")):
        where, _ = _batch(desk, text, LETTER)
        assert listed(where)[0]["item_id"] == name


def _title(desk: Desk) -> None:
    for text, title in ((LETTERS, "The roof"), (LETTERS.replace(", title: letter.about", ""), "")):
        where, _ = _batch(desk, text, LETTER)
        assert listed(where)[0]["subject"] == title


def _key(desk: Desk) -> None:
    rows = [{"id": "a", "text": "late", "who": "ann"}, {"id": "b", "text": "early", "who": "ann"}]
    for text, told in ((IN_TURN, ["late", "early"]), (IN_TURN.replace(", key: who", ""), ["early", "late"])):
        where, summary = _batch(desk, text, *rows)
        assert summary["counts"] == {"done": 2}
        assert where.replies() == told


def _told(desk: Desk, graph: str) -> dict[str, Any]:
    """What `compound run` prints, by heading; and why a person is asked."""
    where = world(desk, {"graphs/main.yaml": graph})
    out = where.say("run", "main", "text=Hello you").out
    parts = [part.strip().splitlines() for part in out.split("\n\n")[1:]]
    heads = {part[0]: " ".join(line.strip() for line in part[1:]) for part in parts}
    return heads | {"why": listed(where)[0]["reasons"]}


def _shows(desk: Desk) -> None:
    told = _told(desk, SHOWN)
    assert (told["label"], told["text"], told["actions"]) == ("Hello you: Hello; you", "Hello you", "- Hello - you")
    assert "made" in _told(desk, SHOWN.replace(SHOWS, ""))


def _text(desk: Desk) -> None:
    assert _told(desk, SHOWN)["text"] == "Hello you"
    assert "text" not in _told(desk, SHOWN.replace("text: $made.text, ", ""))


def _actions(desk: Desk) -> None:
    assert _told(desk, SHOWN)["actions"] == "- Hello - you"
    assert "actions" not in _told(desk, SHOWN.replace("actions: $words, ", ""))


def _label(desk: Desk) -> None:
    assert _told(desk, SHOWN)["label"].startswith("Hello you: ")
    assert not _told(desk, SHOWN.replace("label: $input.text, ", ""))["label"].startswith("Hello you: ")


def _reasons(desk: Desk) -> None:
    after = SHOWN.replace("ok: {use: review,", "ok: {use: review, after: [words],")
    assert _told(desk, after)["why"] == ["Hello", "you"]
    assert _told(desk, after.replace(", reasons: $words", ""))["why"] == ["main asks a person every time, at `ok`"]


KEYS = (
    Key("graph", "item", _item),
    Key("graph", "item.input", _input),
    Key("graph", "item.id", _id),
    Key("graph", "item.title", _title),
    Key("graph", "item.key", _key),
    Key("graph", "shows", _shows),
    Key("graph", "shows.text", _text),
    Key("graph", "shows.actions", _actions),
    Key("graph", "shows.label", _label),
    Key("graph", "shows.reasons", _reasons),
)
