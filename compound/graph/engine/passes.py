"""The result of one pass through a map with reviews or effects, and the names of its elements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from compound.language.sha import sha

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.engine.rehearsing import Rehearsal, Trial
    from compound.graph.run.active import ActiveRun
    from compound.graph.run.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a pass changed.

    Attributes:
        outcome: How the map ended; None while an element waits.
        waits: Review in an element -> its item that waits; None for one that no longer waits.
        elements: Element -> how it ended, or that it waits: see `ended_of` and `waiting_of`.
    """

    outcome: Outcome | None = None
    waits: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    elements: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict[str, "Mapping[str, JsonValue]"])


class MapRunner(Protocol):
    """A map with reviews or effects, ready to run."""

    async def run(self, run: ActiveRun) -> Pass:
        """Start or continue its elements, as far as they get without a person."""
        ...

    async def rehearse(self, run: ActiveRun, element: str, node: str, trial: Trial) -> Rehearsal:
        """Rehearse a decision of a review in an element."""
        ...

    def open(self, saver: Any) -> None:  # noqa: ANN401 - langgraph's, which is imported late
        """Keep the elements' checkpoints in the store of the run's."""
        ...


def ended_of(element: ActiveRun, outcome: Outcome, *, is_final: bool) -> dict[str, JsonValue]:
    """How an element ended, for the checkpoint of its run; one that is not final is tried again in every pass."""
    return {**outcome.to_json(), "is_final": is_final, "stands_on": digest_of_element(element)}


def digest_of_element(element: ActiveRun) -> str:
    """Digest of an element's item, and of the items around it."""
    return sha(orjson.dumps(dict(element.each), option=orjson.OPT_SORT_KEYS))


def is_outdated(element: ActiveRun, known: Mapping[str, JsonValue]) -> bool:
    """Whether the item of an element changed or, while it waits, a value that it reads around the map."""
    return known["stands_on"] != (element.stands_on if known["status"] == "waits" else digest_of_element(element))


def waiting_of(element: ActiveRun, *, has_failed: bool) -> dict[str, JsonValue]:
    """That an element waits for people; one with a failure beside that is tried again in every pass."""
    return {"status": "waits", "is_final": not has_failed, "stands_on": element.stands_on}


def owner_of(name: str) -> str:
    """The step of a run that has an outcome: `letters` of `letters[3].review`, other names as they are."""
    return name.partition("[")[0]


def split_element(name: str) -> tuple[str, str]:
    """`letters[3].review` as the element `letters[3]` and the node in it."""
    element, _, node = name.partition("].")
    return f"{element}]", node


def index_of(element: str) -> int:
    """Index of an element in its list: 3 of `letters[3]`."""
    return int(element[element.rindex("[") + 1 : -1])
