"""Run-time folders of the real project for end-to-end tests: seeded once, copied, run by real processes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import orjson
import sqlalchemy as sa

from compound.connector.state import tables
from compound.project import Project
from compound.project.settings.settings import load_settings
from tests.support.certificates import grant
from tests.support.copies import copy_folder
from tests.support.forked import COMPOUND, PYTHON, PipedProcess, run_forked

if TYPE_CHECKING:
    from pydantic import JsonValue

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = COMPOUND
CRASHER = Path(__file__).with_name("crash_program.py")
RACER = Path(__file__).with_name("race_program.py")
READ_ONLY = ("lakehouse", "index", "models")
"""Folders of a home that a run only reads."""
ASIDE = "\n\nBy the way, my neighbour asks whether you will open a shop in Lisbon next spring."
"""A question that no rule explains: whatever else a ticket asks, a person has to look at it."""


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
        copy_folder(self.path, path)
        return Home(path=path, environ=self.environ)

    def lean(self, path: Path) -> Home:
        """The same home once more, with links to what a run only reads."""
        path.mkdir(parents=True)
        for profile in self.path.iterdir():
            if profile.is_file():
                shutil.copy2(profile, path / profile.name)
                continue
            (path / profile.name).mkdir()
            for entry in profile.iterdir():
                target = path / profile.name / entry.name
                if entry.name in READ_ONLY:
                    target.symlink_to(entry.resolve())
                elif entry.is_dir():
                    copy_folder(entry, target)
                else:
                    shutil.copy2(entry, target)
        return Home(path=path, environ=self.environ)

    def run(self, *arguments: str, check: bool = False, columns: str | None = None) -> subprocess.CompletedProcess[str]:
        """`compound ...` as a user types it, in a terminal so many columns wide; waits for its end."""
        env = self.variables() | ({} if columns is None else {"COLUMNS": columns})
        return run_forked([PROGRAM, *arguments], cwd=ROOT, env=env, check=check)

    def json(self, *arguments: str) -> JsonValue:
        """The document that `compound ... --json` prints."""
        return orjson.loads(self.run(*arguments, "--json", check=True).stdout)

    def start(self, *arguments: str, moment: str = "never") -> PipedProcess:
        """The program that can kill itself, in a process group of its own."""
        command = [PYTHON, CRASHER, moment, self.log, *arguments]
        return PipedProcess(command, cwd=ROOT, env=self.variables())

    def race(self, *arguments: str) -> PipedProcess:
        """The program that waits before it decides; it writes `ready` to standard error and reads a line."""
        return PipedProcess([PYTHON, RACER, *arguments], cwd=ROOT, env=self.variables())

    def given(self, **variables: str) -> Home:
        """The same folder with further variables."""
        return replace(self, environ={**self.environ, **variables})

    def open(self) -> Project:
        """The project on this home, in this process; the caller closes it."""
        environ = {"COMPOUND_HOME": str(self.path), **self.environ}
        return Project(load_settings(ROOT, environ=environ))

    def certify(self) -> Home:
        """The same home, with a certificate for the desk as it is now: clean tickets need no person in it.

        For tests of what happens then; that labels must prove it is tested elsewhere. The random audit share still
        goes to people.
        """
        project = self.open()
        try:
            grant(project, "support_reply", "review")
        finally:
            project.close()
        return self

    def variables(self) -> dict[str, str]:
        """The environment of its processes."""
        # The root, so that coverage or a shell's own settings of the caller never choose another project.
        return os.environ | {"COMPOUND_HOME": str(self.path), "COMPOUND_ROOT": str(ROOT), **self.environ}


def seeded_home(path: Path) -> Home:
    """A new home, seeded, indexed and trained by the program."""
    path.mkdir(parents=True)
    home = Home(path=path)
    for command in (("seed",), ("index",), ("train", "intent")):
        home.run(*command, check=True)
    return home


def shared_home(folder: Path) -> Home:
    """The seeded home of a folder; one process makes it, and others wait for it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / "made"
        if not made.exists():
            seeded_home(folder / "home")
            made.touch()
    return Home(path=folder / "home")


def contents(home: Home) -> dict[str, str]:
    """SHA-256 of every file of a home, by its path; of a link where it leads.

    Without the opened copies of an index, `.open-PID-*`: one of a killed process stays until the next one opens it.
    """
    return {
        str(path.relative_to(home.path)): str(path.readlink())
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.path.rglob("*")
        if (path.is_symlink() or path.is_file()) and "/.open-" not in str(path.relative_to(home.path))
    }


def end_of(process: PipedProcess, *, timeout_s: float = 240) -> tuple[int, str]:
    """Exit code and standard error of a program that ends by itself, or by its own signal."""
    try:
        _, said = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        kill(process)
        raise
    return process.wait(), said


def kill(process: PipedProcess) -> None:
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
        items: Review to status, version and draft.
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


