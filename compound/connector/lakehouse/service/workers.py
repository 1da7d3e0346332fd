"""Worker processes for SQL that a model wrote: started when first needed, few, and killed when they overstay.

A thread of this process waits for each query. The worker's own timer ends it too (see `_worker`): whichever of both
comes first, what a query did is over and the next query meets a fresh process.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from compound.connector.lakehouse.query.query import timed_out
from compound.connector.lakehouse.service.asking import Ask, Asked, Reviewed
from compound.connector.lakehouse.service.frames import (
    EndOfFrames,
    FrameTimeout,
    FrameTooLong,
    frame,
    read_frame,
    write_all,
)
from compound.connector.lakehouse.statement.guard import Refused
from compound.connector.lakehouse.value.types import Column, QueryResult
from compound.errors import CompoundError, ConnectorError
from compound.version import PACKAGE

GRACE_MS: Final = 100
_START_S: Final = 60.0
_ENDS_WITHIN_S: Final = 5.0
_BEGINS_WITHIN_S: Final = 10.0
_BESIDE_ROWS: Final = 4 << 20
_WORKER: Final = "compound.connector.lakehouse.service.worker"
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TZ", "PYTHONHOME")


class Stopped(Exception):
    """The caller no longer waits for the answer."""


class Gone(Exception):
    """The process ended, or does not answer, before it began with the request: another one can be asked."""


@dataclass(slots=True)
class Cancellation:
    """Lets another thread or task stop a query that it started."""

    is_set: bool = False
    _stops: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cancel(self) -> None:
        """Stop what runs now, and whatever would run next."""
        with self._lock:
            self.is_set = True
            for stop in self._stops:
                stop()

    @contextlib.contextmanager
    def on_cancel(self, stop: Callable[[], None]) -> Generator[None]:
        """Call `stop` when it is cancelled inside the block.

        Raises:
            Stopped: It was cancelled before.
        """
        with self._lock:
            if self.is_set:
                raise Stopped
            self._stops.append(stop)
        try:
            yield
        finally:
            with self._lock:
                self._stops.remove(stop)


class WorkerProcess:
    """The near end of one process. Starting does not wait.

    Args:
        hello: The first message: tables, files, memory.
    """

    def __init__(self, hello: bytes) -> None:
        self._hello = hello
        self._is_ready = False
        self.is_busy = False
        self.child = subprocess.Popen(
            # -P: a file of the folder we stand in must not stand in for a package.
            [sys.executable, "-P", "-m", _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            bufsize=0,
        )
        if self.child.stdin is None or self.child.stdout is None:
            raise AssertionError
        self._writes, self._reads = self.child.stdin.fileno(), self.child.stdout.fileno()

    @property
    def is_alive(self) -> bool:
        """It has not ended."""
        return self.child.poll() is None

    def start(self) -> None:
        """Wait until it can be asked.

        Raises:
            Gone: Somebody killed it.
            ConnectorError: ``lakehouse.worker``: it does not start; or why its tables cannot be opened.
        """
        if self._is_ready:
            return
        try:
            write_all(self._writes, self._hello)
            answer = read_frame(self._reads, seconds=_START_S, most=_BESIDE_ROWS)
        except (OSError, EndOfFrames, FrameTimeout, FrameTooLong) as error:
            self.kill()
            if self.child.returncode == -signal.SIGKILL and not isinstance(error, FrameTimeout):
                raise Gone from error
            what = f"the process that runs SQL of models did not start ({ended(self.child.returncode)})"
            raise ConnectorError("lakehouse.worker", what, fix="free memory, or raise workers.memory_mb") from None
        if "error" in answer:
            raise error_of(answer["error"])
        self._is_ready = True

    def ask(self, request: bytes, *, ms: int, most: int) -> dict[str, Any]:
        """Send one request and wait for its answer.

        Args:
            request: The message.
            ms: The limit of the query; the process is killed soon after it.
            most: Bytes of the answer.

        Raises:
            Gone: It has not begun with it.
            FrameTimeout: It took too long.
            EndOfFrames: The process ended.
            FrameTooLong: The answer is longer than `most`.
        """
        try:
            write_all(self._writes, request)
            # A process that was killed takes what it is sent until the last of its threads is gone.
            read_frame(self._reads, seconds=_BEGINS_WITHIN_S, most=_BESIDE_ROWS)
        except (OSError, EndOfFrames, FrameTimeout, FrameTooLong) as error:
            raise Gone from error
        return read_frame(self._reads, seconds=(ms + GRACE_MS) / 1_000, most=most)

    def kill(self) -> None:
        """End it at once."""
        self.child.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(_ENDS_WITHIN_S)

    def release(self) -> None:
        """Let go of its pipes; only where no thread reads from them, because their numbers are used again."""
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class Workers:
    """At most `count` worker processes, each with one query at a time. Safe to use from several threads.

    Args:
        hello: The first message to each.
        count: How many run at once; more queries wait for their turn.
    """

    def __init__(self, hello: Mapping[str, object], count: int) -> None:
        self._hello = frame(hello)
        self._count = count
        self._all: set[WorkerProcess] = set()
        self._free: list[WorkerProcess] = []
        self._taken = 0
        self._changed = threading.Condition()
        self._is_closed = False
        # Also when nobody closes it: at the end of the interpreter, or when it is collected.
        self._finalizer = weakref.finalize(self, _end_all, self._all)

    def ask(self, request: Ask | Reviewed, cancellation: Cancellation) -> Asked:
        """The worker's answer to a request.

        Args:
            request: The statement; its limits are counted from the moment that a worker begins with it.
            cancellation: Stops it from elsewhere.

        Raises:
            ConnectorError: ``lakehouse.timeout``; ``lakehouse.worker``: the process ended, or does not start;
                ``lakehouse.closed``.
            CompoundError: What the worker says about the statement.
            Stopped: The caller no longer waits.
        """
        for left in reversed(range(self._count + 2)):
            try:
                answer = self._answer(request, cancellation)
            except Gone:
                if left:
                    continue
                what = "one process after the other that runs SQL ended before it began with the query"
                fix = "see what ends them: the system's log names processes that it killed for memory"
                raise ConnectorError("lakehouse.worker", what, fix=fix) from None
            if "error" in answer:
                raise error_of(answer["error"])
            return _asked_of(answer["asked"])
        raise AssertionError("the last process answers or raises")

    def _answer(self, request: Ask | Reviewed, cancellation: Cancellation) -> dict[str, Any]:
        with cancellation.on_cancel(self._wake):
            worker = self._take(cancellation)
        keep = False
        try:
            with cancellation.on_cancel(worker.child.kill):
                answer = self._asked(worker, request, cancellation)
            keep = not answer.get("last") and not cancellation.is_set
        finally:
            self._give_back(worker, keep=keep)
        return answer

    def close(self) -> None:
        """End every process; queries that run fail."""
        with self._changed:
            self._is_closed = True
            self._free.clear()
            self._changed.notify_all()
        self._finalizer()

    def _asked(self, worker: WorkerProcess, request: Ask | Reviewed, cancellation: Cancellation) -> dict[str, Any]:
        ms = request.limits.ms
        begun = time.monotonic()
        try:
            worker.start()
            begun = time.monotonic()
            return worker.ask(frame(request), ms=ms, most=request.limits.bytes * 2 + _BESIDE_ROWS)
        except Gone:
            if cancellation.is_set:
                raise Stopped from None
            if self._is_closed:
                raise _closed() from None
            raise
        except FrameTimeout:
            raise timed_out(ms) from None
        except FrameTooLong:
            what = "the answer is larger than limits.bytes"
            raise ConnectorError("lakehouse.memory", what, fix="return fewer columns or rows") from None
        except EndOfFrames:
            if cancellation.is_set:
                raise Stopped from None
            if self._is_closed:
                raise _closed() from None
            worker.kill()
            code = worker.child.returncode
            if code == -signal.SIGALRM or (time.monotonic() - begun) * 1_000 >= ms:
                raise timed_out(ms) from None
            what = f"the query ended the process that ran it ({ended(code)})"
            raise ConnectorError("lakehouse.worker", what, fix="write a simpler query") from None

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _take(self, cancellation: Cancellation) -> WorkerProcess:
        with self._changed:
            while True:
                if cancellation.is_set:
                    raise Stopped
                if self._is_closed:
                    raise _closed()
                if self._taken < self._count:
                    worker = self._living() or self._started()
                    worker.is_busy = True
                    self._taken += 1
                    return worker
                self._changed.wait()

    def _living(self) -> WorkerProcess | None:
        while self._free:
            worker = self._free.pop()
            if worker.is_alive:
                return worker
            self._forget(worker)
        return None

    def _give_back(self, worker: WorkerProcess, *, keep: bool) -> None:
        if not keep:
            worker.kill()
        with self._changed:
            self._taken -= 1
            worker.is_busy = False
            if keep and not self._is_closed:
                self._free.append(worker)
            else:
                self._forget(worker)
                if not self._is_closed:
                    # Started now, so that the next query finds it warm.
                    with contextlib.suppress(ConnectorError):
                        self._free.append(self._started())
            self._changed.notify()

    def _started(self) -> WorkerProcess:
        try:
            worker = WorkerProcess(self._hello)
        except OSError as error:
            what = f"the process that runs SQL of models did not start ({error.strerror})"
            raise ConnectorError("lakehouse.worker", what, fix="free memory, or end other processes") from None
        self._all.add(worker)
        return worker

    def _forget(self, worker: WorkerProcess) -> None:
        worker.kill()
        worker.release()
        self._all.discard(worker)


def _end_all(workers: set[WorkerProcess]) -> None:
    for worker in list(workers):
        worker.kill()
        if not worker.is_busy:
            worker.release()
    workers.clear()


def _closed() -> ConnectorError:
    return ConnectorError("lakehouse.closed", "the lakehouse is closed", fix="open it again")


def _asked_of(said: Mapping[str, Any]) -> Asked:
    result = dict(said["result"])
    columns = tuple(Column(**column) for column in result.pop("columns"))
    names = [column.name for column in columns]
    rows = [dict(zip(names, row, strict=True)) for row in result.pop("rows")]
    found = QueryResult(columns=columns, rows=rows, **result)
    return Asked(sql=said["sql"], plan_rows=said["plan_rows"], result=found)


def error_of(said: Mapping[str, Any]) -> CompoundError:
    """The error that a worker sent."""
    code, what, fix = str(said["code"]), str(said["what"]), str(said["fix"])
    if said["kind"] == "ProjectError":
        return Refused(code, what, fix=fix, where=None, is_slip=bool(said["is_slip"]))
    return ConnectorError(code, what, fix=fix)


def ended(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None:
        return "it does not end"
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _environment() -> dict[str, str]:
    """What a worker sees of the environment: no keys of providers, no passwords."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    package = str(PACKAGE.resolve().parent)
    return {**kept, "PYTHONPATH": os.pathsep.join([package, *(path for path in sys.path if os.path.isabs(path))])}
