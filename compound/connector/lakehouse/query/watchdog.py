"""Interrupts queries that exceed their time limit.

DuckDB's own `max_execution_time` cannot change per query on a locked connection, so one thread per process
watches deadlines and interrupts; arming and disarming cost a few microseconds.
"""

from __future__ import annotations

import atexit
import heapq
import itertools
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Protocol

_AGAIN_S: Final = 0.02


class Interruptible(Protocol):
    """A connection whose running query can be stopped from another thread."""

    def interrupt(self) -> None:
        """Interrupt the running query, if any."""
        ...


@dataclass(slots=True)
class Watch:
    """One armed deadline."""

    number: int
    target: Interruptible
    fired: bool = False


@dataclass(slots=True)
class Watchdog:
    """Deadlines of running queries and the thread that enforces them."""

    _changed: threading.Condition = field(default_factory=threading.Condition)
    _deadlines: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    _live: dict[int, Watch] = field(default_factory=dict[int, Watch])
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _thread: threading.Thread | None = None
    _stopped: bool = False

    def arm(self, target: Interruptible, ms: int) -> Watch:
        """Interrupt `target` after `ms`, repeatedly until it is disarmed."""
        deadline = time.monotonic() + ms / 1_000
        with self._changed:
            watch = Watch(next(self._numbers), target)
            self._live[watch.number] = watch
            heapq.heappush(self._deadlines, (deadline, watch.number))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="lakehouse-watchdog", daemon=True)
                self._thread.start()
            elif self._deadlines[0][1] == watch.number:
                self._changed.notify()
        return watch

    def disarm(self, watch: Watch) -> bool:
        """Stop watching; no interrupt follows. Returns True if one occurred before."""
        with self._changed:
            self._live.pop(watch.number, None)
        return watch.fired

    def stop(self) -> None:
        """End the thread, so that no connection outlives the interpreter's modules."""
        with self._changed:
            self._stopped = True
            self._live.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout=1)

    def _run(self) -> None:
        with self._changed:
            while not self._stopped:
                while self._deadlines and self._deadlines[0][1] not in self._live:
                    heapq.heappop(self._deadlines)
                if not self._deadlines:
                    self._changed.wait()
                    continue
                deadline, number = self._deadlines[0]
                left = deadline - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                watch = self._live[number]
                watch.fired = True
                watch.target.interrupt()
                # The first interrupt may arrive before the query starts.
                heapq.heapreplace(self._deadlines, (time.monotonic() + _AGAIN_S, number))
                del watch


@cache
def watchdog() -> Watchdog:
    """The process's watchdog."""
    made = Watchdog()
    atexit.register(made.stop)
    return made
