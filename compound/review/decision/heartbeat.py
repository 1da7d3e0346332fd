"""Signs of life: a lease is renewed while its owner works, however long that takes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from compound.errors import CompoundError


@contextmanager
def kept_alive(beat: Callable[[], bool], *, every_s: float) -> Generator[None]:
    """Call `beat` at intervals until the block ends, or until it returns false: then the lease is another's.

    Args:
        beat: Renews the lease. A store that cannot be reached is tried again at the next beat.
        every_s: Seconds between two beats; well below the lease.
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
