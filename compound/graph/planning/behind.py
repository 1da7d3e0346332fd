"""The effects behind a review that perform its decision, and the nodes that must run before it to show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from compound.graph.planning.steps import SHARED
from compound.graph.wiring.order import topological
from compound.graph.wiring.references import uses

if TYPE_CHECKING:
    from compound.graph.planning.steps import Step
    from compound.graph.wiring.references import Role

    Steps = Mapping[str, Step]
    Ancestors = Mapping[str, frozenset[str]]


def ancestors_of(steps: Steps) -> dict[str, frozenset[str]]:
    """Step to everything that it waits for, also indirectly. The steps are in topological order."""
    found: dict[str, frozenset[str]] = {}
    for name, step in steps.items():
        found[name] = frozenset(step.deps).union(*(found[dep] for dep in step.deps))
    return found


def roots_of(step: Step, steps: Steps, *roles: Role) -> Iterator[str]:
    """Names of the steps that a step's references of these roles point to."""
    for use in uses(step.node, ()):
        name = step.prefix + use.ref.root
        if use.role in roles and use.ref.root not in SHARED and name in steps:
            yield name


def lacking(steps: Steps, ancestors: Ancestors, effect: str, review: str) -> str | None:
    """The first step that an effect's arguments need and that runs only after the review is shown; None: no step."""
    for name in _needed(steps, ancestors, effect, review):
        is_behind = review in ancestors[name]
        if name == review or (is_behind and steps[name].kind == "enter"):
            continue
        if is_behind or not _can_wait(steps, ancestors, name, review):
            return name
    return None


def is_made_by_a_map(steps: Steps, review: str) -> bool:
    """Whether the review asks about failed items of a map; it decides nothing behind the map."""
    owner, _, name = review.rpartition(".")
    return name == "review" and owner in steps and steps[owner].kind == "map-join"


def let_reviews_wait(steps: Steps) -> dict[str, Step]:
    """Steps whose reviews also wait for the inputs of the effects behind them, so that these can be shown."""
    ancestors = ancestors_of(steps)
    more: dict[str, list[str]] = {}
    for effect, step in steps.items():
        for review in ancestors[effect] if step.kind == "effect" else ():
            if steps[review].kind != "review" or lacking(steps, ancestors, effect, review) is not None:
                continue
            wanted = [*_needed(steps, ancestors, effect, review), *roots_of(step, steps, "when")]
            more.setdefault(review, []).extend(
                name
                for name in wanted
                if name != review and review not in ancestors[name] and _can_wait(steps, ancestors, name, review)
            )
    waiting = {
        name: step if name not in more else replace(step, deps=tuple(dict.fromkeys((*step.deps, *more[name]))))
        for name, step in steps.items()
    }
    order, _ = topological({name: step.deps for name, step in waiting.items()})
    return {name: waiting[name] for name in order}


def _needed(steps: Steps, ancestors: Ancestors, effect: str, review: str) -> Iterator[str]:
    """Steps in the arguments of an effect, also through the entries of subgraphs behind the review."""
    step, seen = steps[effect], set[str]()
    waiting = [*roots_of(step, steps, "in"), *_gate(step)]
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        yield name
        if steps[name].kind == "enter" and review in ancestors[name]:
            waiting += [*roots_of(steps[name], steps, "in", "when"), *_gate(steps[name])]


def _gate(step: Step) -> tuple[str, ...]:
    return () if step.gate is None else (step.gate,)


def _can_wait(steps: Steps, ancestors: Ancestors, name: str, review: str) -> bool:
    """Whether the review may wait for a step: no other decision or effect would be in between."""
    around = ancestors[name] | {name}
    return all(not steps[one].is_boundary or one in ancestors[review] for one in around)
