"""Rehearses a decision before it is stored: its changes, the nodes that run again, and its effects.

A field that a person changes replaces a part of some step's value: the right side of `$review.text ?? $draft.text`.
That value is replaced, values made from it are recomputed, including checks, and the effects are evaluated on the
result. Nobody decides about unseen content: if the change also changes something else, that is shown first.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from compound.connector.target import EffectCall
from compound.errors import DataError, NodeError
from compound.graph.engine.last_round import LastRound
from compound.graph.node.effect import in_run
from compound.graph.node.policy import DecidedBy
from compound.graph.node.review import placed
from compound.graph.planning.steps import RepeatPlan
from compound.graph.run.attempts import execute
from compound.graph.run.outcome import Outcome
from compound.graph.wiring.references import uses
from compound.language.references import ABSENT, EvaluationError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.node.consequences import Consequences, Source
    from compound.graph.node.review import ReviewStep
    from compound.graph.planning.planning import Plan
    from compound.graph.planning.steps import Step
    from compound.graph.port.services import ReviewRequest
    from compound.graph.run.active import ActiveRun

    Path = tuple[str | int, ...]

_WORDS: Final = 3
"""A text of at least this number of words is prose: it may describe the effects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A decision to rehearse.

    Attributes:
        action: The action of the decision.
        fields: All of its fields.
        given: The fields that the decider provided.
        actor: Who would decide.
        amends: Values of the review's draft that replace those of its steps.
        edited: Fields that a person changed in the review's draft before.
        may_type: Fields of the action that are text; the decider can be asked for one of these.
    """

    action: str
    fields: Mapping[str, JsonValue]
    given: frozenset[str]
    actor: str
    amends: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    edited: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    may_type: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The result of a rehearsal.

    Attributes:
        effects: All effects of the decision, in order.
        fields: Present values of the fields, with the changes.
        amends: Step to its value with the changes.
        changed: Fields that differ from the shown ones.
        before: Effects of the same action before the change.
        request: What a person would be shown with the changes.
        is_unseen: Whether the change also changes something that the decider has not seen.
    """

    effects: tuple[EffectCall, ...]
    fields: Mapping[str, JsonValue]
    amends: Mapping[str, JsonValue]
    changed: Mapping[str, JsonValue]
    before: tuple[EffectCall, ...]
    request: ReviewRequest
    is_unseen: bool


