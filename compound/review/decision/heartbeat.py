"""Heartbeats: renew a lease while its owner works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from compound.errors import CompoundError


@contextmanager
def kept_alive(beat: Callable[[], bool], *, every_s: float) -> Generator[None]:
    """Call `beat` at intervals until the block ends or it returns False (the lease is lost).

    Args:
        beat: Renews the lease. If the store cannot be reached, the next beat retries.
        every_s: Seconds between two beats; well below the lease time.
    """
    over = threading.Event()

    def work() -> None:
        while not over.wait(every_s):
            try:
                if not beat():
                    return
            except CompoundError:
                continue

    thread = threading.Thread(target=work, name="compound-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
