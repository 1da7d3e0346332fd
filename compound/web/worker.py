"""What a server does by itself: it goes on with decided runs, and processes what is due."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

import structlog

from compound.errors import CompoundError, ConflictError

if TYPE_CHECKING:
    from compound.project import Decided, Project

TICK_S: Final = 1.0
"""Seconds between two looks at what is due."""
THREADS: Final = 4
"""Decided runs that go on at the same time."""
REST_S: Final = 5.0
"""Rest of a run that could not go on, in seconds; it doubles with each attempt."""
LONGEST_REST_S: Final = 900.0
"""The longest rest between two attempts, in seconds."""

_log = structlog.get_logger(__name__)


class Worker:
    """Goes on with decided runs while a server runs.

    A decision is stored before it is given to the worker. If the process dies, the next server finds the decision
    in the state store; effects run once, as everywhere.

    Args:
        project: An opened project.
        chores: Called at each look, one after the other; an error of one is logged and does not stop the others.
    """

    def __init__(self, project: Project, chores: Sequence[Callable[[], object]] = ()) -> None:
        self._service = project.reviews()
        self._chores = [self._find_due, *chores]
        self._asked: SimpleQueue[tuple[str, Future[Decided]] | None] = SimpleQueue()
        self._open: dict[str, Future[Decided]] = {}
        self._rests: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._looked_at = 0.0

    @property
    def is_alive(self) -> bool:
        """Whether it looked at what is due in the last minute."""
        return any(one.is_alive() for one in self._threads) and time.monotonic() - self._looked_at < 60.0

    def start(self) -> None:
        """Start the threads."""
        self._looked_at = time.monotonic()
        names = ["compound-clock", *(f"compound-resume-{n}" for n in range(THREADS))]
        for name in names:
            does = self._look if name == "compound-clock" else self._work
            thread = threading.Thread(target=does, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, *, wait_s: float) -> None:
        """Begin nothing more, and wait for what runs; what takes longer goes on in the next server."""
        self._over.set()
        for _ in range(THREADS):
            self._asked.put(None)
        ends = time.monotonic() + wait_s
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))

    def soon(self, review_id: str) -> Future[Decided]:
        """Go on with the run of a decided review as soon as a thread is free."""
        with self._lock:
            if (running := self._open.get(review_id)) is not None:
                return running
            future: Future[Decided] = Future()
            self._open[review_id] = future
        self._asked.put((review_id, future))
        return future

    def _look(self) -> None:
        while not self._over.is_set():
            for chore in self._chores:
                try:
                    chore()
                except Exception:  # noqa: BLE001 - the next look tries again; a server does not end because of one
                    _log.exception("web.chore-failed")
            self._looked_at = time.monotonic()
            self._over.wait(TICK_S)

    def _find_due(self) -> None:
        now = time.monotonic()
        for review_id in self._service.keep_up():
            _, until = self._rests.get(review_id, (0, 0.0))
            if now >= until:
                self.soon(review_id)

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None and not self._over.is_set():
            review_id, future = asked
            try:
                decided = self._service.resume(review_id)
            except ConflictError as error:  # another process does it, or it was undone
                self._ended(review_id, has_failed=False)
                future.set_exception(error)
            except CompoundError as error:
                _log.warning("web.resume-failed", review=review_id, code=error.code, what=error.what)
                self._ended(review_id, has_failed=True)
                future.set_exception(error)
            except Exception as error:  # noqa: BLE001 - the caller of the future gets it
                _log.exception("web.resume-failed", review=review_id)
                self._ended(review_id, has_failed=True)
                future.set_exception(error)
            else:
                self._ended(review_id, has_failed=not decided.ok and not decided.is_back)
                future.set_result(decided)

    def _ended(self, review_id: str, *, has_failed: bool) -> None:
        with self._lock:
            del self._open[review_id]
            if not has_failed:
                self._rests.pop(review_id, None)
                return
            times = self._rests.get(review_id, (0, 0.0))[0] + 1
            rest = min(REST_S * 2.0 ** (times - 1), LONGEST_REST_S)
            self._rests[review_id] = (times, time.monotonic() + rest)
