"""What a database says, in words that name the file and what to do."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy.exc import DatabaseError, IntegrityError, InterfaceError

from compound.errors import ConnectorError


class _Symptom(NamedTuple):
    sign: str
    code: str
    what: str
    fix: str


_SYMPTOMS = (
    _Symptom("database is locked", "state.locked", "is locked by another process", "end it, or try again"),
    _Symptom("table is locked", "state.locked", "is locked by another process", "end it, or try again"),
    _Symptom("lock timeout", "state.locked", "is locked by another transaction", "end it, or try again"),
    _Symptom("deadlock detected", "state.locked", "met a deadlock; nothing was changed", "try again"),
    _Symptom(
        "disk is full",
        "state.disk-full",
        "cannot grow: the disk is full; nothing was changed",
        "free some space",
    ),
    _Symptom(
        "no space left",
        "state.disk-full",
        "cannot grow: the disk is full; nothing was changed",
        "free some space",
    ),
    _Symptom(
        "disk i/o error",
        "state.disk",
        "could not be read or written (disk error, or a full disk)",
        "check the disk",
    ),
    _Symptom("unable to open", "state.cannot-open", "cannot be opened", "check the path and its permissions"),
    _Symptom("readonly database", "state.read-only", "may not be written", "check its permissions"),
    _Symptom("not a database", "state.not-a-database", "is not a database of Compound", "give another path"),
    _Symptom("malformed", "state.corrupt", "is damaged", "restore it from a copy"),
    _Symptom("connection refused", "state.unreachable", "does not answer", "start it, or check the URL"),
    _Symptom("connection is bad", "state.unreachable", "does not answer", "start it, or check the URL"),
    _Symptom("connection failed", "state.unreachable", "does not answer", "start it, or check the URL"),
)


@contextmanager
def translated(name: str) -> Generator[None]:
    """Turn the database's errors into `ConnectorError`; a broken constraint is the caller's and passes."""
    try:
        yield
    except IntegrityError:
        raise
    except (DatabaseError, InterfaceError) as error:
        said = str(error.orig)
        for symptom in _SYMPTOMS:
            if symptom.sign in said.lower():
                raise ConnectorError(
                    symptom.code, f"the state store {name} {symptom.what} ({said})", fix=symptom.fix
                ) from error
        raise ConnectorError("state.failed", f"the state store {name} failed: {said}") from error
