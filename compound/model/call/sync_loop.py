"""The event loop of sync calls, shared so that connections outlive a call."""

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
    """Runs async work for callers without an event loop, or inside a running one.

    The loop runs in its own thread from the first call until `close` or the end of the process. An interrupted call
    (Ctrl-C) cancels its work and waits for it to finish.
    """

    def __init__(self) -> None:
        self._opening = threading.Lock()
        self._thread: _LoopThread | None = None
        self._forgotten: weakref.finalize[[], SyncLoop] | None = None

    def run(self, work: Callable[..., Awaitable[T]], *args: object) -> T:
        """Run `work(*args)`; returns or raises what it does.

        Raises:
            RuntimeError: Called from inside this loop, which would deadlock.
        """
        thread = self._open()
        if thread.thread is threading.current_thread():
            raise RuntimeError("a sync call inside its own event loop would deadlock; await the async method")
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
        """Stop the loop and close its connections. The next call starts a new one."""
        with self._opening:
            thread, self._thread = self._thread, None
            if self._forgotten is not None:
                self._forgotten.detach()
        if thread is not None and thread.pid == os.getpid():
            thread.stop()

    def _open(self) -> _LoopThread:
        with self._opening:
            # Threads do not survive a fork.
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
        """Stop the thread and wait for it, unless called from inside it. Idempotent."""
        if self.pid != os.getpid() or not self.thread.is_alive() or self.loop.is_closed():
            return
        self.loop.call_soon_threadsafe(self._over.set)
        if self.thread is not threading.current_thread():
            self.thread.join()