def ending_of(home: Home, *, are_all_sent: bool = True) -> Ending:
    """Read what a batch left, and check what must hold whatever the backlog was.

    Args:
        home: Where it ran.
        are_all_sent: No effect was refused.
    """
    project = home.open()
    try:
        ending = _read(project)
        assert project.services.queue.verify_audit().problem == ""
        _require_sound(
            ending, [sent.effect_key for sent in project.resources.mailboxes["desk"].replies()], are_all_sent
        )
        ended = {row[0] for row in project.resources.traces.sql("select run_id from legs where has_ended").rows}
        missing = set(ending.runs) - ended
        assert not missing, f"{len(missing)} of {len(ending.runs)} runs have no root span: {_files(home)}"
        assert ended <= set(ending.runs)
    finally:
        project.close()
    return ending


def _require_sound(ending: Ending, sent: Sequence[str], are_all_sent: bool) -> None:
    assert {status for status, *_ in ending.tickets.values()} <= {"done", "waiting_review", "dead"}
    assert {effect[2] for effect in ending.effects.values()} <= ({"sent"} if are_all_sent else {"sent", "refused"})
    assert len(set(ending.applied)) == len(ending.applied)
    assert len(set(sent)) == len(sent)
    assert sorted([*ending.applied, *sent]) == sorted(key for key, one in ending.effects.items() if one[2] == "sent")


def _files(home: Home) -> dict[str, int]:
    return {str(path.relative_to(home.path)): path.stat().st_size for path in home.path.rglob("traces/**/*")}


def _read(project: Project) -> Ending:
    resources = project.resources
    shop = resources.records["shop"].export()
    refs = [f"{kind}/{key}" for kind, documents in shop.items() for key in documents]
    with resources.state.read() as db:
        return Ending(
            tickets={
                row.item_id: (row.status, row.readiness, row.attempt, (row.error or {}).get("code"))
                for row in db.execute(sa.select(tables.batch_item))
            },
            runs={row.run_id: row.status for row in db.execute(sa.select(tables.run))},
            shop=shop,
            versions=resources.records["shop"].versions(refs),
            items={
                row.review_id: (row.status, row.version, row.sha256)
                for row in db.execute(
                    sa.select(tables.review, tables.draft_version.c.sha256).join(
                        tables.draft_version,
                        (tables.draft_version.c.review_id == tables.review.c.review_id)
                        & (tables.draft_version.c.seq == tables.review.c.draft_seq),
                    )
                )
            },
            effects={
                row.effect_key: (row.effect, row.args, row.status, row.result)
                for row in db.execute(sa.select(tables.outbox))
            },
            applied=sorted(resources.records["shop"].applied()),
            messages={
                sent.effect_key: (sent.kind, sent.item_id, sent.text) for sent in resources.mailboxes["desk"].replies()
            },
        )


def write_tickets(path: Path, tickets: Sequence[Mapping[str, str]]) -> Path:
    """The tickets as JSONL."""
    path.write_bytes(b"".join(orjson.dumps(dict(ticket)) + b"\n" for ticket in tickets))
    return path


def change_order(home: Home, order_id: str, *, tracking: str = "changed meanwhile") -> None:
    """Somebody else changes an order, as another system would: its version grows."""
    project = home.open()
    try:
        with project.resources.records["shop"].transaction() as tx:
            order = tx.get("orders", order_id)
            assert order is not None
            cast("dict[str, JsonValue]", order["address"])["address2"] = tracking
    finally:
        project.close()


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
        shop = project.resources.records["shop"].export()
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


def tickets_of_same_customers(home: Home, pairs: int) -> list[dict[str, str]]:
    """Two tickets each of some customers, one behind the other; the first changes what the second is drafted from."""
    project = home.open()
    try:
        shop = project.resources.records["shop"].export()
    finally:
        project.close()
    tickets: list[dict[str, str]] = []
    writers = set[str]()
    for order_id, order in sorted(shop["orders"].items()):
        pending = cast("dict[str, JsonValue]", order)
        owner = str(pending["user_id"])
        if owner in writers or pending["status"] != "pending" or len(writers) == pairs:
            continue
        writers.add(owner)
        email = str(cast("dict[str, JsonValue]", shop["customers"][owner])["email"])
        for name, (_, subject, body) in zip("ab", (_MOVE, _WISHES[0]), strict=True):
            tickets.append(
                {
                    "id": f"C-{len(writers)}{name}",
                    "subject": subject.format(order=order_id),
                    "body": body.format(order=order_id),
                    "email": email,
                }
            )
    return tickets


_MOVE = (
    "delivered",
    "I have moved",
    "Hello,\n\nplease change my default address to 12 Birch Lane, Denver, CO, 80202, USA.",
)
_WISHES = (
    ("pending", "Order {order}", "Hello,\n\nplease cancel my order {order}. I no longer need it.\n\nThank you"),
    (
        "pending",
        "New address",
        "Hello,\n\nplease change the shipping address of order {order} to 12 Birch Lane, Denver, CO, 80202, USA.",
    ),
    ("delivered", "Return", "Hello,\n\nI want to return the {item} of order {order} to the original payment method."),
    _MOVE,
    # What policy forbids always needs a person.
    ("delivered", "Too late?", "Hello,\n\nplease cancel my order {order}. I no longer need it."),
)
