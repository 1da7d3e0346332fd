"""What a decision would do now: the rows as they are and as they would be, messages, amounts, and what refuses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Final

from compound.connector.target import ForeseeingTarget, Foreseen
from compound.errors import CompoundError
from compound.project.open.letters import letter_of, recipients_of

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.target import EffectCall, ForeseenMessage, RowChange
    from compound.graph.node.policy import Judgement
    from compound.project.running.opened import OpenedProject


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenEffect:
    """What one effect of a decision would do now.

    Attributes:
        when: A condition that is known only after the decision; empty if it surely follows.
        done_before: Whether the same effect was done for this review with other arguments.
        rows: The rows that it changes: what they say now and afterwards.
        messages: The messages that it sends.
        recipients: Values of the arguments that the effect declares as its recipient.
        amount: The amount that the policy reads from it; None if the policy limits none.
        is_known: Whether its target can say what it would do.
        problem: Why it would be refused; empty if it would happen.
    """

    name: str
    target: str
    description: str
    arguments: Mapping[str, JsonValue]
    node: str = ""
    when: str = ""
    done_before: bool = False
    rows: tuple[RowChange, ...] = ()
    messages: tuple[ForeseenMessage, ...] = ()
    recipients: tuple[str, ...] = ()
    amount: float | None = None
    is_known: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenDecision:
    """What a decision would do now.

    Attributes:
        effects: Its effects, in order, without those that were done before.
        text: The text that it sends; empty if it sends none.
        redrafted: The text that the graph drafts for the change, which a person must read first; None if it keeps the
            text.
        problem: Why the decision is not possible; empty if it is.
        undo_s: How long it can be undone, in seconds.
    """

    action: str
    effects: tuple[ForeseenEffect, ...] = ()
    text: str = ""
    redrafted: str | None = None
    problem: str = ""
    undo_s: float = 0.0
    fields: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])


def foreseen_effects(
    project: OpenedProject, calls: Sequence[EffectCall], *, graph_hash: str, queue: str, user: str
) -> tuple[ForeseenEffect, ...]:
    """What effects would do now, in order. Targets that cannot say it leave rows and messages empty."""
    found = _by_target(project, calls)
    judged = _judged(project, calls, graph_hash, queue, user)
    effects = project.resources.parts.effects
    made: list[ForeseenEffect] = []
    for index, call in enumerate(calls):
        declared = effects.get(call.name)
        seen, judgement = found[index], judged.get(index)
        refused = f"the policy refuses it: {judgement.why}" if judgement is not None and judgement.code else ""
        made.append(
            ForeseenEffect(
                name=call.name,
                target=call.target or (declared.target if declared else ""),
                description=(declared.description if declared else "").strip().split("\n")[0],
                arguments=call.arguments,
                node=call.node,
                when=call.when,
                done_before=bool(call.details.get("done_before")),
                rows=() if seen is None else seen.rows,
                messages=() if seen is None else seen.messages,
                recipients=tuple(
                    str(call.arguments[name]) for name in sorted(recipients_of(declared)) if call.arguments.get(name)
                ),
                amount=None if judgement is None else judgement.amount,
                is_known=seen is not None,
                problem=refused or ("" if seen is None else seen.problem),
            )
        )
    return tuple(made)


def before_it_was_done(effect: ForeseenEffect) -> ForeseenEffect:
    """An effect of a canary, whose like was done for the review that it copies: present rows would tell so."""
    if not effect.rows and not effect.problem:
        return effect
    return replace(effect, rows=(), problem="", is_known=bool(effect.messages))


def letter_in(project: OpenedProject, calls: Sequence[EffectCall]) -> str:
    """The text that effects send."""
    effects = project.resources.parts.effects
    return "\n\n".join(text for one in calls if (text := letter_of(effects.get(one.name), one.arguments)))


def is_complete(call: EffectCall) -> bool:
    """Whether every argument is known; before a decision `<name>` stands for a field that the decider must give."""
    return not any(
        isinstance(one, str) and one.startswith("<") and one.endswith(">") for one in call.arguments.values()
    )


def _by_target(project: OpenedProject, calls: Sequence[EffectCall]) -> list[Foreseen | None]:
    found: list[Foreseen | None] = [None] * len(calls)
    effects = project.resources.parts.effects
    groups: dict[str, list[int]] = {}
    for index, call in enumerate(calls):
        if call.name in effects and is_complete(call):
            groups.setdefault(effects[call.name].target, []).append(index)
    for name, indexes in groups.items():
        target = project.resources.targets.get(name)
        if not isinstance(target, ForeseeingTarget):
            continue
        told = _in_time(target, [calls[index] for index in indexes])
        for index, one in zip(indexes, told, strict=True):
            found[index] = one
    return found


PATIENCE_S: Final = 2.0
"""Seconds that effects may take to be foreseen: they are the project's own code, and a person waits for the page."""


def _in_time(target: ForeseeingTarget, calls: Sequence[EffectCall]) -> Sequence[Foreseen | None]:
    """What a target says, or nothing if it takes too long; an error is what each effect is told to fail with."""
    said: SimpleQueue[Sequence[Foreseen | None]] = SimpleQueue()

    def ask() -> None:
        try:
            said.put(target.foresee(calls))
        except CompoundError as error:
            said.put([Foreseen(problem=error.what)] * len(calls))
        except Exception as error:  # noqa: BLE001 - the project's own code must not hide the review
            said.put([Foreseen(problem=f"{type(error).__name__}: {error}")] * len(calls))

    Thread(target=ask, daemon=True, name="foresee").start()
    try:
        return said.get(timeout=PATIENCE_S)
    except Empty:
        return [None] * len(calls)


def _judged(
    project: OpenedProject, calls: Sequence[EffectCall], graph_hash: str, queue: str, user: str
) -> Mapping[int, Judgement]:
    """What the policy of the graph says about each effect; empty without a policy."""
    import anyio

    from compound.graph.node.policy import DecidedBy, PolicyGate
    from compound.graph.store.kept_graphs import kept_policy

    name = kept_policy(project.resources.state, graph_hash) if graph_hash and calls else None
    if name is None:
        return {}
    try:
        policy = project.resources.parts.policy(name)
        rules = policy.effects
        mine = [index for index, call in enumerate(calls) if is_complete(call)]
        if not any(calls[index].name in rules and rules[calls[index].name].money is not None for index in mine):
            return {}
        decided = DecidedBy(actor=user, queue=queue, is_automatic=False, is_trial=True)
        gate = PolicyGate(policy, project.services)
        told = anyio.run(gate.judge, [calls[index] for index in mine], decided)
    except CompoundError:
        return {}  # the decision itself is judged again, and says it
    # Queue and reviewers are checked when the decision is made: here only the amount matters.
    only = {"policy.too-much", "policy.no-amount", ""}
    return {
        index: one if one.code in only else replace(one, code="", why="") for index, one in zip(mine, told, strict=True)
    }
