"""The intents a ticket can come to: the families of the seven writes, several of them, or none."""

from __future__ import annotations

from collections.abc import Sequence

_FAMILIES = {
    "cancel_pending_order": "cancel",
    "return_delivered_order_items": "return",
    "exchange_delivered_order_items": "swap",
    "modify_pending_order_items": "swap",
    "modify_pending_order_address": "address",
    "modify_user_address": "address",
    "modify_pending_order_payment": "payment",
}
SEVERAL, NONE = "several", "none"


def family_of(action_names: Sequence[str]) -> str:
    """The intent that a set of actions comes to: one family, `several`, or `none`."""
    families = {_FAMILIES.get(name, NONE) for name in action_names}
    return families.pop() if len(families) == 1 else SEVERAL if families else NONE
