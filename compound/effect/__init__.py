"""Effects: what a decided run changes outside, written to an outbox first and performed once.

`@effect` declares one; the `Outbox` hands the effects of a decision to their target, which performs all of
them in one transaction of its own, or none. The target's class, A to D, says whether it may be asked again.
"""

from __future__ import annotations

from compound.connector.target import (
    DeliveryClass,
    EffectGroup,
    EffectOutcome,
    EffectTarget,
    LookupTarget,
    PlannedEffect,
)
from compound.effect._effect import Effect, effect
from compound.effect._outbox import Outbox, effect_key_of
from compound.effect._types import EffectResult, EffectStatus, NewEffect
from compound.spec.marks import CALLER, RECIPIENT

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
    "effect",
    "effect_key_of",
]
