"""How fast people decide: faster than one can read is written down for others to look at, and nobody is stopped."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final

from compound.connector.state.audit import append_audit
from compound.connector.state.serving.tables import TOO_FAST

if TYPE_CHECKING:
    from compound.project.open.resources import Resources

MOST: Final = 20
"""Decisions that may come fast one after the other."""
WINDOW_S: Final = 20.0
"""Seconds that `MOST` decisions take at least, at one decision a second."""
REST_S: Final = 300.0
"""Seconds between two alarms about one person."""


class Pace:
    """Counts the decisions of people in this process."""

    def __init__(self) -> None:
        self._times: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=MOST + 1))
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()

    def decided(self, resources: Resources, name: str) -> None:
        """Count a decision; raises an alarm in the audit log if the person decides faster than one a second for long.

        Several reviews that are approved in one request are several decisions.
        """
        now = resources.clock()
        with self._lock:
            times = self._times[name]
            times.append(now)
            is_fast = len(times) > MOST and now - times[0] < WINDOW_S
            if not is_fast or now - self._told.get(name, -REST_S) < REST_S:
                return
            self._told[name] = now
            seconds = now - times[0]
        details = {"decisions": MOST, "seconds": round(seconds, 1)}
        with resources.state.write() as db:
            append_audit(db, TOO_FAST, at=now, actor=name, subject=name, details=details)
