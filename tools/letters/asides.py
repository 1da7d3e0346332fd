"""Remarks about things that must not be changed: "my other order is fine", "I love the lamp, by the way"."""

from __future__ import annotations

from ..lexicon.compiled import product_words
from ..lexicon.words import stem
from .script import Script

_POLITE = {"please", "pls", "plz", "bitte", "por", "favor"}
_MEANT = ("pay", "options", "address", "payment", "money")
_KNOWN = (
    "function",
    "filler",
    "common",
    "opener",
    "wish",
    "noun",
    "status",
    "target",
    "phrase",
    "stays",
    "spare",
    "soft",
    "neg",
    "you",
)


def find_asides(script: Script) -> set[int]:
    """Sentences that name orders or things, say that they are fine or stay, and ask for nothing.

    The caller must still check that no action touches what is named there.
    """
    spare = script.tagged("spare")
    acts = script.tagged("act", "hard", "pay") - spare
    hazards = script.tagged("hazard") - script.tagged("soft") - spare
    demands = script.tagged("demand") - spare
    negated = script.tagged("neg") - spare
    products = {
        at for at, word in enumerate(script.words) if word.raw[:1].isupper() and stem(word.text) in product_words()
    }
    known = script.tagged(*_KNOWN) | products
    named = {part for found in script.found for part in found.parts}
    held: dict[int, list[int]] = {}
    for at, number in enumerate(script.sentence):
        held.setdefault(number, []).append(at)
    asides: set[int] = set()
    for number, words in held.items():
        here = set(words)
        kinds = {entity.kind for at in words if (entity := script.entities.get(at))}
        if not here & spare or number in script.questions or number in script.heading or kinds & set(_MEANT):
            continue
        things = any(found.kind == "thing" and found.start in here for found in script.found)
        if not ("order" in kinds or things or here & products):
            continue
        # "I am not keeping it": a negation outside of such a phrase reverses it.
        if here & (acts | hazards | negated) or any(script.words[at].text not in _POLITE for at in here & demands):
            continue
        if all(at in known or at in named or at in script.entities or script.words[at].is_mark for at in words):
            asides.add(number)
    return asides
