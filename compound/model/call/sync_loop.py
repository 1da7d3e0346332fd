"""The event loop behind sync calls: one for all of them, so that connections outlive a call."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


class SyncLoop:
    """Runs async work for callers without an event loop, or with one that must not be entered twice.

    The loop lives in a thread of its own from the first call to `close`, or to the end of the process. A call
    that is interrupted (Ctrl-C) cancels its work and waits until that has let go.
    """

    def __init__(self) -> None:
        self._opening = threading.Lock()
        self._thread: _LoopThread | None = None
        self._forgotten: weakref.finalize[[], SyncLoop] | None = None

    def run(self, work: Callable[..., Awaitable[T]], *args: object) -> T:
        """What `work(*args)` returns, or raises.

        Raises:
            RuntimeError: It is called by work of this loop, which would wait for itself.
        """
        thread = self._open()
        if thread.thread is threading.current_thread():
            raise RuntimeError("a sync call cannot be made by work that runs in its own event loop; await it")
        future: Future[T] = Future()
        over = threading.Event()

        async def worked() -> None:
            try:
                future.set_result(await work(*args))
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is the caller's
                future.set_exception(error)
            finally:
                over.set()

        task: list[asyncio.Task[None]] = []
        context = copy_context()

        def start() -> None:
            task.append(thread.loop.create_task(worked(), context=context))

        def cancel() -> None:
            task[0].cancel()

        thread.loop.call_soon_threadsafe(start)
        try:
            return future.result()
        except (KeyboardInterrupt, SystemExit):
            if not over.is_set():
                thread.loop.call_soon_threadsafe(cancel)
                over.wait()
            raise

    def close(self) -> None:
        """End the loop, and with it the connections that were opened in it. The next call begins another."""
        with self._opening:
            thread, self._thread = self._thread, None
            if self._forgotten is not None:
                self._forgotten.detach()
        if thread is not None and thread.pid == os.getpid():
            thread.stop()

    def _open(self) -> _LoopThread:
        with self._opening:
            # The thread of a loop does not survive a fork.
            if self._thread is None or self._thread.pid != os.getpid() or not self._thread.thread.is_alive():
                self._thread = opened = _LoopThread()
                self._forgotten = weakref.finalize(self, opened.stop)
            return self._thread


class _LoopThread:
    """A thread with an event loop that runs until `stop`."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        started: Future[asyncio.AbstractEventLoop] = Future()
        self._over: asyncio.Event

        async def serve() -> None:
            self._over = asyncio.Event()
            started.set_result(asyncio.get_running_loop())
            await self._over.wait()

        self.thread = threading.Thread(target=lambda: asyncio.run(serve()), name="compound-loop", daemon=True)
        self.thread.start()
        self.loop = started.result()

    def stop(self) -> None:
        """End it, once; waits for its end unless it is called from within."""
        if self.pid != os.getpid() or not self.thread.is_alive() or self.loop.is_closed():
            return
        self.loop.call_soon_threadsafe(self._over.set)
        if self.thread is not threading.current_thread():
            self.thread.join()
