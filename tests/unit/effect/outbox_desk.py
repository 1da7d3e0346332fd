"""An outbox with targets that answer as a test says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import anyio
import anyio.lowlevel

from compound.connector.state import StateStore
from compound.effect import DeliveryClass, EffectCall, EffectGroup, EffectOutcome, EffectTarget
from compound.effect.done import Canonical, plain
from compound.effect.outbox import Outbox
from compound.effect.types import EffectResult, EffectStatus

CANCEL = EffectCall(name="cancel", target="shop", arguments={"order_id": "#W1"})
MOVE = EffectCall(name="move", target="shop", arguments={"order_id": "#W1", "zip": "1"})
SEND = EffectCall(name="send", target="desk", arguments={"text": "Done."})


@dataclass
class Fake:
    """A target that counts; `answers` says how each call ends, the last one for ever."""

    delivery_class: DeliveryClass = "A"
    answers: list[str | BaseException] = field(default_factory=lambda: ["sent"])
    found: str | Exception | None = None
    groups: list[EffectGroup] = field(default_factory=list[EffectGroup])

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        self.groups.append(group)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        if answer == "hang":
            await anyio.sleep_forever()
        return self._outcomes(group, answer)

    async def find(self, group: EffectGroup) -> Sequence[EffectOutcome] | None:
        await anyio.lowlevel.checkpoint()
        if isinstance(self.found, Exception):
            raise self.found
        return self._outcomes(group, self.found) if self.found else None

    def _outcomes(self, group: EffectGroup, answer: str) -> Sequence[EffectOutcome]:
        ends = ["sent", "refused"] if answer == "mixed" else [answer] * len(group.effects)
        return [
            EffectOutcome(key=effect.key, status=cast("Any", end), result={"did": effect.name})
            for effect, end in zip(group.effects, ends, strict=True)
        ]


@dataclass
class Desk:
    outbox: Outbox
    store: StateStore
    clock: list[float]

    def enqueue(
        self,
        decision_id: str,
        effects: Sequence[EffectCall],
        *,
        run_id: str = "",
        node: str = "",
        versions: Mapping[str, int] | None = None,
        canonical: Canonical = plain,
    ) -> list[str]:
        group = EffectGroup(
            decision_id=decision_id, effects=effects, run_id=run_id, node=node, expected_versions=versions or {}
        )
        return self.outbox.enqueue(group, canonical=canonical)

    def deliver(self, keys: Sequence[str], **targets: EffectTarget) -> list[EffectStatus]:
        return [result.status for result in self.results(keys, targets)]

    def results(self, keys: Sequence[str], targets: Mapping[str, EffectTarget]) -> list[EffectResult]:
        return anyio.run(self.outbox.deliver, keys, targets)
