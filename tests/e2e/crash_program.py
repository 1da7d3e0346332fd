"""The `compound` program, except that it kills itself (SIGKILL) at a chosen write, and logs every model call.

Run as a program by the crash tests: `python crash_program.py <moment> <call log> compound-arguments...`.

A moment is `after:<what>:<n>` or `before:<what>:<n>`: right after, or right before, the n-th commit whose
transaction wrote to the table `<what>` of the state store or the shop; of a `checkpoint`; of a `reply` (the
file of the desk). `never` never kills.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

if TYPE_CHECKING:
    from sqlalchemy.pool import PoolProxiedConnection

    from compound.model import ModelResponse
    from compound.model.call.types import CallKey

_WRITE = re.compile(r"\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+\"?(\w+)", re.IGNORECASE)


class Death:
    """Ends the process at the n-th write of one kind."""

    def __init__(self, moment: str) -> None:
        self.when, self.what, number = moment.split(":")
        self._left = int(number)

    def begins(self) -> None:
        """A write of this kind is about to be committed."""
        self._left -= 1
        if self.when == "before" and self._left == 0:
            die()

    def ended(self) -> None:
        """It is committed."""
        if self.when == "after" and self._left == 0:
            die()


def die() -> None:
    """End as by `kill -9`: nothing of this process runs any more."""
    os.kill(os.getpid(), signal.SIGKILL)


def watch_tables(death: Death) -> None:
    """Commits of SQLAlchemy: the state store and the shop."""
    touched: dict[int, set[str]] = {}

    def remember(connection: Any, cursor: Any, statement: str, *rest: object) -> None:
        if found := _WRITE.match(statement):
            touched.setdefault(id(cursor.connection), set()).add(found.group(1))

    event.listen(Engine, "before_cursor_execute", remember)
    original = DefaultDialect.do_commit

    def do_commit(self: DefaultDialect, dbapi_connection: PoolProxiedConnection) -> None:
        is_it = death.what in touched.pop(id(dbapi_connection.dbapi_connection), set())
        if is_it:
            death.begins()
        original(self, dbapi_connection)
        if is_it:
            death.ended()

    DefaultDialect.do_commit = do_commit  # pyright: ignore[reportAttributeAccessIssue] -- the crash is the test


def watch_checkpoints(death: Death) -> None:
    """Commits of langgraph's saver: its cursor commits when the block ends."""
    from compound.graph.store.saver import CheckpointFile

    original = CheckpointFile.cursor

    @contextmanager
    def cursor(self: CheckpointFile, transaction: bool = True) -> Generator[sqlite3.Cursor]:
        with original(self, transaction) as opened:
            yield opened
            if transaction:
                death.begins()
        if transaction:
            death.ended()

    CheckpointFile.cursor = cursor


def watch_replies(death: Death) -> None:
    """The link that makes a reply exist."""
    original = os.link

    def link(source: Path, target: Path) -> None:
        if Path(target).suffix != ".json":  # the index links its own files
            original(source, target)
            return
        death.begins()
        original(source, target)
        death.ended()

    os.link = link  # pyright: ignore[reportAttributeAccessIssue] -- as above


def log_calls(path: Path) -> None:
    """Append the key of every call that the journal cannot answer, right before it goes to a provider."""
    from compound.model.gateway.gateway import Gateway

    original: Callable[..., ModelResponse | None] = Gateway._find  # pyright: ignore[reportPrivateUsage]

    def find(self: Gateway, call: CallKey | None, hashed: str) -> ModelResponse | None:
        found = original(self, call, hashed)
        if found is None and call is not None:
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{call.run_id}/{call.node}/{call.attempt}/{call.index}/{hashed}\n")
        return found

    Gateway._find = find  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]


WATCHES: dict[str, Callable[[Death], None]] = {"checkpoint": watch_checkpoints, "reply": watch_replies}

if __name__ == "__main__":
    from compound.cli import main

    moment, log, *arguments = sys.argv[1:]
    if moment != "never":
        death = Death(moment)
        WATCHES.get(death.what, watch_tables)(death)
    log_calls(Path(log))
    sys.argv = ["compound", *arguments]
    main()
