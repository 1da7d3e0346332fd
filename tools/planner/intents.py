"""The possible wishes of a letter, and the trained specialist's prediction of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..letters.wishes import Family
from ..shop.documents import Json

WISHES: dict[str, Family] = {
    "cancel_pending_order": "cancel",
    "return_delivered_order_items": "return",
    "exchange_delivered_order_items": "swap",
    "modify_pending_order_items": "swap",
    "modify_pending_order_address": "address",
    "modify_user_address": "user_address",
    "modify_pending_order_payment": "payment",
}
NONE = "none"
HEARD = 0.5
"""The calibrated probability from which a wish counts as predicted."""


def wishes_of(action_names: Iterable[str]) -> tuple[Family, ...]:
    """The wishes of these actions, sorted, each once; other names are not wishes."""
    return tuple(sorted({WISHES[name] for name in action_names if name in WISHES}))


@dataclass(frozen=True, slots=True)
class Heard:
    """The specialist's prediction for the whole letter.

    Attributes:
        scores: Wish to calibrated probability; empty if there is no specialist or the letter is out of its domain.
        certain: Whether its certificate covers this letter.
    """

    scores: Mapping[Family, float] = field(default_factory=dict[Family, float])
    certain: bool = False

    def hears(self, wish: Family) -> bool:
        """Whether the letter asks for this, as far as the specialist can tell."""
        return self.scores.get(wish, 0.0) >= HEARD

    @property
    def wishes(self) -> frozenset[Family]:
        """All predicted wishes."""
        return frozenset(wish for wish in self.scores if self.hears(wish))


def heard(prediction: Json) -> Heard:
    """Read the record of the graph's `intent` node."""
    if not isinstance(prediction, Mapping) or prediction.get("reason") == "out_of_domain":
        return Heard()
    given = prediction.get("scores")
    scores: dict[Family, float] = {}
    for wish in sorted(set(WISHES.values())):
        p = given.get(wish) if isinstance(given, Mapping) else None
        if isinstance(p, (int, float)):
            scores[wish] = float(p)
    return Heard(scores=scores, certain=bool(prediction.get("automated")))
