"""What a run may spend on model calls, checked before each one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from compound.errors import ModelError
from compound.model._journal import Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A ceiling for one run; None is no limit.

    Attributes:
        usd: On known costs. A call of unknown cost is let through while the known sum is below.
        calls: On calls that reach a provider, repairs included; answers from the journal are free.
    """

    usd: float | None = None
    calls: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it limits nothing."""
        return self.usd is None and self.calls is None


@dataclass(slots=True)
class _Account:
    calls: int
    usd: float


class Accounts:
    """The running sums of the runs that are under way.

    A call reserves its highest possible cost and settles with the bill, so calls in flight at the same time
    cannot pass the ceiling together.

    Args:
        spent: What a run spent before this process saw it (from the journal).
        keep: Runs to remember; one that was forgotten is read again.
    """

    def __init__(self, spent: Callable[[str], Spent], *, keep: int = 4096) -> None:
        self._spent = spent
        self._keep = keep
        self._open: OrderedDict[str, _Account] = OrderedDict()

    @contextmanager
    def reserve(self, run_id: str, budget: Budget, estimate_usd: float | None) -> Generator[Bill]:
        """Reserve one call; a call that fails gives its reservation back.

        Raises:
            ModelError: `model.budget`: the run has no budget left for this call.
        """
        account = self._account(run_id)
        held = estimate_usd or 0.0
        if budget.calls is not None and account.calls + 1 > budget.calls:
            what = f"run {run_id} has made its {budget.calls} model calls"
            raise ModelError("model.budget", what, fix="raise calls_per_run in connectors/models.yaml")
        if budget.usd is not None and (account.usd + held > budget.usd or account.usd >= budget.usd > 0):
            spent = f"run {run_id} spent {account.usd:.4f} of {budget.usd:.4f} USD"
            what = f"{spent}; the next call may cost {held:.4f}"
            raise ModelError("model.budget", what, fix="raise usd_per_run in connectors/models.yaml")
        account.calls += 1
        account.usd += held
        bill = Bill()
        try:
            yield bill
        except BaseException:
            account.calls -= 1
            raise
        finally:
            account.usd += (bill.cost_usd or 0.0) - held

    def _account(self, run_id: str) -> _Account:
        account = self._open.get(run_id)
        if account is None:
            before = self._spent(run_id)
            account = self._open[run_id] = _Account(before.calls, before.usd)
            while len(self._open) > self._keep:
                self._open.popitem(last=False)
        else:
            self._open.move_to_end(run_id)
        return account


@dataclass(slots=True)
class Bill:
    """What the call came to; None when its cost is not known."""

    cost_usd: float | None = None
