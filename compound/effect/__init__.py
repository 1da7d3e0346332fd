"""Effects: external changes of a decided run, written to an outbox first and performed once.

`@effect` declares one. A target performs all effects of a decision in one transaction of its own, or none. The
target's class, A to D, says whether it may be asked again. The room can be called: it is `@effect`.
"""

from __future__ import annotations

from compound.connector.target import (
    DeliveryClass,
    EffectCall,
    EffectGroup,
    EffectOutcome,
    EffectTarget,
    LookupTarget,
    TargetEffect,
    TargetSetup,
)
from compound.effect._effect import Effect, effect
from compound.language.marks import RECIPIENT
from compound.rooms import make_callable

__all__ = [
    "RECIPIENT",
    "DeliveryClass",
    "Effect",
    "EffectCall",
    "EffectGroup",
    "EffectOutcome",
    "EffectTarget",
    "LookupTarget",
    "TargetEffect",
    "TargetSetup",
    "effect",
]

make_callable(__name__)
