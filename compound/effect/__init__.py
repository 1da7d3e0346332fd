"""Effects: what a decided run changes outside, written to an outbox first and performed once.

`@effect` declares one; the `Outbox` hands the effects of a decision to their target, which performs all of
them in one transaction of its own, or none. The target's class, A to D, says whether it may be asked again.
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
    """The outbox needs a database's driver; who only declares effects does not."""
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
