"""The event loop behind the sync calls of a project: one for all of them, so that connections outlive a call."""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

T = TypeVar("T")


class SyncLoop:
    """Runs async work for callers without an event loop, or with one that must not be entered twice.

    The loop lives in a thread of its own from the first call to `close`. A call that is interrupted (Ctrl-C)
    cancels its work and waits until that has let go.
    """

    def __init__(self) -> None:
        self._opening = threading.Lock()
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._pid = 0

    def run(self, work: Callable[..., Awaitable[T]], *args: object) -> T:
        """What `work(*args)` returns, or raises."""
        over = threading.Event()

        async def worked() -> T:
            try:
                return await work(*args)
            finally:
                over.set()

        future = self._open().start_task_soon(worked)
        try:
            return future.result()
        except (KeyboardInterrupt, SystemExit):
            if not future.done():
                future.cancel()
                over.wait()
            raise

    def close(self) -> None:
        """End the loop, and with it the connections that were opened in it. The next call begins another."""
        with self._opening:
            if self._portal is not None and self._pid == os.getpid():
                self._stack.close()
            self._portal = None

    def _open(self) -> BlockingPortal:
        with self._opening:
            # The thread of a loop does not survive a fork.
            if self._portal is None or self._pid != os.getpid():
                from anyio.from_thread import start_blocking_portal

                self._stack = ExitStack()
                self._portal = self._stack.enter_context(start_blocking_portal(name="compound-loop"))
                self._pid = os.getpid()
            return self._portal
