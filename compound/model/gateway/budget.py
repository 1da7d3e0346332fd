"""Budgets of runs for model calls, checked before each call."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from compound.errors import Location, ModelError
from compound.model.gateway.journal import Spent
from compound.model.gateway.prices import Cost

_MODELS = Location("connectors/models.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The budget of a run; None: no limit.

    Attributes:
        usd: Limit of the known costs.
        calls: Limit of calls to a provider, including repairs; answers from the journal are free.
        usd_at: Place where `usd` is set.
        calls_at: Place where `calls` is set.
        on_unknown: `stop` (default): with a limit in USD, calls of unknown cost are refused, and all calls after one.
            `allow`: they are made, and the known parts count.
    """

    usd: float | None = None
    calls: int | None = None
    on_unknown: Literal["stop", "allow"] | None = None
    usd_at: Location = _MODELS
    calls_at: Location = _MODELS

    def over(self, other: Budget) -> Budget:
        """This budget, with unset values from `other`."""
        return Budget(
            usd=other.usd if self.usd is None else self.usd,
            calls=other.calls if self.calls is None else self.calls,
            on_unknown=self.on_unknown or other.on_unknown,
            usd_at=other.usd_at if self.usd is None else self.usd_at,
            calls_at=other.calls_at if self.calls is None else self.calls_at,
        )

    @property
    def is_open(self) -> bool:
        """Whether it has no limit."""
        return self.usd is None and self.calls is None


@dataclass(slots=True)
class _Account:
    calls: int
    usd: float
    unknown: int


class Accounts:
    """The running totals of active runs.

    A call reserves its maximum cost and settles with the actual cost, so that concurrent calls cannot exceed the
    budget together.

    Args:
        spent: Returns what a run spent before (from the journal).
        keep: Number of runs to cache; others are read again.
    """

    def __init__(self, spent: Callable[[str], Spent], *, keep: int = 4096) -> None:
        self._spent = spent
        self._keep = keep
        self._open: OrderedDict[str, _Account] = OrderedDict()

    @contextmanager
    def reserve(self, run_id: str, budget: Budget, estimate: Cost) -> Generator[Bill]:
        """Reserve a call; a failed call releases its reservation.

        Args:
            run_id: The run.
            budget: Its budget.
            estimate: Maximum cost of the call.

        Raises:
            ModelError: `model.budget`: the remaining budget does not cover this call; `model.unknown-cost`.
        """
        account = self._account(run_id)
        held = estimate.known_usd
        _require_room(run_id, account, budget, held)
        if budget.usd is not None and budget.on_unknown != "allow":
            _require_known(run_id, account, estimate)
        account.calls += 1
        account.usd += held
        bill = Bill()
        try:
            yield bill
        except BaseException:
            account.calls -= 1
            raise
        finally:
            account.usd += bill.known_usd - held
            account.unknown += bill.is_unknown

    def _account(self, run_id: str) -> _Account:
        account = self._open.get(run_id)
        if account is None:
            before = self._spent(run_id)
            account = self._open[run_id] = _Account(before.calls, before.usd, before.unknown)
            while len(self._open) > self._keep:
                self._open.popitem(last=False)
        else:
            self._open.move_to_end(run_id)
        return account


def _require_room(run_id: str, account: _Account, budget: Budget, held: float) -> None:
    if budget.calls is not None and account.calls + 1 > budget.calls:
        what = f"run {run_id} reached its limit of {budget.calls} model calls"
        raise ModelError("model.budget", what, fix=_raise("calls", budget.calls_at), where=budget.calls_at)
    if budget.usd is not None and (account.usd + held > budget.usd or account.usd >= budget.usd > 0):
        spent = f"run {run_id} spent {account.usd:.4f} of {budget.usd:.4f} USD"
        what = f"{spent}; the next call may cost {held:.4f}"
        raise ModelError("model.budget", what, fix=_raise("usd", budget.usd_at), where=budget.usd_at)


def _raise(key: str, where: Location) -> str:
    if where == _MODELS:
        return f"raise {key}_per_run in {where}"
    return f"raise `budget: {{{key}: ...}}` in {where}"


def _require_known(run_id: str, account: _Account, estimate: Cost) -> None:
    fix = "add the price to connectors/models.yaml (prices:), or set on_unknown: allow under budget:"
    if estimate.unknown:
        what = f"run {run_id} has a limit in USD, and the cost of the next call is unknown: {estimate.unknown}"
        raise ModelError("model.unknown-cost", what, fix=fix)
    if account.unknown:
        calls = f"{account.unknown} call" + "s" * (account.unknown > 1)
        what = f"run {run_id} has a limit in USD, and the cost of {calls} so far is unknown"
        raise ModelError("model.unknown-cost", what, fix=fix)


@dataclass(slots=True)
class Bill:
    """The cost of a call; `is_unknown` if `known_usd` is only a part of it."""

    known_usd: float = 0.0
    is_unknown: bool = False
