"""What only looks like a restriction of a wish: it stands in a clause of its own and touches nothing that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from .grammar import Phrase, find_phrases
from .lexicon import Hit
from .wishes import WEAK

if TYPE_CHECKING:
    from .asking import Asking

_STOPS = frozenset(
    {",", ";", ":", "(", ")", ".", "!", "?", "-", "–", "—", "and", "but", "und", "aber", "y", "e", "pero"}
)
_REACH = 3
_SHORTEST = 3
"""Words that the main clause of a condition has at least; what is shorter may be said of the wish."""


def denied_reasons(sentence: Asking) -> set[int]:
    """Words of clauses that say why: "because it doesn't fit" denies the fit, not the wish.

    A clause that names an order or a thing, or holds a word of action, may deny a wish and does not count.
    """
    return {
        at
        for clause in _clauses_behind(sentence, sentence.letter.grammar.because)
        if not set(clause) & (set(sentence.mentions) | sentence.letter.acts)
        for at in clause
    }


def denied_keeping(sentence: Asking) -> set[int]:
    """Negations of a word of keeping, "I don't want to keep it", where nothing else in the sentence stays."""
    words, said = sentence.letter.grammar, _said(sentence)
    kept = [said[start] for start, _ in find_phrases(sentence.text, said, words.keeps)]
    held = {said[start] for start, _ in find_phrases(sentence.text, said, words.holds)}
    denials = [{no for no in sentence.letter.negated if 0 < at - no <= _REACH} for at in kept]
    if not kept or not all(denials) or not set(kept) <= held:
        return set()
    return {no for found in denials for no in found}


def deadlines(sentence: Asking) -> set[int]:
    """Words that name the moment by which a wish shall be done: "before it ships", not "before I call you"."""
    words, said = sentence.letter.grammar, _said(sentence)
    found: set[int] = set()
    for start, end in find_phrases(sentence.text, said, words.deadline):
        clause = list(_clause(sentence, said[start:], end - start))
        if not clause:
            continue
        first = sentence.text[clause[0]].text
        persons = {sentence.text[at].text for at in clause} & {phrase[0] for phrase in words.persons}
        busy = any(hit.value not in WEAK for hit in sentence.script.hits if hit.kind == "act" and hit.start in clause)
        if not (persons or busy or (first,) in words.refers or first.endswith("ing")):
            found |= set(said[start:end])
    return found


def is_about_another_matter(sentence: Asking) -> bool:
    """Whether a condition names its own consequence: "if you need the invoice, the shop in town has a copy".

    What refers back ("it", "then"), speaks for the writer, denies, keeps or takes something back may be about a wish.
    """
    words, said = sentence.letter.grammar, _said(sentence)
    texts = [sentence.text[at].text for at in sentence.words]
    if "," not in texts or not any(start <= 1 for start, _ in find_phrases(sentence.text, said, words.condition)):
        return False
    main = [at for at in said if at > sentence.words[texts.index(",")]]
    if len(main) < _SHORTEST or set(main) & sentence.letter.negated:
        return False
    turns = (words.refers, words.persons, words.keeps, words.second_thought, words.exception, words.lacks, words.time)
    if any(find_phrases(sentence.text, said, kind) for kind in turns):
        return False
    return all(hit.value == "refund" for hit in sentence.script.hits if hit.kind == "act" and hit.start in said)


def serves_another_wish(sentence: Asking, refund: Hit) -> bool:
    """Whether a refund only goes with a wish asked for before: nothing is named in its own stretch."""
    if refund.value != "refund" or not any(
        hit.end <= refund.start and hit.value not in {"refund", *WEAK} for hit in sentence.acts
    ):
        return False
    stretch = [*_clause(sentence, sentence.words[::-1], sentence.words[::-1].index(refund.start))]
    stretch += _clause(sentence, sentence.words, sentence.words.index(refund.start))
    return not set(stretch) & set(sentence.mentions)


def named_beside_whole(sentence: Asking, wholes: Sequence[Hit]) -> list[int]:
    """What is named for the same wish as a whole: "cancel everything and return the lamp" names the lamp for another."""
    strong = [hit for hit in sentence.acts if hit.value in {"cancel", "return", "swap"}]
    named: set[int] = set()
    for whole in wholes:
        own = max((hit for hit in strong if hit.start < whole.start), key=lambda hit: hit.start, default=None)
        others = [hit for hit in strong if hit.start > whole.start and own and hit.value != own.value]
        end = min((hit.start for hit in others), default=sentence.words[-1] + 1)
        named |= {at for at in sentence.mentions if at < end}
    return sorted(named)


def _said(sentence: Asking) -> list[int]:
    return [at for at in sentence.words if not sentence.text[at].is_mark]


def _clauses_behind(sentence: Asking, phrases: frozenset[Phrase]) -> Iterator[list[int]]:
    said = _said(sentence)
    for _, end in find_phrases(sentence.text, said, phrases):
        if end < len(said):
            start = list(sentence.words).index(said[end - 1])
            yield list(_clause(sentence, sentence.words, start + 1))


def _clause(sentence: Asking, places: Sequence[int], start: int) -> Iterator[int]:
    for at in places[start:]:
        if sentence.text[at].text in _STOPS:
            return
        yield at