class Rehearser:
    """Rehearses decisions of one review of one run; uses up the run in memory.

    Args:
        plan: The run's graph.
        run: With the outcomes of its checkpoint.
        review: The waiting review.
    """

    def __init__(self, plan: Plan, run: ActiveRun, review: ReviewStep, behind: Consequences) -> None:
        self._plan = plan
        self._run = run
        self._review = review
        self._behind = behind
        self._verdicts: dict[str, JsonValue] = {}
        self._fresh: set[str] = set()

    async def rehearse(self, trial: Trial) -> Rehearsal:
        """Try it.

        Raises:
            DataError: ``review.edit``: a check or a step refuses it; ``review.text-needed``; ``policy.*``: the policy
                refuses it.
        """
        run, behind = self._run, self._behind
        for name, value in trial.amends.items():
            run.settle(name, Outcome("ok", value))
        shown = {**behind.present(run.scope), **trial.edited}
        changed = {
            name: trial.fields[name]
            for name in trial.given
            if name in behind.fields and trial.fields[name] != shown.get(name)
        }
        seen = self._effects(trial, trial.fields)
        before = self._effects(trial, {**trial.fields, **{name: shown.get(name) for name in changed}})
        amends = dict(trial.amends)
        for name in await self._change(changed):
            amends[name] = run.outcomes[name].value
        edited = {**trial.edited, **changed}
        fields = {**behind.present(run.scope), **edited}
        effects = self._effects(trial, {**trial.fields, **_kept(trial, fields)})
        kept = trial.fields.keys() & shown.keys() - changed.keys()
        is_unseen = effects != seen or any(fields.get(name) != shown[name] for name in kept)
        if not is_unseen:
            self._require_texts(trial, shown, changed, effects, before)
        await self._require_policy(trial, effects)
        return Rehearsal(
            effects=in_run(effects, run),
            fields=fields,
            amends=amends,
            changed=changed,
            before=in_run(before, run),
            request=placed(self._review.request(run, edited), run),
            is_unseen=is_unseen,
        )

    def _effects(self, trial: Trial, fields: Mapping[str, JsonValue]) -> tuple[EffectCall, ...]:
        try:
            return tuple(self._behind.of(self._run, trial.action, fields, self._run.scope, decided_by=trial.actor))
        except (EvaluationError, NodeError) as error:
            raise DataError("review.edit", f"{trial.action} cannot be performed: {error}") from error

    async def _change(self, changed: Mapping[str, JsonValue]) -> list[str]:
        """Make a change; returns the names of the steps whose value it changes.

        Raises:
            DataError: ``review.edit``: a step fails, or a check has a new problem with the change.
        """
        run, fresh = self._run, set(self._fresh)
        before = dict(run.scope), dict(run.outcomes)
        amended, problems, _ = await self._apply(changed)
        acts = {name: value for name, value in changed.items() if not _is_prose(value)}
        if problems and 0 < len(acts) < len(changed):
            # The person is the source of their changes; of a text that they edit, only their additions count.
            after, again = (dict(run.scope), dict(run.outcomes)), self._fresh
            (run.scope, run.outcomes), self._fresh = before, fresh
            _, _, shown = await self._apply(acts)
            (run.scope, run.outcomes), self._fresh = after, again
            problems = [problem for problem in problems if problem not in shown]
        if problems:
            what = f"the change is not allowed: {'; '.join(problems[:5])}"
            raise DataError("review.edit", what, fix="make another change, or reject the review")
        return amended

    async def _apply(self, changed: Mapping[str, JsonValue]) -> tuple[list[str], list[str], list[str]]:
        """Put changed fields into the values they come from, and recompute everything made from these.

        Returns:
            Names of the steps whose value changes; problems with the change; results of checks of a rewritten text,
            which are shown with it.
        """
        touched: list[tuple[str, Path]] = []
        fixed: dict[str, None] = {}
        before = {name: one.value for name, one in self._run.outcomes.items()}
        for name, value in changed.items():
            source = self._behind.source(name, self._run.scope)
            if source is not None:
                self._put(source, value)
                touched.append((source.step, source.path))
                fixed[source.step] = None
        against: list[str] = []
        aside: list[str] = []
        rewritten = set[str]()
        for step in self._plan.steps.values():
            if step.name in fixed and isinstance(step.block, RepeatPlan):
                found = aside if rewritten.intersection(step.deps) else against
                found += await self._recheck_round(step, before[step.name], touched)
            if step.name in fixed or not self._is_made_from(step, touched):
                continue
            old = self._run.outcomes[step.name]
            new = await execute(step, self._run, self._run.scope, self._run.outcomes, self._run.lead)
            self._run.settle(step.name, new)
            self._fresh.add(step.name)
            if new.error is not None:
                against.append(new.error.what)
            elif step.kind == "check":
                found = aside if rewritten.intersection(step.deps) else against
                found += _new_problems(step.name, old.value, new.value)
            if new.value != old.value:
                rewritten |= set() if step.kind == "check" else {step.name}
                touched.append((step.name, ()))
                fixed[step.name] = None
        return [name for name in fixed if name in self._plan.steps], against, aside

    async def _recheck_round(self, step: Step, before: JsonValue, touched: list[tuple[str, Path]]) -> list[str]:
        """Run the checks of a block again after a person changed a part of its value; returns their new problems."""
        around = [(name, path) for name, path in touched if name != step.name]
        changed = [path for name, path in touched if name == step.name]
        last, value = LastRound(step, self._run, around), self._run.outcomes[step.name].value
        made = await last.again(value, changed)
        problems, unknown = (
            list(made.against),
            [one for one in last.checks(made) if last.verdict(before, one) is ABSENT],
        )
        # Only the checks themselves know their problems with the original round.
        old = (await last.again(before, changed)).values if unknown else {}
        for name in last.checks(made):
            then = last.verdict(before, name)
            was = old.get(name) if then is ABSENT else cast("JsonValue", then)
            problems += _new_problems(f"{step.name}: {name}", was, made.values[name])
        whole, moved = last.put(value, made)
        self._run.settle(step.name, Outcome("ok", whole))
        touched += [(step.name, path) for path in moved]
        return problems

    def _put(self, source: Source, value: JsonValue) -> None:
        root = self._run.scope.get(source.step, ABSENT)
        if root is ABSENT:
            return
        whole = _replaced(copy.deepcopy(cast("JsonValue", root)), source.path, value)
        if source.step in self._plan.steps:
            self._run.settle(source.step, Outcome("ok", whole))
        else:
            self._run.scope[source.step] = whole

    def _is_made_from(self, step: Step, touched: Sequence[tuple[str, Path]]) -> bool:
        """Whether the step ran before any decision, with some of the changed values among its inputs."""
        outcome = self._run.outcomes.get(step.name)
        is_behind = self._review.step.name in self._plan.ancestors[step.name]
        if outcome is None or outcome.status != "ok" or is_behind or step.is_boundary:
            return False
        for use in uses(step.node, ()):
            root = step.prefix + use.ref.root
            for name, path in touched:
                length = min(len(path), len(use.ref.steps))
                if root == name and path[:length] == use.ref.steps[:length]:
                    return True
        return step.kind in {"graph", "map-join"} and any(name.startswith(step.prefix) for name, _ in touched)

    def _require_texts(
        self,
        trial: Trial,
        shown: Mapping[str, JsonValue],
        changed: Mapping[str, JsonValue],
        effects: Sequence[EffectCall],
        before: Sequence[EffectCall],
    ) -> None:
        """A text that was written for a value that now changed must not be sent unchanged."""
        if not changed:
            return
        gone = _scalars([shown.get(name) for name in changed]) - _scalars(list(changed.values()))
        gone |= _scalars([one.arguments for one in before]) - _scalars([one.arguments for one in effects])
        for name in sorted(trial.may_type & shown.keys() - changed.keys()):
            source = self._behind.source(name, self._run.scope)
            is_fresh = source is not None and source.step in self._fresh
            text = shown[name]
            if is_fresh or not isinstance(text, str):
                continue
            acts = _acts_beside(text, effects, before) or any(not isinstance(one, str) for one in changed.values())
            if (acts and _is_prose(text)) or _mentions(text, gone):
                what = f"{name} was written for the original draft, but {', '.join(sorted(changed))} changed"
                fix = f"pass {name} too, with a text that fits the change"
                raise DataError("review.text-needed", what, fix=fix)
        # What came in is not a draft: an edit cannot change what a customer wrote.
        own = _texts([*changed.values(), *(self._run.scope.get(name) for name in ("input", "context"))])
        for one in effects:
            for text in _texts([one.arguments]) - own:
                if _is_prose(text) and _mentions(text, gone):
                    what = f"{one.name} would still mention what {', '.join(sorted(changed))} removes: {text[:80]!r}"
                    fix = f"{trial.action} has no field for this text: reject the review"
                    raise DataError("review.text-needed", what, fix=fix)

    async def _require_policy(self, trial: Trial, effects: Sequence[EffectCall]) -> None:
        decided = DecidedBy(actor=trial.actor, queue=self._review.queue, is_automatic=False, is_trial=True)
        for name, effect in self._behind.effects.items():
            if not effect.decides_last(self._review.step.name, self._run):
                continue  # the policy requires certain people for the other review, and is checked at that decision
            calls = [one for one in effects if one.node == name]
            against = await effect.judged(calls, decided)
            if against is not None:
                what = f"the policy refuses {against.effect}: {against.why}"
                raise DataError(against.code, what, fix="let a permitted person decide, or change the decision")


