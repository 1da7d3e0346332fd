"""Figures as a person may see them."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request

from compound.web.door.access import Refused, needs
from compound.web.identity.person import Person
from compound.web.identity.roles import Right
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.client.quality import Quality

OF_OTHERS: Final = (Right.AUDIT, Right.BATCHES, Right.DECIDE_SECOND)
"""Rights with which somebody sees figures of more than their own decisions."""
KEPT_S: Final = 10.0
"""Seconds for which counted figures are reused: a reload counts nothing again."""
Figured = Annotated[Person, Depends(needs(Right.READ, *OF_OTHERS))]
Overseer = Annotated[Person, Depends(needs(*OF_OTHERS))]
Auditor = Annotated[Person, Depends(needs(Right.AUDIT))]
_counting = Lock()


def figures_for(request: Request, person: Person, *, days: int, mine: bool) -> Quality:
    """The figures of a period, of the person's queues.

    Raises:
        Refused: `web.no-right`: the person may see own figures only.
    """
    if not mine and not any(map(person.may, OF_OTHERS)):
        raise Refused("web.no-right", f"{person.name} sees own figures only", fix="/quality/me, or mine=true")
    asked = (days, tuple(person.teams), person.name if mine else "")
    state = request.app.state
    with _counting:
        kept: dict[object, tuple[float, Quality]] = getattr(state, "quality", {})
        now = time.monotonic()
        kept = {key: one for key, one in kept.items() if now - one[0] <= KEPT_S}
        if asked not in kept:
            service = place_of(request).project.quality()
            kept[asked] = (now, service.figures(days=days, teams=asked[1], person=asked[2]))
        state.quality = kept
        return kept[asked][1]


def forget(request: Request) -> None:
    """Count again: something was changed by the person who looks."""
    request.app.state.quality = {}
