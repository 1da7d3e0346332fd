"""The throttle of sign-ins: too many wrong passwords for an account, or from an address, and both must wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from compound.connector.state.serving.tables import sign_in_failure
from compound.errors import ConflictError

if TYPE_CHECKING:
    from compound.connector.state import StateStore

WINDOW_S: Final = 15 * 60.0
"""Failures older than this many seconds do not count."""
BY_ACCOUNT: Final = 10
"""Failures for one account within the window, from anywhere."""
BY_ADDRESS: Final = 30
"""Failures from one address within the window, for any account."""


class Throttle:
    """Counts failed sign-ins; a one-time link and an OpenID provider are not throttled.

    Args:
        store: The state store, so that all processes of a server count together.
        clock: Returns UTC seconds.
    """

    def __init__(self, store: StateStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def check(self, name: str, address: str) -> None:
        """Refuse an attempt, before its password is looked at.

        Raises:
            ConflictError: `web.too-many-attempts`.
        """
        with self._store.read() as db:
            for what, most in self._limits(name, address):
                times = sa.select(sign_in_failure.c.at).where(
                    sign_in_failure.c.what == what, sign_in_failure.c.at > self._clock() - WINDOW_S
                )
                found = list(db.execute(times.order_by(sign_in_failure.c.at.desc()).limit(most)).scalars())
                if len(found) >= most:
                    raise _too_many(found[-1] + WINDOW_S - self._clock())

    def failed(self, name: str, address: str) -> None:
        """Count a wrong password."""
        now = self._clock()
        rows = [{"what": what, "at": now} for what, _ in self._limits(name, address)]
        with self._store.write(durable=False) as db:
            db.execute(sa.delete(sign_in_failure).where(sign_in_failure.c.at <= now - WINDOW_S))
            db.execute(sa.insert(sign_in_failure), rows)

    def passed(self, name: str) -> None:
        """Forget the failures of an account whose owner signed in; those of the address count on."""
        with self._store.write(durable=False) as db:
            db.execute(sa.delete(sign_in_failure).where(sign_in_failure.c.what == f"account:{name}"))

    def _limits(self, name: str, address: str) -> list[tuple[str, int]]:
        return [(f"account:{name[:200]}", BY_ACCOUNT), (f"address:{address}", BY_ADDRESS)]


def _too_many(wait_s: float) -> ConflictError:
    minutes = max(1, round(wait_s / 60))
    return ConflictError(
        "web.too-many-attempts",
        f"too many wrong passwords; the next attempt is possible in {minutes} min",
        fix="wait, or sign in with a one-time link: compound people link NAME",
    )