def _acts_beside(text: str, effects: Sequence[EffectCall], before: Sequence[EffectCall]) -> bool:
    """Whether the change changes an effect other than the one that carries the text."""
    changed = [*(one for one in effects if one not in before), *(one for one in before if one not in effects)]
    return any(text not in _texts([one.arguments]) for one in changed)


def _kept(trial: Trial, fields: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Fields that the decider did not change, with the values that follow from the changes."""
    return {name: fields[name] for name in trial.fields if name in fields and trial.fields[name] is not None}


def _replaced(whole: JsonValue, path: Path, value: JsonValue) -> JsonValue:
    if not path:
        return _with_details(whole, value)
    step, *rest = path
    holder = cast("dict[str | int, JsonValue]", whole)
    holder[step] = _replaced(holder[step], tuple(rest), value)
    return whole


def _with_details(before: JsonValue, after: JsonValue) -> JsonValue:
    """Actions in a person's format, name and arguments, completed with the original's other fields."""
    if not isinstance(before, list) or not isinstance(after, list):
        return after
    left = [one for one in before if isinstance(one, dict) and {"name", "arguments"} <= one.keys()]
    filled: list[JsonValue] = []
    for one in after:
        if isinstance(one, dict):
            at = next((at for at, old in enumerate(left) if old["name"] == one.get("name")), None)
            if at is not None:
                one = {**left[at], **one}  # noqa: PLW2901
                left = left[at + 1 :]
        filled.append(one)
    return filled


def _new_problems(name: str, before: JsonValue, after: JsonValue) -> list[str]:
    """Problems of a check with the change that it did not have with the original."""
    if not isinstance(after, dict) or after.get("ok") is not False:
        return []
    old = before if isinstance(before, dict) else {}
    known = cast("list[JsonValue]", old.get("problems") or [])
    said = cast("list[JsonValue]", after.get("problems") or [])
    new = [f"{name}: {problem}" for problem in said if problem not in known]
    return new or ([] if old.get("ok") is False else [f"{name} does not hold"])


def _is_prose(value: JsonValue) -> bool:
    if not isinstance(value, str):
        return False
    return sum(any(letter.isalpha() for letter in word) for word in value.split()) >= _WORDS


def _mentions(text: str, values: Iterable[str]) -> bool:
    return any(value in text for value in values)


def _scalars(value: JsonValue | Sequence[object]) -> set[str]:
    """Every text and number in a value, as a message would spell it; short ones are ignored."""
    found: set[str] = set()
    for one in _leaves(value):
        spelt = f"{one:g}" if isinstance(one, int | float) and not isinstance(one, bool) else one
        if isinstance(spelt, str) and len(spelt.strip()) >= _WORDS:
            found.add(spelt.strip())
    return found


def _texts(value: Sequence[object]) -> set[str]:
    return {one for one in _leaves(value) if isinstance(one, str)}


def _leaves(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        for one in cast("Mapping[str, object]", value).values():
            yield from _leaves(one)
    elif isinstance(value, list | tuple):
        for one in cast("Sequence[object]", value):
            yield from _leaves(one)
    else:
        yield value
