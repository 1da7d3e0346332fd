"""Worker processes for SQL written by a model: started on first use, few, and killed on timeout.

A thread of this process waits for each query. The worker has a timer too (see `worker`): whichever fires first ends
the query, and the next query gets a new process.
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
    """The caller cancelled the query."""


class Gone(Exception):
    """The process ended, or did not answer, before it started the request: another process can be used."""


@dataclass(slots=True)
class Cancellation:
    """Cancels a query from another thread or task."""

    is_set: bool = False
    _stops: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cancel(self) -> None:
        """Stop the running query and any later one."""
        with self._lock:
            self.is_set = True
            for stop in self._stops:
                stop()

    @contextlib.contextmanager
    def on_cancel(self, stop: Callable[[], None]) -> Generator[None]:
        """Call `stop` on cancellation inside the block.

        Raises:
            Stopped: It is already cancelled.
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
    """The parent's side of one process. Starting does not block.

    Args:
        hello: The first message: tables, files, memory.
    """

    def __init__(self, hello: bytes) -> None:
        self._hello = hello
        self._is_ready = False
        self.is_busy = False
        self.child = subprocess.Popen(
            # -P: a file in the working directory must not shadow a package.
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
        """Whether the process is running."""
        return self.child.poll() is None

    def start(self) -> None:
        """Wait until it is ready.

        Raises:
            Gone: It was killed.
            ConnectorError: ``lakehouse.worker``: it does not start, or its tables cannot be opened.
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
            what = f"the SQL worker process did not start ({ended(self.child.returncode)})"
            raise ConnectorError("lakehouse.worker", what, fix="free memory, or raise workers.memory_mb") from None
        if "error" in answer:
            raise error_of(answer["error"])
        self._is_ready = True

    def ask(self, request: bytes, *, ms: int, most: int) -> dict[str, Any]:
        """Send one request and wait for its answer.

        Args:
            request: The message.
            ms: Time limit of the query; the process is killed soon after.
            most: Maximum size of the answer in bytes.

        Raises:
            Gone: The request was not started.
            FrameTimeout: The query took too long.
            EndOfFrames: The process ended.
            FrameTooLong: The answer is longer than `most`.
        """
        try:
            write_all(self._writes, request)
            # A killed process accepts input until its last thread has ended.
            read_frame(self._reads, seconds=_BEGINS_WITHIN_S, most=_BESIDE_ROWS)
        except (OSError, EndOfFrames, FrameTimeout, FrameTooLong) as error:
            raise Gone from error
        return read_frame(self._reads, seconds=(ms + GRACE_MS) / 1_000, most=most)

    def kill(self) -> None:
        """Kill the process."""
        self.child.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(_ENDS_WITHIN_S)

    def release(self) -> None:
        """Close its pipes; only if no thread reads from them, because descriptors are reused."""
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class Workers:
    """At most `count` worker processes, each with one query at a time. Thread-safe.

    Args:
        hello: The first message to each.
        count: Maximum number of processes; further queries wait.
    """

    def __init__(self, hello: Mapping[str, object], count: int) -> None:
        self._hello = frame(hello)
        self._count = count
        self._all: set[WorkerProcess] = set()
        self._free: list[WorkerProcess] = []
        self._taken = 0
        self._changed = threading.Condition()
        self._is_closed = False
        # Also runs at interpreter exit or on garbage collection.
        self._finalizer = weakref.finalize(self, _end_all, self._all)

    def ask(self, request: Ask | Reviewed, cancellation: Cancellation) -> Asked:
        """Send a request to a worker and return its answer.

        Args:
            request: The statement; its time limit starts when a worker starts it.
            cancellation: Cancels the query.

        Raises:
            ConnectorError: ``lakehouse.timeout``; ``lakehouse.worker``: the process ended or did not start;
                ``lakehouse.closed``.
            CompoundError: The worker's error about the statement.
            Stopped: The query was cancelled.
        """
        for left in reversed(range(self._count + 2)):
            try:
                answer = self._answer(request, cancellation)
            except Gone:
                if left:
                    continue
                what = "several SQL worker processes ended before they started the query"
                fix = "check the system log, which names processes that were killed for memory"
                raise ConnectorError("lakehouse.worker", what, fix=fix) from None
            if "error" in answer:
                raise error_of(answer["error"])
            return _asked_of(answer["asked"])
        raise AssertionError("the last process returns or raises")

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
        """Stop every process; running queries fail."""
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
            what = f"the query crashed its worker process ({ended(code)})"
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
                    # Start now, so that the next query does not wait.
                    with contextlib.suppress(ConnectorError):
                        self._free.append(self._started())
            self._changed.notify()

    def _started(self) -> WorkerProcess:
        try:
            worker = WorkerProcess(self._hello)
        except OSError as error:
            what = f"the SQL worker process did not start ({error.strerror})"
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
    """How a process ended, as text."""
    if code is None:
        return "still running"
    if code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _environment() -> dict[str, str]:
    """The worker's environment, without keys and passwords."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    package = str(PACKAGE.resolve().parent)
    return {**kept, "PYTHONPATH": os.pathsep.join([package, *(path for path in sys.path if os.path.isabs(path))])}
