"""Keys of the file of a mailbox: which items become dead letters, and where replies lie."""

from __future__ import annotations

import json

import pytest

from compound.errors import ProjectError
from tests.project.keys.table import Desk, Key, Place
from tests.support.desks.reply_desk import FILES, ticket

TICKETS = (ticket("t-1", "short"), ticket("t-2", "x" * 300))
MAILBOX = "compound: mailbox/v1\n"


def _batch(desk: Desk, rules: str) -> tuple[Place, list[str]]:
    """A batch of a short and a long ticket under these rules; the errors of its dead letters."""
    project = desk.project(FILES | {"connectors/desk.yaml": MAILBOX + rules})
    project.write({"in.jsonl": "".join(f"{json.dumps(one)}\n" for one in TICKETS)})
    said = project.say("batch", "--from", str(project.root / "in.jsonl"), "--json")
    return project, [one["what"] for one in said.json["dead"]]


def _compound(desk: Desk) -> None:
    project = desk.project(FILES | {"connectors/desk.yaml": MAILBOX})
    assert project.codes() == []
    project.edit("connectors/desk.yaml", "mailbox/v1", "mailbox/v9")
    with pytest.raises(ProjectError, match=r"compound") as caught:
        project.replies()
    assert str(caught.value.where).startswith("connectors/desk.yaml:1")


def _max_body_bytes(desk: Desk) -> None:
    without, dead = _batch(desk, "")
    assert (dead, len(without.replies())) == ([], 2)
    limited, dead = _batch(desk, "items: {max_body_bytes: 100}\n")
    assert dead == ["item 't-2': its body has 300 bytes, more than 100"]
    assert limited.replies() == ["About short"]


def _max_line_bytes(desk: Desk) -> None:
    limited, dead = _batch(desk, "items: {max_line_bytes: 200}\n")
    assert dead == ["item 't-2': its line is longer than 200 bytes"]
    assert limited.replies() == ["About short"]


def _items(desk: Desk) -> None:
    _, dead = _batch(desk, "items: {max_body_bytes: 3}\n")
    assert len(dead) == 2


def _replies(desk: Desk) -> None:
    for name, rules in (("replies", ""), ("outgoing", "replies: outgoing\n")):
        project, _ = _batch(desk, rules)
        folder = project.root / ".compound/plain/desk"
        assert [one.name for one in folder.iterdir() if one.is_dir() and any(one.iterdir())] == [name]
        assert len(project.replies()) == 2


KEYS = (
    Key("mailbox", "compound", _compound),
    Key("mailbox", "items", _items),
    Key("mailbox", "items.max_body_bytes", _max_body_bytes),
    Key("mailbox", "items.max_line_bytes", _max_line_bytes),
    Key("mailbox", "replies", _replies),
)
