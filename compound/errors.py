"""Every error of Compound, one tree.

```text
CompoundError                  a stable code, what was found, the real choices, a fix and the place
├── ProjectError               your files: a graph, a tool, a connection, a suite (exit 2)
├── DataError                  an item, a table or a file that does not have its declared form
├── RunError                   while running
│   ├── ConnectorError         a lakehouse, vector store, record store or mailbox failed
│   ├── ModelError             a model call failed; `retryable` says whether a retry can help
│   ├── NodeError              a node failed; names graph, node and run
│   └── EffectRefused          a precondition does not hold; nothing was changed
└── ConflictError              another user or process was first (exit 6)
```

Waiting for a person is not an error. An absent score is absent, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

__all__ = [
    "CompoundError",
    "ConflictError",
    "ConnectorError",
    "DataError",
    "EffectInDoubt",
    "EffectRefused",
    "Location",
    "ModelError",
    "NodeError",
    "ProjectError",
    "RunError",
    "choices",
]

PROJECT_PACKAGE: Final = "_compound_project"
"""The private package under which the Python of projects is imported."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file.

    Attributes:
        file: Path as the user would type it, relative to the project's root where it lies inside.
        line: From 1; 0 for the whole file.
        column: From 1; 0 for the whole line.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.file]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


class CompoundError(Exception):
    """Base class of every error of Compound.

    Attributes:
        code: Stable, dotted, `room.what`: `graph.unknown-reference`.
        what: What was found, with the offending value.
        fix: What to do; empty if only a retry helps.
        where: The place in a file; None if there is none.
    """

    exit_code = 1

    def __init__(self, code: str, what: str, *, fix: str = "", where: Location | None = None) -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.fix = fix
        self.where = where

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        tail = f"\n  fix: {self.fix}" if self.fix else ""
        return f"{head} [{self.code}]{tail}"

    def to_json(self) -> dict[str, object]:
        """The error as a JSON record: `code, what, fix, file, line, column`."""
        where = self.where or Location("")
        return {
            "code": self.code,
            "what": self.what,
            "fix": self.fix,
            "file": where.file or None,
            "line": where.line or None,
            "column": where.column or None,
        }


class ProjectError(CompoundError):
    """A file of the project is wrong; nothing ran."""

    exit_code = 2


class DataError(CompoundError):
    """An item, a table or a data file does not have its declared form."""


class RunError(CompoundError):
    """Something failed while a graph ran."""


class ConnectorError(RunError):
    """A lakehouse, vector store, record store or mailbox failed."""


class ModelError(RunError):
    """A model call failed.

    Attributes:
        retryable: Whether a retry may help (overload, a broken stream); false for a spend limit or a bad request.
        retry_after_s: Seconds the provider asked to wait; None if it did not say.
    """

    def __init__(
        self,
        code: str,
        what: str,
        *,
        fix: str = "",
        where: Location | None = None,
        retryable: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(code, what, fix=fix, where=where)
        self.retryable = retryable
        self.retry_after_s = retry_after_s


class NodeError(RunError):
    """A node of a graph failed.

    Attributes:
        node: Name of the node.
        run_id: Id of the run.
    """

    def __init__(
        self, code: str, what: str, *, node: str, run_id: str, fix: str = "", where: Location | None = None
    ) -> None:
        super().__init__(code, what, fix=fix, where=where)
        self.node = node
        self.run_id = run_id


class EffectRefused(RunError):
    """A precondition of an effect does not hold; nothing was changed.

    Codes start with `effect.`: `effect.stale` (a row changed after drafting), `effect.not-found`,
    `effect.wrong-status`, `effect.not-owner`, `effect.payment`, `effect.stock`, ...
    """


class EffectInDoubt(RunError):
    """An effect may have happened, and its target cannot find out: only a person can."""


class ConflictError(CompoundError):
    """Another user or process decided, claimed or changed it first; the message says who and what."""

    exit_code = 6


_DATABASES = frozenset({"sqlalchemy", "sqlite3", "psycopg", "psycopg2", "asyncpg", "duckdb", "pymysql", "pyodbc"})


def told(error: BaseException) -> str:
    """The message of a foreign exception. Database messages may quote rows, so only their kind is kept."""
    name = type(error).__name__
    if type(error).__module__.partition(".")[0] not in _DATABASES:
        return f"{name}: {error}"
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    return f"{name} of the database" + (f" (SQLSTATE {state})" if state else "")


def choices(names: Sequence[str], given: str = "", *, limit: int = 12) -> str:
    """List the real choices, the nearest one first: `did you mean 'x'? choices: x, y`."""
    near = get_close_matches(given, names, n=1, cutoff=0.6) if given else []
    shown = ", ".join(sorted(names)[:limit]) or "none"
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return f"{f'did you mean {near[0]!r}? ' if near else ''}choices: {shown}{more}"


def plain_traceback(error: BaseException) -> str:
    """The traceback of an exception without the values of variables, which may hold personal data."""
    from traceback import format_exception

    return "".join(format_exception(error)).rstrip()


def raised_in_project(error: BaseException) -> Location | None:
    """The innermost line of the project's Python in a traceback; None if there is none."""
    place, trace = None, error.__traceback__
    while trace is not None:
        package, *parts = str(trace.tb_frame.f_globals.get("__name__", "")).split(".")
        if package == PROJECT_PACKAGE and len(parts) > 1:  # the first part is the project's name
            place = Location("/".join(parts[1:]) + ".py", trace.tb_lineno)
        trace = trace.tb_next
    return place
