"""Who looks at a review: the pages that are open say so, and others see it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from compound.web.site.place import place_of

if TYPE_CHECKING:
    from fastapi import Request

GONE_S: Final = 50.0
"""Seconds without a word after which somebody is gone; an open page says every 20 s that it is seen."""
_MAKING: Final = threading.Lock()


class Presence:
    """Who looks at which review, as the pages of one server say; nothing is stored.

    Args:
        clock: Now, UTC seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, dict[str, float]] = {}
        self._lock = threading.Lock()

    def here(self, review_id: str, user: str) -> Sequence[str]:
        """Somebody looks at a review; who else does, by name."""
        with self._lock:
            self._forget()
            self._seen.setdefault(review_id, {})[user] = self._clock()
            return sorted(one for one in self._seen[review_id] if one != user)

    def away(self, review_id: str, user: str) -> None:
        """Somebody left a review."""
        with self._lock:
            self._seen.get(review_id, {}).pop(user, None)

    def of(self, review_ids: Iterable[str], user: str) -> Mapping[str, Sequence[str]]:
        """Review to who looks at it beside `user`; reviews that nobody else looks at are left out."""
        with self._lock:
            self._forget()
            found = {name: sorted(set(self._seen.get(name, {})) - {user}) for name in review_ids}
        return {name: who for name, who in found.items() if who}

    def _forget(self) -> None:
        least = self._clock() - GONE_S
        for name in list(self._seen):
            self._seen[name] = {user: at for user, at in self._seen[name].items() if at > least}
            if not self._seen[name]:
                del self._seen[name]


def presence_of(request: Request) -> Presence:
    """The presence of the server that answers a request."""
    state = request.app.state
    with _MAKING:
        if not hasattr(state, "presence"):
            state.presence = Presence(place_of(request).project.resources.clock)
        return cast("Presence", state.presence)
