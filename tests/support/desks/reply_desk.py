"""A small desk in a folder of its own: a ticket comes in, a reply goes out, with a person in between or without."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch

import sqlalchemy as sa

from compound.connector.state import tables
from compound.errors import CompoundError
from compound.project import Project
from compound.project.settings.settings import load_settings
from tests.support.commands import command
from tests.support.projects import PYPROJECT, write_project

if TYPE_CHECKING:
    from tests.support.data.mailboxes import Sent

GRAPH = """\
compound: graph/v1
name: main
input: {ticket: {id: str, subject: str, body: str, email: str?, customer_id: str?}}
item: {input: ticket, id: ticket.id, title: ticket.subject, key: ticket.customer_id}
output: {text: $think, sent: $send?}
nodes:
  think: {use: tool, tool: think, in: {ticket: $input.ticket}, out: str}
  fits: {use: check, kind: fits, in: {text: $think}}
  send: {use: effect, tool: say, when: fits.ok, in: {ticket_id: $input.ticket.id, text: $think}}
"""
ASK = """\
compound: graph/v1
name: ask
input: {ticket: {id: str, subject: str, body: str, email: str?, customer_id: str?}}
item: {input: ticket, id: ticket.id, title: ticket.subject, key: ticket.customer_id}
output: {text: $think, action: $ok.action}
nodes:
  think: {use: tool, tool: think, in: {ticket: $input.ticket}, out: str}
  ok: {use: review, show: [$think]}
  send:
    use: effect
    tool: say
    when: ok.action != 'reject'
    in: {ticket_id: $input.ticket.id, text: $think}
"""
TOOLS = '''\
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue

from compound.connector.mailbox import MailboxTransaction
from compound.effect import effect
from compound.errors import ConnectorError, ModelError
from compound.tool import Verdict, check, tool

COUNTS = Path(__file__).parent.parent / "counts"


def once_more(name: str) -> int:
    """How often this was asked for, with this time."""
    COUNTS.mkdir(exist_ok=True)
    with (COUNTS / name).open("a") as file:
        file.write("x")
    return (COUNTS / name).stat().st_size


@tool(blocking=True)
def think(ticket: dict[str, JsonValue]) -> str:
    """Answer a ticket; its body may say what goes wrong: `slow 2`, `waits 9`, `busy 3`, `down`, `bug`."""
    word, _, number = str(ticket["body"]).partition(" ")
    asked = once_more(str(ticket["id"]))
    if word == "slow":
        time.sleep(float(number))
    if word == "waits":  # until so many tickets were asked for
        end = time.monotonic() + 60
        while len(list(COUNTS.iterdir())) < int(number):
            if time.monotonic() > end:
                raise TimeoutError(f"only {len(list(COUNTS.iterdir()))} tickets were asked for")
            time.sleep(0.02)
    if word == "busy" and asked <= int(number):
        raise ConnectorError("records.locked", "the shop is locked by another process", fix="end it, or try again")
    if word == "down" and not (COUNTS / "up").exists():
        raise ModelError("model.server", "the provider answers 503", retryable=True)
    if word == "bug":
        raise ValueError(ticket["body"])
    return f"About {ticket['body']}"


@check("fits")
def fits(text: str) -> Verdict:
    """The answer says something."""
    return Verdict(ok=bool(text), problems=[])


class Say(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ticket_id: str
    text: str


@effect("say", target="desk")
def say(tx: MailboxTransaction, args: Say) -> JsonValue:
    """Reply."""
    return tx.reply(args.ticket_id, args.text)
'''
FILES = {
    "graphs/main.yaml": GRAPH,
    "graphs/ask.yaml": ASK,
    "tools/voice.py": TOOLS,
    "connectors/desk.yaml": "compound: mailbox/v1\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str


class ReplyDesk:
    """The desk as its owner sees it: files, commands, replies.

    Args:
        root: Where the project is written.
        state: URL of the state store; the profile's own file when None.
        files: Further files, or other ones.
    """

    def __init__(self, root: Path, *, state: str | None = None, files: Mapping[str, str] | None = None) -> None:
        marker = PYPROJECT + (f'state = "{state}"\n' if state else "")
        self.root = write_project(root, FILES | {"pyproject.toml": marker} | dict(files or {}))

    def write(self, name: str, tickets: Sequence[Mapping[str, object]]) -> Path:
        """A JSONL file of tickets."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(ticket) + "\n" for ticket in tickets), encoding="utf-8")
        return path

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> Done:
        """`compound ...` as a user types it, with its errors as the program prints them."""
        given = {"COMPOUND_ROOT": str(self.root), "COMPOUND_USER": "nora", **(env or {})}
        opened: list[Project] = []

        def remembered(root: Path | None = None, *, profile: str | None = None, model: str | None = None) -> Project:
            opened.append(Project(load_settings(root, profile=profile, model=model)))
            return opened[-1]

        try:
            with patch.object(Project, "open", remembered):
                done = command(arguments, env=given)
        finally:
            for project in opened:  # the program itself ends, and its connections with it
                project.close()
        error = done.exception
        if isinstance(error, CompoundError):
            out = json.dumps({"error": error.to_json()}) if "--json" in arguments else ""
            return Done(exit_code=error.exit_code, stdout=out, stderr=f"{done.stderr}{error}\n")
        if error is not None and not isinstance(error, SystemExit):
            raise error
        return Done(exit_code=done.exit_code, stdout=done.stdout, stderr=done.stderr)

    def batch(self, *arguments: str, env: Mapping[str, str] | None = None, code: int = 0) -> dict[str, Any]:
        """`compound batch ... --json`: its document, after a look at the exit code."""
        done = self.run("batch", *arguments, "--json", env=env)
        assert done.exit_code == code, f"{done.exit_code}: {done.stdout}\n{done.stderr}"
        return cast("dict[str, Any]", json.loads(done.stdout))

    def open(self, env: Mapping[str, str] | None = None) -> Project:
        """The project; the caller closes it."""
        return Project(load_settings(self.root, environ=dict(env or {})))

    def replies(self, env: Mapping[str, str] | None = None) -> list[Sent]:
        """All sent messages, oldest first."""
        project = self.open(env)
        try:
            return list(project.resources.mailboxes["desk"].replies())
        finally:
            project.close()

    def sent_to(self, env: Mapping[str, str] | None = None) -> list[str]:
        """Tickets that were replied to, sorted; one that got two replies stands twice."""
        return sorted(str(one.item_id) for one in self.replies(env))

    def ledger(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """Ticket to status, over all jobs."""
        project = self.open(env)
        try:
            with project.resources.state.read() as db:
                return {row.item_id: row.status for row in db.execute(sa.select(tables.batch_item))}
        finally:
            project.close()


def ticket(name: str, body: str = "hello", **more: object) -> dict[str, object]:
    """A ticket."""
    return {"id": name, "subject": "", "body": body, **more}
