"""What of a ticket is explained: every word belongs to a wish, to a courtesy, or it is shown to a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from .facts import Facts
from .framing import BRANDS
from .learning import everyday, sharp_triples, sharp_words
from .script import Script
from .wishes import Frame
from .words import fold, split_words

_PLAIN = ("function", "filler", "wish", "noun", "status", "pay", "target", "phrase", "reason", "act", "stays")
_USED = {"order", "options", "address", "payment", "item"}


def find_unexplained(
    script: Script,
    frames: Sequence[Frame],
    left: Sequence[Frame],
    facts: Facts,
    *,
    unaccounted: Iterable[int],
    intents: Collection[str],
) -> list[str]:
    """The sentences that hold something no wish and no courtesy accounts for; empty when all is understood.

    Args:
        script: The annotated text.
        frames: The wishes.
        left: Segments that belong to none.
        facts: The customer's documents: their own name and address need no explanation.
        unaccounted: Words that name something no action uses.
        intents: What the plan comes to, for the words that past letters of the same intents used.
    """
    used = {part for frame in frames for part in frame.parts}
    known = script.tagged(*_PLAIN)
    learned = everyday(script.language.language)
    excused = script.tagged("phrase", "reason") | {
        at for at, key in sharp_triples(script.words, sharp_words(script.language.language)) if key in learned.triples
    }
    sharp = script.tagged("hazard", "neg") - excused
    found = {part: hit for hit in script.found for part in hit.parts}
    values = {part for hit in script.found if hit.kind == "value" for part in hit.parts}
    names = _names(facts) | set(BRANDS)
    loose: list[int] = list(unaccounted)
    for at, word in enumerate(script.words):
        entity = script.entities.get(at)
        if entity is not None:
            if entity.kind == "money" or (entity.kind in _USED and at not in used):
                loose.append(at)
        elif word.is_mark:
            continue
        elif at in found:
            if at not in used:
                loose.append(at)
        elif (at in sharp and at not in values) or not (
            at in known or at in excused or names & {word.text, fold(word.raw)} or learned.explains(word.text, intents)
        ):
            loose.append(at)
    bad = {script.sentence[at] for at in loose}
    bad |= {number for frame in left for number in frame.sentences if frame.has_object or frame.acts or frame.asked}
    return [_sentence(script, number) for number in sorted(bad)]


def _names(facts: Facts) -> set[str]:
    customer = facts.customer
    said = [*customer["name"].values(), *customer["address"].values(), customer["user_id"], customer["email"]]
    said += [str(method.get("last_four", "")) for method in customer["payment_methods"].values()]
    return {fold(word.raw) for text in said for word in split_words(str(text)) if not word.is_mark} | {
        word.text for text in said for word in split_words(str(text))
    }


def _sentence(script: Script, number: int) -> str:
    inside = [word for word, which in zip(script.words, script.sentence, strict=True) if which == number]
    return script.text[inside[0].start : inside[-1].end][:300]
