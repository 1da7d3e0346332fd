"""Run-time folders of the real project for end-to-end tests: seeded once, copied, run by real processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import orjson
import sqlalchemy as sa

from compound.connector.state import tables, verify_audit
from compound.project import Project
from compound.project._settings import load_settings

if TYPE_CHECKING:
    from pydantic import JsonValue

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).parent / "compound"
CRASHER = Path(__file__).with_name("crash_program.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A run-time folder (`COMPOUND_HOME`) of the project.

    Attributes:
        path: The folder.
        environ: Further variables of its processes, such as `COMPOUND_STATE`.
    """

    path: Path
    environ: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def log(self) -> Path:
        """Keys of the model calls that went to a provider."""
        return self.path / "calls.log"

    def copy(self, path: Path) -> Home:
        """The same home once more."""
        shutil.copytree(self.path, path)
        return Home(path=path, environ=self.environ)

    def run(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        """`compound ...` as a user types it; waits for its end."""
        command = [str(PROGRAM), *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self._environ(), capture_output=True, text=True, check=check, timeout=300
        )

    def json(self, *arguments: str) -> JsonValue:
        """The document that `compound ... --json` prints."""
        return orjson.loads(self.run(*arguments, "--json", check=True).stdout)

    def start(self, *arguments: str, moment: str = "never") -> subprocess.Popen[str]:
        """The program that can kill itself, in a process group of its own."""
        command = [sys.executable, str(CRASHER), moment, str(self.log), *arguments]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self._environ(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def open(self) -> Project:
        """The project on this home, in this process; the caller closes it."""
        environ = {"COMPOUND_HOME": str(self.path), **self.environ}
        return Project(load_settings(ROOT, environ=environ))

    def _environ(self) -> dict[str, str]:
        # The root, so that coverage or a shell's own settings of the caller never choose another project.
        return os.environ | {"COMPOUND_HOME": str(self.path), "COMPOUND_ROOT": str(ROOT), **self.environ}


def end_of(process: subprocess.Popen[str], *, timeout_s: float = 240) -> tuple[int, str]:
    """Exit code and standard error of a program that ends by itself, or by its own signal."""
    try:
        _, said = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        kill(process)
        raise
    return process.returncode, said


def kill(process: subprocess.Popen[str]) -> None:
    """`kill -9` of the whole group."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a batch left behind, without times: two batches over one backlog must leave the same.

    Attributes:
        tickets: Ticket to status, lane, attempt and code of the error.
        runs: Run to status.
        shop: Every document.
        versions: Every document's row version.
        items: Review item to status, version and draft.
        effects: Effect key to name, arguments, status and result.
        applied: The keys that the shop remembers.
        messages: Effect key to what left the desk.
    """

    tickets: Mapping[str, tuple[str, str | None, int, str | None]]
    runs: Mapping[str, str]
    shop: Mapping[str, Mapping[str, JsonValue]]
    versions: Mapping[str, int]
    items: Mapping[str, tuple[str, int, str]]
    effects: Mapping[str, tuple[str, JsonValue, str, JsonValue]]
    applied: Sequence[str]
    messages: Mapping[str, tuple[str, str | None, str]]


def ending_of(home: Home) -> Ending:
    """Read what a batch left, and check what must hold whatever the backlog was."""
    project = home.open()
    try:
        ending = _read(project)
        assert verify_audit(project.resources.state).problem == ""
        _require_sound(ending, [sent.effect_key for sent in project.resources.desk.replies()])
        known = {row[0] for row in project.resources.traces.sql("select distinct run_id from spans").rows}
        assert known <= set(ending.runs)
        assert len(known) >= len(ending.runs) / 2
    finally:
        project.close()
    return ending


def _require_sound(ending: Ending, sent: Sequence[str]) -> None:
    assert {status for status, *_ in ending.tickets.values()} <= {"done", "waiting_review", "dead"}
    assert {effect[2] for effect in ending.effects.values()} <= {"sent"}
    assert len(set(ending.applied)) == len(ending.applied)
    assert len(set(sent)) == len(sent)
    assert sorted([*ending.applied, *sent]) == sorted(ending.effects)


def _read(project: Project) -> Ending:
    resources = project.resources
    shop = resources.shop.export()
    refs = [f"{kind}/{key}" for kind, documents in shop.items() for key in documents]
    with resources.state.read() as db:
        return Ending(
            tickets={
                row.ticket_id: (row.status, row.lane, row.attempt, (row.error or {}).get("code"))
                for row in db.execute(sa.select(tables.batch_item))
            },
            runs={row.run_id: row.status for row in db.execute(sa.select(tables.run))},
            shop=shop,
            versions=resources.shop.versions(refs),
            items={
                row.item_id: (row.status, row.version, row.sha256)
                for row in db.execute(
                    sa.select(tables.review_item, tables.draft_version.c.sha256).join(
                        tables.draft_version,
                        (tables.draft_version.c.item_id == tables.review_item.c.item_id)
                        & (tables.draft_version.c.seq == tables.review_item.c.draft_seq),
                    )
                )
            },
            effects={
                row.effect_key: (row.effect, row.args, row.status, row.result)
                for row in db.execute(sa.select(tables.outbox))
            },
            applied=sorted(resources.shop.applied()),
            messages={sent.effect_key: (sent.kind, sent.ticket_id, sent.text) for sent in resources.desk.replies()},
        )


def finished_calls(home: Home) -> set[str]:
    """Keys of the calls that the journal holds."""
    project = home.open()
    try:
        with project.resources.state.read() as db:
            return set(db.execute(sa.select(tables.call.c.call_key)).scalars())
    finally:
        project.close()


def plain_tickets(home: Home, count: int) -> list[dict[str, str]]:
    """Tickets in the plainest words, each of another customer; most of them need no person."""
    project = home.open()
    try:
        shop = project.resources.shop.export()
    finally:
        project.close()
    tickets: list[dict[str, str]] = []
    writers = set[str]()
    for order in cast("list[dict[str, JsonValue]]", [order for _, order in sorted(shop["orders"].items())]):
        owner, wish = str(order["user_id"]), _WISHES[len(tickets) % len(_WISHES)]
        if owner in writers or order["status"] != wish[0]:
            continue
        writers.add(owner)
        customer = cast("dict[str, JsonValue]", shop["customers"][owner])
        item = cast("list[dict[str, JsonValue]]", order["items"])[0]["name"]
        body = wish[2].format(order=order["order_id"], item=item)
        email = str(customer["email"])
        tickets.append(
            {
                "id": f"P-{len(tickets):03d}",
                "subject": wish[1].format(order=order["order_id"]),
                "body": body,
                "email": email,
            }
        )
        if len(tickets) == count:
            break
    return tickets


_WISHES = (
    ("pending", "Order {order}", "Hello,\n\nplease cancel my order {order}. I no longer need it.\n\nThank you"),
    (
        "pending",
        "New address",
        "Hello,\n\nplease change the shipping address of order {order} to 12 Birch Lane, Denver, CO, 80202, USA.",
    ),
    ("delivered", "Return", "Hello,\n\nI want to return the {item} of order {order} to the original payment method."),
    # What policy forbids always needs a person.
    ("delivered", "Too late?", "Hello,\n\nplease cancel my order {order}. I no longer need it."),
)
