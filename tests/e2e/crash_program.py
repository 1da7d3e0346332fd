"""The `compound` program, except that it kills itself (SIGKILL) right after a chosen commit, and logs every
model call.

Run as a program by the crash tests: `python crash_program.py <table>:<n> <call log> compound-arguments...`.
`<table>:<n>` is the n-th commit whose transaction wrote to `<table>`; `-:0` never kills.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

if TYPE_CHECKING:
    from sqlalchemy.pool import PoolProxiedConnection

_WRITE = re.compile(r"\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+\"?(\w+)", re.IGNORECASE)


def kill_after(table: str, nth: int) -> None:
    """Arrange that this process dies right after the n-th commit that wrote to `table`."""
    touched: set[str] = set()
    seen = 0

    def remember(*args: object) -> None:
        found = _WRITE.match(str(args[2]))
        if found:
            touched.add(found.group(1))

    event.listen(Engine, "before_cursor_execute", remember)
    original = DefaultDialect.do_commit

    def do_commit(self: DefaultDialect, dbapi_connection: PoolProxiedConnection) -> None:
        nonlocal seen
        original(self, dbapi_connection)
        if table in touched:
            seen += 1
            if seen == nth:
                os.kill(os.getpid(), signal.SIGKILL)
        touched.clear()

    DefaultDialect.do_commit = do_commit  # pyright: ignore[reportAttributeAccessIssue] -- the crash is the test


def log_calls(path: Path) -> None:
    """Append one line for every call that reaches a provider: `<run> <node> <attempt>`."""
    from compound.model import Gateway

    original = Gateway.call

    async def call(self: Gateway, request: object, *, call: object = None) -> object:
        response = await original(self, request, call=call)  # pyright: ignore[reportArgumentType]
        if not response.cached:
            with path.open("a", encoding="utf-8") as file:
                parts = (str(getattr(call, name, "-")) for name in ("run_id", "node", "attempt"))
                file.write(" ".join(parts) + "\n")
        return response

    Gateway.call = call  # pyright: ignore[reportAttributeAccessIssue]


if __name__ == "__main__":
    from compound.cli import main

    where, log, *arguments = sys.argv[1:]
    name, _, number = where.rpartition(":")
    if name != "-":
        kill_after(name, int(number))
    log_calls(Path(log))
    sys.argv = ["compound", *arguments]
    main()
