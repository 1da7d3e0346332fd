"""A process that is killed while effects go out, and the one that comes after it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from compound.connector.state import StateStore
from compound.connector.state.audit import verify_audit
from compound.effect import DeliveryClass, EffectCall, EffectGroup, EffectOutcome, EffectTarget
from compound.effect.outbox import Outbox
from compound.effect.types import EffectStatus
from tests.support.data.state_stores import sqlite_store

EFFECTS = [
    EffectCall(name="add", target="shop", arguments={"n": 1}),
    EffectCall(name="add", target="shop", arguments={"n": 10}),
    EffectCall(name="mail", target="mail", arguments={"n": 100}),
]


def die_at(point: str) -> None:
    """Die as by `kill -9`, at one point of the program; the test's parent process names it."""
    if os.environ.get("DIE_AT") == point:
        os.kill(os.getpid(), signal.SIGKILL)


class Shop:
    """Class A: a counter in SQLite that stores the key of each effect with the change."""

    delivery_class: DeliveryClass = "A"

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("CREATE TABLE IF NOT EXISTS done (key TEXT PRIMARY KEY, n INTEGER)")

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        die_at("before the target begins")
        self.db.execute("BEGIN IMMEDIATE")
        for effect in group.effects:
            self.db.execute(
                "INSERT INTO done VALUES (?, ?) ON CONFLICT DO NOTHING", (effect.key, effect.arguments["n"])
            )
            die_at("in the target's transaction")
        self.db.execute("COMMIT")
        die_at("after the target's commit")
        return [EffectOutcome(key=effect.key, status="sent") for effect in group.effects]

    def rows(self) -> list[int]:
        return [row[0] for row in self.db.execute("SELECT n FROM done ORDER BY n")]


class Mail:
    """Class D: a file that lines are appended to, with no memory of what they were for."""

    delivery_class: DeliveryClass = "D"

    def __init__(self, path: Path) -> None:
        self.path = path

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        die_at("before the mail")
        with self.path.open("a") as file:
            file.writelines(f"{effect.arguments['n']}\n" for effect in group.effects)
        die_at("after the mail")
        return [EffectOutcome(key=effect.key, status="sent") for effect in group.effects]

    def lines(self) -> list[str]:
        return self.path.read_text().split() if self.path.exists() else []


async def run(folder: Path) -> list[EffectStatus]:
    """What an effect node does, each time it runs."""
    store = StateStore.open(folder / "state.db")
    outbox = Outbox(store)
    targets: dict[str, EffectTarget] = {"shop": Shop(folder / "shop.db"), "mail": Mail(folder / "mail.txt")}
    keys = outbox.enqueue(EffectGroup(decision_id="d1", effects=EFFECTS))
    die_at("after the outbox is written")
    results = await outbox.deliver(keys, targets)
    die_at("after all")
    store.close()
    return [result.status for result in results]


@pytest.mark.parametrize(
    ("point", "mails", "mail_status"),
    [
        ("after the outbox is written", 1, "sent"),
        ("before the target begins", 1, "sent"),
        ("in the target's transaction", 1, "sent"),
        ("after the target's commit", 1, "sent"),
        ("before the mail", 0, "unknown"),
        ("after the mail", 1, "unknown"),
        ("after all", 1, "sent"),
    ],
)
def test_killed(point: str, mails: int, mail_status: str, tmp_path: Path) -> None:
    sqlite_store(tmp_path).close()
    program = "import anyio, pathlib, sys; from tests.unit.effect.test_outbox_crashes import run; "
    program += "anyio.run(run, pathlib.Path(sys.argv[1]))"
    killed = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        env={**os.environ, "DIE_AT": point},
        cwd=Path(__file__).resolve().parents[3],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    for _ in range(2):
        assert anyio.run(run, tmp_path) == ["sent", "sent", mail_status]
        assert Shop(tmp_path / "shop.db").rows() == [1, 10]
        assert len(Mail(tmp_path / "mail.txt").lines()) == mails
    store = StateStore.open(tmp_path / "state.db")
    assert verify_audit(store).ok
    store.close()
