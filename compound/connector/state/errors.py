"""Errors of the state store, with its name and a fix."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy.exc import DatabaseError, IntegrityError, InterfaceError
from sqlalchemy.exc import DataError as SqlDataError

from compound.errors import ConnectorError, DataError


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
        "free some space, or check the disk",
    ),
    _Symptom(
        "unable to open",
        "state.cannot-open",
        "cannot be opened",
        "check the path, its permissions and the space on its disk",
    ),
    _Symptom("readonly database", "state.read-only", "cannot be written", "check its permissions"),
    _Symptom("not a database", "state.not-a-database", "is not a database of Compound", "give another path"),
    _Symptom("malformed", "state.corrupt", "is damaged", "restore it from a copy"),
    _Symptom("connection refused", "state.unreachable", "does not answer", "start it, or check the URL"),
    _Symptom("connection is bad", "state.unreachable", "does not answer", "start it, or check the URL"),
    _Symptom("connection failed", "state.unreachable", "does not answer", "start it, or check the URL"),
)


_RAISED = "P0001"
"""Raised by a trigger of the store."""


@contextmanager
def translated(name: str) -> Generator[None]:
    """Convert the database's errors, without quoted values; constraint violations are left to the caller.

    Raises:
        ConnectorError: `state.*`: the store cannot be read or written.
        DataError: `state.bad-value`: it rejects a written value.
    """
    try:
        yield
    except IntegrityError:
        raise
    except SqlDataError as error:
        what = f"the state store {name} cannot store a value ({_kind(error.orig)})"
        raise DataError("state.bad-value", what, fix="check the written text for invalid characters") from error
    except (DatabaseError, InterfaceError) as error:
        said = str(error.orig).strip().partition("\n")[0]
        for symptom in _SYMPTOMS:
            if symptom.sign in said.lower():
                raise ConnectorError(
                    symptom.code, f"the state store {name} {symptom.what} ({said})", fix=symptom.fix
                ) from error
        is_ours = isinstance(error.orig, sqlite3.Error) or getattr(error.orig, "sqlstate", None) == _RAISED
        told = said if is_ours else _kind(error.orig)
        raise ConnectorError("state.failed", f"the state store {name} failed: {told}") from error


def _kind(error: BaseException | None) -> str:
    """The kind of a server's error; its message may quote the row."""
    state = getattr(error, "sqlstate", None)
    return type(error).__name__ + (f", SQLSTATE {state}" if state else "")
