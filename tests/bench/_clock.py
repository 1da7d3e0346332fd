"""An event loop whose clock moves only when nothing is left to do: then it jumps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Never sleeps for a timer: it tells the clock to go on instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(0)
        if not ready:
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def run_on_own_clock(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end; `loop.time()` and `asyncio.sleep` go by the loop's own clock."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)
