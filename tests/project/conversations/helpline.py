"""The helpline of a water company: letters come to `inbox`, a person approves each answer, none is called a ticket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from tests.project.keys.table import Place, Said
from tests.support.projects import write_project

PYPROJECT = """\
[tool.compound]
name = "helpline"
graph = "answer"
profile = "plain"

[tool.compound.profiles.plain]
lakehouse = "lakehouse"
mailboxes = {inbox = "letters.jsonl"}
"""
GRAPH = """\
compound: graph/v1
name: answer
input: {letter: {id: str, subject: str, body: str, email: str?, customer_id: str?, received_at: str?}}
item: {input: letter, id: letter.id, title: letter.subject, key: letter.customer_id}
output: {text: $draft, action: $ok.action, sent: $send?}
nodes:
  before: {use: tool, tool: inbox_conversation, in: {item_id: $input.letter.id}}
  draft: {use: tool, tool: draft, in: {letter: $input.letter, before: $before}, out: str}
  ok:
    use: review
    show: [$draft, $before]
    decide: {approve: {}, edit: {text: str}, reject: {reason: str}}
  send:
    use: effect
    tool: send_answer
    when: ok.action in ['approve', 'edit']
    in: {letter_id: $input.letter.id, text: $ok.text ?? $draft}
"""
DIRECT = """\
compound: graph/v1
name: direct
input: {letter: {id: str, subject: str, body: str, email: str?, customer_id: str?, received_at: str?}}
item: {input: letter, id: letter.id, title: letter.subject}
output: {text: $draft, sent: $send?}
nodes:
  before: {use: tool, tool: inbox_conversation, in: {item_id: $input.letter.id}}
  draft: {use: tool, tool: draft, in: {letter: $input.letter, before: $before}, out: str}
  fine: {use: check, kind: says_something, in: {text: $draft}}
  send: {use: effect, tool: send_answer, when: fine.ok, in: {letter_id: $input.letter.id, text: $draft}}
"""
TOOLS = '''\
import time
from pathlib import Path

from pydantic import BaseModel, JsonValue

from compound.connector.mailbox import MailboxTransaction
from compound.effect import effect
from compound.tool import Verdict, check, tool


ROOT = Path(__file__).parent.parent


def wait_for_go(name: str) -> None:
    """Say that one is here, and wait until the test lets one go on."""
    if not (ROOT / f"{name}.go").exists():
        (ROOT / f"{name}.here").touch()
    end = time.monotonic() + 60
    while not (ROOT / f"{name}.go").exists():
        if time.monotonic() > end:
            raise TimeoutError(name)
        time.sleep(0.01)


class Answer(BaseModel):
    letter_id: str
    text: str


@tool(blocking=True)
def draft(letter: dict[str, JsonValue], before: list[JsonValue]) -> str:
    """Answer a letter; it says what it knows of the conversation."""
    if letter["body"] == "Draft slowly.":
        wait_for_go("draft")
    known = [f"{one['who']} {one['item_id']}: {one['text']}" for one in before]
    return " | ".join([f"Re {letter['body']}", *known])


@tool
def newest(before: list[JsonValue]) -> JsonValue:
    """What was said last."""
    return before[-1] if before else {"text": ""}


@check("says_something")
def says_something(text: str) -> Verdict:
    """An answer has words."""
    return Verdict(ok=bool(text), problems=[])


@effect("send_answer", target="inbox")
def send_answer(tx: MailboxTransaction, args: Answer) -> JsonValue:
    """Answer."""
    if "Send slowly." in args.text:
        wait_for_go("send")
    return tx.reply(args.letter_id, args.text)
'''
FILES = {
    "pyproject.toml": PYPROJECT,
    "graphs/answer.yaml": GRAPH,
    "graphs/direct.yaml": DIRECT,
    "tools/answers.py": TOOLS,
    "connectors/inbox.yaml": "compound: mailbox/v1\n",
}


def helpline(root: Path, files: Mapping[str, str] | None = None, *, state: str | None = None) -> Place:
    """The project, with no letters yet."""
    url = {} if state is None else {"pyproject.toml": f'{PYPROJECT}state = "{state}"\n'}
    (root / "lakehouse").mkdir(exist_ok=True)
    return Place(write_project(root, {**FILES, **url, **(files or {})}))


def letter(name: str, body: str = "Hello.", **more: object) -> dict[str, object]:
    """A letter of Ann, unless it says of whom."""
    return {"id": name, "subject": "Water", "body": body, "email": "ann@x.example", **more}


def batch(place: Place, *letters: Mapping[str, object], graph: str = "answer", name: str = "letters.jsonl") -> Any:
    """What `compound batch` says of these letters; `letters.jsonl` is what the mailbox reads."""
    place.write({name: "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in letters)})
    source = "inbox" if name == "letters.jsonl" else str(place.root / name)
    said = place.say("batch", graph, "--from", source, "--json")
    assert said.code == 0, f"{said.out}\n{said.err}"
    return said.json


def shown(place: Place, name: str) -> dict[str, Any]:
    """What `compound review show NAME --json` says."""
    said = place.say("review", "show", name, "--json")
    assert said.code == 0, said.err
    return cast("dict[str, Any]", said.json)


def statuses(place: Place) -> dict[str, str]:
    """Letter to the status of its item."""
    rows = place.say("review", "list", "--all", "--json").json
    return {str(one["item_id"]): str(one["status"]) for one in (rows if isinstance(rows, list) else rows["items"])}


def answers(place: Place) -> list[tuple[str | None, str]]:
    """What was sent, oldest first: the letter and the answer."""
    with place.open() as project:
        return [(one.item_id, one.text) for one in project.resources.mailboxes["inbox"].replies()]


def did(said: Said) -> Said:
    """A command that ended well."""
    assert said.code == 0, f"{said.out}\n{said.err}"
    return said
