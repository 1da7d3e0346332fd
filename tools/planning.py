"""The desk's own planner: from a ticket and the facts to proposed actions, without a language model.

Everything that it does not understand is reported (`unexplained`, `questions`), and such a ticket goes to a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from compound.model import solver

from .letters.matching import build_glossary
from .letters.script import annotate
from .letters.wishes import Frame
from .planner.accounting import find_unaccounted
from .planner.clauses import EARLIER, find_held
from .planner.coverage import find_unexplained
from .planner.drafting import RESOLVE, Draft
from .planner.intents import heard
from .planner.requests import find_frames
from .planner.resolution import Unclear
from .planner.sparing import Spared
from .shop.documents import Json
from .shop.facts import read_facts
from .shop.proposals import Plan, Proposal, dry_run, merge

GUESSED, AGREED = 0.8, 0.95
"""Confidence in a wish without a word of action; the second if the specialist predicts it too."""
MOST_WORDS, LONGEST_SENTENCE = 800, 250
"""Maximum number of words and marks of a letter and of a sentence; a person reads longer ones."""


@solver("retail_plan")
def plan(inputs: Mapping[str, Json]) -> Json:
    """Propose actions from the inputs of the graph's `plan` node; returns a `Plan`."""
    return cast("Json", make_plan(inputs))


def make_plan(inputs: Mapping[str, Json]) -> Plan:
    """The typed form of `plan`."""
    intake, who = _mapping(inputs, "intake"), _mapping(inputs, "who")
    customer_id, text = who.get("customer_id"), str(intake.get("text") or "")
    if not isinstance(customer_id, str) or not customer_id:
        return _nothing(str(who.get("reason") or "the customer is not identified"), _ASK_IDENTITY)
    facts = read_facts(customer_id, inputs)
    if facts is None:
        return _nothing("the facts do not hold the customer", _ASK_IDENTITY)
    subject = len(str(intake.get("subject") or ""))
    script = annotate(text, str(intake.get("language") or "en"), build_glossary(facts), subject=subject)
    if len(script.words) > MOST_WORDS or script.longest > LONGEST_SENTENCE:
        return _nothing(f"the letter is longer than {MOST_WORDS:,} words, or a sentence than {LONGEST_SENTENCE}")
    held = find_held(script, facts.baskets)
    frames, left = find_frames(script, heard(inputs.get("intent")), held)
    draft = Draft(facts, script)
    missed, stopped = _resolve(draft, frames, Spared(script, held, facts, frames))
    actions = dry_run(facts, merge(draft.actions), draft.refusals)
    frames = [frame for frame in frames if frame not in missed]
    unexplained = find_unexplained(
        script,
        frames,
        [*left, *missed],
        facts,
        unaccounted=find_unaccounted(script, frames, [(a["name"], a["arguments"]) for a in actions], facts),
        held=stopped | {number for number, why in held.why.items() if why != EARLIER},
        why=held.why,
    )
    return {
        "actions": actions,
        "questions": draft.questions,
        "refusals": draft.refusals,
        "unexplained": unexplained,
        "confidence": _confidence(actions, draft, unexplained),
        "abstain": None if actions else _why_nothing(draft, frames),
    }


def _resolve(draft: Draft, frames: Sequence[Frame], spared: Spared) -> tuple[list[Frame], set[int]]:
    """Draft the actions of every wish.

    Returns:
        Guessed wishes that are not clear, and the sentences whose actions touch what the customer keeps.
    """
    missed: list[Frame] = []
    stopped: set[int] = set()
    for frame in frames:
        done = len(draft.actions)
        try:
            RESOLVE[frame.family or ""](draft, frame, frames)
        except Unclear as unclear:
            if frame.inferred:
                missed.append(frame)
            elif unclear.rule:
                draft.refusals.append({"request": unclear.question, "rule": unclear.rule})
            else:
                draft.questions.append(unclear.question)
            continue
        if any(spared.keeps_off(action, frame) for action in draft.actions[done:]):
            del draft.actions[done:]
            stopped |= frame.sentences
        for action in draft.actions[done:]:
            action["confidence"] *= (AGREED if frame.agreed else GUESSED) if frame.inferred else 1.0
    return missed, stopped


_ASK_IDENTITY = "Please tell us the e-mail address of your account, or your full name and zip code."


def _nothing(reason: str, *questions: str) -> Plan:
    return {
        "actions": [],
        "questions": list(questions),
        "refusals": [],
        "unexplained": [],
        "confidence": 0.0,
        "abstain": reason,
    }


def _mapping(inputs: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = inputs.get(name)
    return value if isinstance(value, Mapping) else {}


def _why_nothing(draft: Draft, frames: Sequence[Frame]) -> str:
    if draft.refusals:
        return "the rules forbid what is asked"
    if draft.questions:
        return "something must be asked first"
    return "no request was understood" if not frames else "nothing is left to do"


def _confidence(actions: Sequence[Proposal], draft: Draft, unexplained: Sequence[str]) -> float:
    value = min((action["confidence"] for action in actions), default=0.0)
    value *= 0.5 if draft.questions or draft.refusals else 1.0
    return round(value * 0.8 ** min(len(unexplained), 5), 3)
