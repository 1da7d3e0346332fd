"""The bounded queue between the nodes and the store, drained by one thread."""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from compound.trace.store import SpanStore

_DRAIN_S: Final = 0.2
_SETTLE_S: Final = 0.05
_IDLE_S: Final = 1.0
_PUBLISH_S: Final = 5.0
_PUBLISH_ROWS: Final = 8_192


class SpanQueue:
    """Accepts rows without blocking; a daemon thread writes them to the store.

    Rows are appended to the store every 0.2 s (then they survive a killed process) and published to readers every 5 s
    or 8,192 rows. A store that `is_immediate` receives each row at once.
    """

    def __init__(self, store: SpanStore, *, exporters: Sequence[SpanStore] = (), max_rows: int) -> None:
        self._store = store
        self._is_immediate = store.is_immediate
        self._exporters = exporters
        self._max_rows = max_rows
        self._rows: deque[tuple[str, bytes]] = deque()
        self._wake = threading.Event()
        self._lock = threading.Lock()  # one drain at a time, by the thread or a caller
        self._publishing = (
            threading.Lock()
        )  # separate from the drain: the end of a run does not wait for a Parquet file
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._stays = False
        self._is_idle = True  # no rows were added since the thread was last idle
        self._unpublished = 0
        self._oldest_at = 0.0
        self._drained_at = 0.0
        self._has_warned = False
        self.dropped = 0

    def put(self, table: str, line: bytes) -> None:
        """Queue one row (JSON); dropped and counted if the queue is full or closed."""
        if self._is_closed or len(self._rows) >= self._max_rows:
            self.dropped += 1
            return
        self._rows.append((table, line))
        if self._is_immediate:
            with self._lock:
                self._drain_locked()
        elif self._is_idle:
            self._is_idle = False
            if self._thread is None:
                self._start()
            self._wake.set()

    def settle(self) -> None:
        """Append the rows of a run that ended or paused, unless this was done very recently."""
        if time.monotonic() - self._drained_at > _SETTLE_S:
            self._wake.set()

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._serve, name="compound-trace", daemon=True)
            self._thread.start()
            atexit.register(self.close)

    def _drain_locked(self) -> None:
        self._drained_at = time.monotonic()
        batch: dict[str, list[bytes]] = {}
        taken = 0
        while self._rows:
            table, line = self._rows.popleft()
            batch.setdefault(table, []).append(line)
            taken += 1
        try:
            for table, lines in batch.items():
                self._store.append(table, lines)
            self._export(batch)
        except Exception as error:  # noqa: BLE001 - a full disk must not stop a run
            self._lose(taken, error)
            return
        if taken and not self._unpublished:
            self._oldest_at = time.monotonic()
        self._unpublished += taken

    def _export(self, batch: Mapping[str, Sequence[bytes]]) -> None:
        for exporter in self._exporters:
            try:
                for table, lines in batch.items():
                    exporter.append(table, lines)
            except Exception as error:  # noqa: BLE001 - the rows are in the store; a backend that is away is not
                self._warn(error)

    def _publish(self) -> None:
        with self._publishing:
            self._publish_locked()

    def _publish_locked(self) -> None:
        with self._lock:
            count, self._unpublished = self._unpublished, 0
        if not count:
            return
        try:
            self._store.publish()
        except Exception as error:  # noqa: BLE001 - the rows stay in the spool and are published later
            with self._lock:
                self._unpublished, self._oldest_at = self._unpublished + count, time.monotonic()
            self._warn(error)

    def _lose(self, count: int, error: Exception) -> None:
        self.dropped += count
        self._warn(error)

    def _warn(self, error: Exception) -> None:
        if not self._has_warned:
            import structlog

            self._has_warned = True
            log = structlog.stdlib.get_logger(__name__)
            log.warning("trace.not-stored", error=str(error), dropped=self.dropped)

    def _serve(self) -> None:
        while not self._is_closed:
            with self._lock:
                self._drain_locked()
                is_due = time.monotonic() - self._oldest_at > _PUBLISH_S
            if self._unpublished >= _PUBLISH_ROWS or is_due:
                self._publish()
            self._is_idle = not self._unpublished  # before checking for rows: later rows wake the thread
            if self._rows or self._unpublished:
                self._is_idle = False
            self._wake.wait(_IDLE_S if self._is_idle else _DRAIN_S)
            self._wake.clear()

    def hand_over(self) -> None:
        """Append all rows queued before the call, so that they survive a killed process."""
        with self._lock:
            self._drain_locked()

    def stay(self) -> None:
        """From now on rows are published in the background alone: this process does not end soon."""
        self._stays = True

    def flush(self) -> None:
        """Append all rows queued before the call, and publish them unless the process stays."""
        self.hand_over()
        if not self._stays:
            self._publish()

    def close(self) -> None:
        """Flush, stop the thread, close the store."""
        if self._is_closed:
            return
        self.hand_over()
        self._publish()
        self._is_closed = True
        self._wake.set()
        atexit.unregister(self.close)
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5.0)
        for store in (self._store, *self._exporters):
            try:
                store.close()
            except Exception as error:  # noqa: BLE001 - what is spooled is published by the next process
                self._warn(error)
