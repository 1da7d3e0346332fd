"""Runs the last round of a `repeat` again after a person changed a value in it: its checks, and what they need."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from compound.graph.run.attempts import execute
from compound.graph.wiring.references import iter_bindings, uses
from compound.language.references import ABSENT, Ref, parts

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.planning.steps import RepeatPlan, Step
    from compound.graph.run.active import ActiveRun
    from compound.language.references import Maybe
    from compound.spec.nodes import RepeatBlock

    Path = tuple[str | int, ...]
    Touched = Sequence[tuple[str, Path]]


@dataclass(slots=True)
class Round:
    """The result.

    Attributes:
        values: Node to its present value.
        against: Failed checks, and checks that cannot be run.
    """

    values: dict[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    against: list[str] = field(default_factory=list[str])


class LastRound:
    """A round of a block, as far as the block's value contains it.

    Args:
        step: The block.
        run: The run; its scope has everything around the block.
        around: Names around the block that were changed, and where in their values.
    """

    def __init__(self, step: Step, run: ActiveRun, around: Touched) -> None:
        self._step = step
        self._run = run
        self._node = cast("RepeatBlock", step.node)
        self._around = [(name.removeprefix(step.prefix), path) for name, path in around]
        self._places = list(_places(self._node))

    async def again(self, value: JsonValue, changed: Sequence[Path]) -> Round:
        """Run again the nodes that depend on a changed part of the block's value, or of a value around it."""
        made = Round()
        inner: dict[str, Maybe] = {**self._step.view(self._run.scope), "previous": ABSENT, **self._known(value)}
        sources = [
            (ref.root, (*ref.steps, *one[len(place) :]))
            for ref, place in self._places
            for one in changed
            if _overlap(place, one)
        ]
        touched = [*self._around, *sources]
        given, stale = {name for name, _ in sources}, set[str]()
        for step in cast("RepeatPlan", self._step.block).program.steps:
            if step.name in given or not self._is_made_from(step, touched):
                continue
            lacks = self._lacks(step, made.values, stale)
            if lacks:
                stale.add(step.name)
                touched.append((step.name, ()))
                if step.kind == "check":
                    where = f"`out` of {self._step.name} does not contain ${lacks}"
                    made.against.append(f"{self._step.name}: {step.name} cannot check the change, because {where}")
                continue
            outcome = await execute(step, self._run, inner, {}, f"{self._run.lead}{self._step.name}[changed].")
            if outcome.error is not None:
                made.against.append(outcome.error.what)
            elif outcome.status == "ok":
                inner[step.name] = made.values[step.name] = outcome.value
                touched.append((step.name, ()))
        return made

    def verdict(self, value: JsonValue, name: str) -> Maybe:
        """The whole value of a node in the block's value; absent if it is not there."""
        place = next((place for ref, place in self._places if (ref.root, ref.steps) == (name, ())), None)
        return ABSENT if place is None else _at(value, place)

    def checks(self, made: Round) -> list[str]:
        """The checks that were run again."""
        steps = cast("RepeatPlan", self._step.block).program.steps
        return [step.name for step in steps if step.kind == "check" and step.name in made.values]

    def put(self, value: JsonValue, made: Round) -> tuple[JsonValue, list[Path]]:
        """The block's value with the recomputed parts, and where it changed."""
        whole = copy.deepcopy(value)
        moved: list[Path] = []
        for ref, place in self._places:
            new = _at(made.values.get(ref.root), ref.steps)
            if ref.root in made.values and place and new is not ABSENT and new != _at(whole, place):
                holder = _at(whole, place[:-1])
                cast("dict[str | int, JsonValue]", holder)[place[-1]] = cast("JsonValue", new)
                moved.append(place)
        return whole, moved

    def _known(self, value: JsonValue) -> dict[str, Maybe]:
        known: dict[str, Maybe] = {}
        for ref, place in self._places:
            found = _at(value, place)
            if found is ABSENT:
                continue
            if not ref.steps:
                known[ref.root] = found
                continue
            holder = cast("dict[str | int, JsonValue]", known.setdefault(ref.root, {}))
            for step in ref.steps[:-1]:
                holder = cast("dict[str | int, JsonValue]", holder.setdefault(step, {}))
            holder[ref.steps[-1]] = cast("JsonValue", found)
        return known

    def _lacks(self, step: Step, made: Mapping[str, JsonValue], stale: set[str]) -> str:
        """The first reference of a step to a node of the round with unknown value; empty if all are known."""
        for use in uses(step.node, ()):
            root, path = use.ref.root, use.ref.steps
            if root not in self._node.nodes or (root in made and root not in stale):
                continue
            is_known = any(ref.root == root and ref.steps == path[: len(ref.steps)] for ref, _ in self._places)
            if root in stale or not is_known:
                return ".".join(str(one) for one in (root, *path))
        return ""

    def _is_made_from(self, step: Step, touched: Touched) -> bool:
        return any(
            use.ref.root == name and _overlap(use.ref.steps, path)
            for use in uses(step.node, ())
            for name, path in touched
        )


def _places(node: RepeatBlock) -> Iterator[tuple[Ref, Path]]:
    """References to nodes of the round, and where the block's value has their values."""
    if node.out is None:
        yield from ((Ref(name, ()), (name,)) for name in node.nodes)
        return
    for expr, place in iter_bindings(cast("JsonValue", node.out), ()):
        yield from ((one, place) for one in parts(expr) if isinstance(one, Ref) and one.root in node.nodes)


def _overlap(one: Sequence[str | int], other: Sequence[str | int]) -> bool:
    length = min(len(one), len(other))
    return tuple(one[:length]) == tuple(other[:length])


def _at(value: Maybe, path: Sequence[str | int]) -> Maybe:
    for step in path:
        if not isinstance(value, dict | list):
            return ABSENT
        try:
            value = cast("Maybe", cast("Any", value)[step])
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return value
