"""Effects: external changes of a decided run, written to an outbox first and performed once.

`@effect` declares an effect; the `Outbox` delivers the effects of a decision to their target, which performs all of
them in one transaction, or none. The target's class, A to D, says whether a delivery can be retried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.connector.target import (
    DeliveryClass,
    EffectGroup,
    EffectOutcome,
    EffectTarget,
    LookupTarget,
    PlannedEffect,
    TargetEffect,
    TargetSetup,
)
from compound.effect._effect import Effect, effect
from compound.effect._types import EffectResult, EffectStatus, NewEffect
from compound.language.marks import CALLER, RECIPIENT

if TYPE_CHECKING:
    from compound.effect._done import identity
    from compound.effect._outbox import Outbox, effect_key_of


def __getattr__(name: str) -> object:
    """Import the outbox on first use: it needs a database driver, declaring effects does not."""
    if name in {"Outbox", "effect_key_of"}:
        from compound.effect import _outbox

        return getattr(_outbox, name)
    if name == "identity":
        from compound.effect import _done

        return _done.identity
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "CALLER",
    "RECIPIENT",
    "DeliveryClass",
    "Effect",
    "EffectGroup",
    "EffectOutcome",
    "EffectResult",
    "EffectStatus",
    "EffectTarget",
    "LookupTarget",
    "NewEffect",
    "Outbox",
    "PlannedEffect",
    "TargetEffect",
    "TargetSetup",
    "effect",
    "effect_key_of",
    "identity",
]
