"""Try a decision out before it is stored: what it changes, what is run again for it, what it would then do.

A field that a person changes stands for a part of some step's value: the right side of `$review.text ?? $draft.text`.
That value is replaced, what was made from it is made again, checks included, and the effects are evaluated on the
result. What nobody has seen is never decided: where the change also changes something else, that is shown first.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from compound.errors import DataError, NodeError
from compound.graph.engine.last_round import LastRound
from compound.graph.node.policy import Decided
from compound.graph.planning.steps import RepeatPlan
from compound.graph.port.services import EffectCall
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
"""A text of at least this many words is prose: it may speak of what is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A decision to try.

    Attributes:
        action: What would be decided.
        fields: Every field that it would carry.
        given: Those of them that the decider gave.
        actor: Who would decide.
        amends: Values that the item's draft already has in place of those of its steps.
        edited: Fields that a person changed in the item's draft before.
        may_type: Fields of the action that are text; one of these can be asked for.
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
    """What came of it.

    Attributes:
        effects: Everything that the decision does, in order.
        fields: Present values of the fields, with the changes.
        amends: Step to the value that it has with the changes.
        changed: Fields that differ from what was shown.
        before: What the same action did before the change.
        request: What a person would be shown with the changes.
        is_unseen: The change also changes what the decider has not seen.
    """

    effects: tuple[EffectCall, ...]
    fields: Mapping[str, JsonValue]
    amends: Mapping[str, JsonValue]
    changed: Mapping[str, JsonValue]
    before: tuple[EffectCall, ...]
    request: ReviewRequest
    is_unseen: bool


class Rehearser:
    """Tries decisions of one review of one run; the run in memory is used up by it.

    Args:
        plan: The run's graph.
        run: With the outcomes of its checkpoint.
        review: The review that waits.
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
            DataError: ``review.edit``: a check or a step speaks against it; ``review.text-needed``;
                ``policy.*``: the policy does.
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
            effects=effects,
            fields=fields,
            amends=amends,
            changed=changed,
            before=before,
            request=self._review.request(run, edited),
            is_unseen=is_unseen,
        )

    def _effects(self, trial: Trial, fields: Mapping[str, JsonValue]) -> tuple[EffectCall, ...]:
        try:
            return tuple(self._behind.of(self._run, trial.action, fields, self._run.scope, decided_by=trial.actor))
        except (EvaluationError, NodeError) as error:
            raise DataError("review.edit", f"{trial.action} cannot be carried out: {error}") from error

    async def _change(self, changed: Mapping[str, JsonValue]) -> list[str]:
        """Make a change; names of the steps whose value it changes.

        Raises:
            DataError: ``review.edit``: a step fails, or a check has something new against the change.
        """
        run, fresh = self._run, set(self._fresh)
        before = dict(run.scope), dict(run.outcomes)
        amended, problems, _ = await self._apply(changed)
        acts = {name: value for name, value in changed.items() if not _is_prose(value)}
        if problems and 0 < len(acts) < len(changed):
            # The person is the source of what they change; of a text that they write with it only what it adds counts.
            after, again = (dict(run.scope), dict(run.outcomes)), self._fresh
            (run.scope, run.outcomes), self._fresh = before, fresh
            _, _, shown = await self._apply(acts)
            (run.scope, run.outcomes), self._fresh = after, again
            problems = [problem for problem in problems if problem not in shown]
        if problems:
            what = f"the change may not be made: {'; '.join(problems[:5])}"
            raise DataError("review.edit", what, fix="make another change, or reject the item")
        return amended

    async def _apply(self, changed: Mapping[str, JsonValue]) -> tuple[list[str], list[str], list[str]]:
        """Put changed fields into the values they come from, and run again what was made from these.

        Returns:
            Names of the steps whose value changes; what speaks against that; what checks of a text that was written
            again say, which is shown with it.
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
            new = await execute(step, self._run, self._run.scope, self._run.outcomes, "")
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
        """Run the checks of a block again, of whose value a person changed a part; what they have newly against it."""
        around = [(name, path) for name, path in touched if name != step.name]
        changed = [path for name, path in touched if name == step.name]
        last, value = LastRound(step, self._run, around), self._run.outcomes[step.name].value
        made = await last.again(value, changed)
        problems, unknown = (
            list(made.against),
            [one for one in last.checks(made) if last.verdict(before, one) is ABSENT],
        )
        # Only the checks themselves know what they had against the round as it was.
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
        """The step ran, before any decision, and some of its inputs are among what was changed."""
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
        """A text that was written for what is changed now must not go out as it was."""
        if not changed:
            return
        gone = _scalars([shown.get(name) for name in changed]) - _scalars(list(changed.values()))
        gone |= _scalars([one.args for one in before]) - _scalars([one.args for one in effects])
        for name in sorted(trial.may_type & shown.keys() - changed.keys()):
            source = self._behind.source(name, self._run.scope)
            is_fresh = source is not None and source.step in self._fresh
            text = shown[name]
            if is_fresh or not isinstance(text, str):
                continue
            acts = _acts_beside(text, effects, before) or any(not isinstance(one, str) for one in changed.values())
            if (acts and _is_prose(text)) or _mentions(text, gone):
                what = f"{name} was written for what was shown, and {', '.join(sorted(changed))} is changed"
                fix = f"give {name} as well, in words that fit the change"
                raise DataError("review.text-needed", what, fix=fix)
        own = _texts(list(changed.values()))
        for one in effects:
            for text in _texts([one.args]) - own:
                if _is_prose(text) and _mentions(text, gone):
                    what = f"{one.name} would still say what {', '.join(sorted(changed))} takes out: {text[:80]!r}"
                    fix = f"{trial.action} takes no field for this text: reject the item"
                    raise DataError("review.text-needed", what, fix=fix)

    async def _require_policy(self, trial: Trial, effects: Sequence[EffectCall]) -> None:
        decided = Decided(actor=trial.actor, queue=self._review.queue, is_automatic=False, is_trial=True)
        for name, effect in self._behind.effects.items():
            if not effect.decides_last(self._review.step.name, self._run):
                continue  # the policy asks who decides the other review, and is held against that decision
            calls = [one for one in effects if one.node == name]
            against = await effect.judged(calls, decided)
            if against is not None:
                what = f"the policy refuses {against.effect}: {against.why}"
                raise DataError(against.code, what, fix="let the right person decide, or change what is decided")


def _acts_beside(text: str, effects: Sequence[EffectCall], before: Sequence[EffectCall]) -> bool:
    """The change changes an effect that does not carry the text itself."""
    changed = [*(one for one in effects if one not in before), *(one for one in before if one not in effects)]
    return any(text not in _texts([one.args]) for one in changed)


def _kept(trial: Trial, fields: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Fields that the decider left as they were shown: as they are with the changes."""
    return {name: fields[name] for name in trial.fields if name in fields and trial.fields[name] is not None}


def _replaced(whole: JsonValue, path: Path, value: JsonValue) -> JsonValue:
    if not path:
        return _with_details(whole, value)
    step, *rest = path
    holder = cast("dict[str | int, JsonValue]", whole)
    holder[step] = _replaced(holder[step], tuple(rest), value)
    return whole


def _with_details(before: JsonValue, after: JsonValue) -> JsonValue:
    """Actions as a person writes them, with what else was said of each: a person writes its name and arguments."""
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
    """What a check has against a change that it had not against what was shown."""
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
    """Every text and number in a value, as a letter would spell it; short ones say nothing."""
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
