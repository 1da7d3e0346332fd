"""Errors of the database, with its name and a fix."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from compound.errors import ConnectorError

_SYMPTOMS = (
    ("database is locked", "records.locked", "is locked by another process", "end it, or try again"),
    ("table is locked", "records.locked", "is locked by another process", "end it, or try again"),
    ("lock timeout", "records.locked", "is locked by another transaction", "end it, or try again"),
    ("deadlock", "records.locked", "met a deadlock; nothing was changed", "try again"),
    ("is full", "records.disk-full", "cannot grow: the disk is full; nothing was changed", "free some space"),
    (
        "no space left",
        "records.disk-full",
        "cannot grow: the disk is full; nothing was changed",
        "free some space",
    ),
    ("disk i/o error", "records.disk", "could not be read or written", "free some space, or check the disk"),
    (
        "unable to open",
        "records.cannot-open",
        "cannot be opened",
        "check the path, its permissions and the space on its disk",
    ),
    ("readonly database", "records.read-only", "cannot be written", "check its permissions"),
    ("not a database", "records.not-a-database", "is not a database", "give another path"),
    ("malformed", "records.corrupt", "is damaged", "restore it from a copy"),
    ("no such table", "records.not-seeded", "has no tables yet", "run `compound seed`"),
    ("does not exist", "records.not-seeded", "has no tables yet", "run `compound seed`"),
    ("connection refused", "records.unreachable", "does not answer", "start it, or check the URL"),
    ("connection failed", "records.unreachable", "does not answer", "start it, or check the URL"),
)


@contextmanager
def translated(name: str) -> Generator[None]:
    """Convert the database's errors into `ConnectorError`, with one code per cause."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).strip().partition("\n")[0]
        for sign, code, what, fix in _SYMPTOMS:
            if sign in said.lower():
                raise ConnectorError(code, f"the record store {name} {what} ({said})", fix=fix) from error
        state = getattr(error.orig, "sqlstate", None)
        # A server's message may quote the row.
        told = said if state is None else f"{type(error.orig).__name__}, SQLSTATE {state}"
        raise ConnectorError("records.failed", f"the record store {name} failed: {told}") from error
