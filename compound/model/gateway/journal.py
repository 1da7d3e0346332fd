"""The call journal: a finished call is stored before its answer is used, and never repeated."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast

from compound.language.json_text import read_json
from compound.model.call.canonical import dump_response, load_response, restore_response
from compound.model.call.types import CallKey, ModelResponse

if TYPE_CHECKING:
    from sqlalchemy import Insert, Select

    from compound.connector.state import StateStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a run has spent so far.

    Attributes:
        calls: Number of finished calls.
        usd: Sum of the known parts of their costs.
        unknown: Number of calls with an unknown or partly unknown cost.
    """

    calls: int = 0
    usd: float = 0.0
    unknown: int = 0


class Journal(Protocol):
    """Stores finished calls."""

    def find(self, call: CallKey, request_hash: str) -> ModelResponse | None:
        """The stored answer to this request under this key, `cached`; None if there is none."""
        ...

    def record(self, call: CallKey, request_hash: str, response: ModelResponse) -> None:
        """Store an answer durably before returning. Idempotent.

        Raises:
            ConnectorError: The store cannot be written.
        """
        ...

    def spent(self, run_id: str) -> Spent:
        """Total cost of the finished calls of a run."""
        ...


class MemoryJournal:
    """A journal in memory, for tests and for `journal: none`."""

    def __init__(self) -> None:
        self._calls: dict[tuple[CallKey, str], str] = {}

    def find(self, call: CallKey, request_hash: str) -> ModelResponse | None:
        """See `Journal.find`."""
        found = self._calls.get((call, request_hash))
        return None if found is None else load_response(found)

    def record(self, call: CallKey, request_hash: str, response: ModelResponse) -> None:
        """See `Journal.record`."""
        self._calls.setdefault((call, request_hash), dump_response(response))

    def spent(self, run_id: str) -> Spent:
        """See `Journal.spent`."""
        mine = [load_response(text) for (call, _), text in self._calls.items() if call.run_id == run_id]
        unknown = sum(response.cost_usd is None for response in mine)
        return Spent(calls=len(mine), usd=sum(response.known_usd for response in mine), unknown=unknown)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statements:
    find: Select[Any]
    record: Insert
    spent: Select[int, Any, int]


@cache
def _statements(dialect: str) -> _Statements:
    import sqlalchemy as sa
    from sqlalchemy.dialects import postgresql, sqlite

    from compound.connector.state import tables

    table = tables.call
    kind = postgresql if dialect == "postgresql" else sqlite
    known = sa.func.coalesce(table.c.known_usd, table.c.cost_usd, 0.0)
    cost = sa.func.coalesce(sa.func.sum(known), 0.0)
    unknown = sa.func.count() - sa.func.count(table.c.cost_usd)
    finished = table.c.state == "finished"
    return _Statements(
        find=sa.select(table.c.response).where(table.c.call_key == sa.bindparam("key"), finished),
        record=kind.insert(table).on_conflict_do_nothing(index_elements=["call_key"]),
        spent=sa.select(sa.func.count(), cost, unknown).where(table.c.run_id == sa.bindparam("run"), finished),
    )


class StateJournal:
    """The journal in the state store's table `call`.

    Args:
        store: The state store; paid answers are on disk before `record` returns.
        clock: UTC seconds since 1970.
    """

    def __init__(self, store: StateStore, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def find(self, call: CallKey, request_hash: str) -> ModelResponse | None:
        """See `Journal.find`."""
        with self._store.read() as connection:
            query = _statements(self._store.dialect).find
            found = cast("object", connection.execute(query, {"key": _key(call, request_hash)}).scalar_one_or_none())
        return None if found is None else restore_response(cast("dict[str, Any]", found))

    def record(self, call: CallKey, request_hash: str, response: ModelResponse) -> None:
        """See `Journal.record`."""
        row = {
            "call_key": _key(call, request_hash),
            "run_id": call.run_id,
            "node": call.node,
            "attempt": call.attempt,
            "call_index": call.index,
            "request_hash": request_hash,
            "provider": response.provider,
            "model": response.model,
            "state": "finished",
            "response": read_json(dump_response(response)),
            "usage": asdict(response.usage),
            "cost_usd": response.cost_usd,
            "known_usd": response.known_usd,
            "created_at": self._clock(),
            "finished_at": self._clock(),
        }
        # A call without cost may be repeated after a power failure.
        with self._store.write(durable=response.cost_usd != 0.0) as connection:
            connection.execute(_statements(self._store.dialect).record, row)

    def spent(self, run_id: str) -> Spent:
        """See `Journal.spent`."""
        with self._store.read() as connection:
            calls, usd, unknown = connection.execute(_statements(self._store.dialect).spent, {"run": run_id}).one()
        return Spent(calls=int(calls), usd=float(usd), unknown=int(unknown))


def _key(call: CallKey, request_hash: str) -> str:
    # The hash is part of the key: an attempt with another request is a new call.
    return f"{call.run_id}/{call.node}/{call.attempt}/{call.index}/{request_hash}"
