"""Apparent restrictions of a wish that are in a clause of their own and do not affect it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ..lexicon.compiled import Hit
from ..lexicon.grammar import Phrase, find_phrases
from .sentence import Sentence
from .wishes import WEAK

_STOPS = frozenset(
    {",", ";", ":", "(", ")", ".", "!", "?", "-", "–", "—", "and", "but", "und", "aber", "y", "e", "pero"}
)
_FORMAL = frozenset({"Sie", "Ihnen"})
"""Words for the addressee that only the capital distinguishes from words that refer back."""
_REACH = 3
_SHORTEST = 3
"""Minimum number of words of a condition's main clause; a shorter one may be part of the wish."""


def denied_reasons(sentence: Sentence) -> set[int]:
    """Words of clauses that give a reason: "because it doesn't fit" denies the fit, not the wish.

    A clause that names an order or a thing, or holds a word of action, may deny a wish and does not count.
    """
    return {
        at
        for clause in _clauses_behind(sentence, sentence.letter.grammar.because)
        if not set(clause) & (set(sentence.mentions) | sentence.letter.acts)
        for at in clause
    }


def denied_keeping(sentence: Sentence) -> set[int]:
    """Negations of a word of keeping, "I don't want to keep it", if nothing else in the sentence stays."""
    words, said = sentence.letter.grammar, _said(sentence)
    kept = [said[start] for start, _ in find_phrases(sentence.text, said, words.keeps)]
    held = {said[start] for start, _ in find_phrases(sentence.text, said, words.holds)}
    denials = [{no for no in sentence.letter.negated if 0 < at - no <= _REACH} for at in kept]
    if not kept or not all(denials) or not set(kept) <= held:
        return set()
    return {no for found in denials for no in found}


def deadlines(sentence: Sentence) -> set[int]:
    """Words for the time by which a wish must be done: "before it ships", not "before I call you"."""
    words, said = sentence.letter.grammar, _said(sentence)
    found: set[int] = set()
    for start, end in find_phrases(sentence.text, said, words.deadline):
        clause = list(_clause(sentence, sentence.words, list(sentence.words).index(said[end - 1]) + 1))
        if not clause:
            continue
        first = sentence.text[clause[0]].text
        persons = {sentence.text[at].text for at in clause} & {phrase[0] for phrase in words.persons}
        busy = any(hit.value not in WEAK for hit in sentence.script.hits if hit.kind == "act" and hit.start in clause)
        refers = len(clause) == 1 and (first,) in words.refers
        if not (persons or busy or refers or first.endswith("ing")):
            found |= set(said[start:end])
    return found


def is_about_another_matter(sentence: Sentence) -> bool:
    """Whether a condition has its own consequence: "if you need the invoice, the shop in town has a copy".

    A clause that refers back ("it", "then"), speaks for the writer, denies, keeps or takes back may be about a wish.
    """
    words, said = sentence.letter.grammar, _said(sentence)
    texts = [sentence.text[at].text for at in sentence.words]
    if "," not in texts or not any(start <= 1 for start, _ in find_phrases(sentence.text, said, words.condition)):
        return False
    main = [at for at in said if at > sentence.words[texts.index(",")]]
    if len(main) < _SHORTEST or set(main) & sentence.letter.negated:
        return False
    turns = [words.keeps, words.second_thought, words.exception, words.lacks, words.time]
    if not _is_said_of_reader(sentence, said):
        turns.append(words.persons)
    if any(find_phrases(sentence.text, said, kind) for kind in turns):
        return False
    refers = find_phrases(sentence.text, said, words.refers)
    if any(sentence.text[said[start]].raw not in _FORMAL for start, _ in refers):
        return False
    return all(hit.value == "refund" for hit in sentence.script.hits if hit.kind == "act" and hit.start in said)


def _is_said_of_reader(sentence: Sentence, said: Sequence[int]) -> bool:
    """Whether the condition is about the addressee, and not about money: "if you have questions"."""
    words = sentence.letter.grammar
    ends = [end for start, end in find_phrases(sentence.text, said, words.condition) if start <= 1]
    money = sentence.script.tagged_as("noun", "money") | sentence.script.tagged_as("noun", "difference")
    subject = sentence.text[said[min(ends[0], len(said) - 1)]].text if ends else ""
    return (subject,) in words.addressed and not money & set(said)


def serves_another_wish(sentence: Sentence, refund: Hit) -> bool:
    """Whether a refund only accompanies an earlier wish: its own stretch names nothing."""
    if refund.value != "refund" or not any(
        hit.end <= refund.start and hit.value not in {"refund", *WEAK} for hit in sentence.acts
    ):
        return False
    stretch = [*_clause(sentence, sentence.words[::-1], sentence.words[::-1].index(refund.start))]
    stretch += _clause(sentence, sentence.words, sentence.words.index(refund.start))
    return not set(stretch) & set(sentence.mentions)


def named_beside_whole(sentence: Sentence, wholes: Sequence[Hit]) -> list[int]:
    """Things named for the same wish as a whole: "cancel everything and return the lamp" names the lamp for another."""
    strong = [hit for hit in sentence.acts if hit.value in {"cancel", "return", "swap"}]
    named: set[int] = set()
    for whole in wholes:
        own = max((hit for hit in strong if hit.start < whole.start), key=lambda hit: hit.start, default=None)
        others = [hit for hit in strong if hit.start > whole.start and own and hit.value != own.value]
        end = min((hit.start for hit in others), default=sentence.words[-1] + 1)
        named |= {at for at in sentence.mentions if at < end}
    return sorted(named)


def lists_whole(sentence: Sentence, named: Collection[int]) -> bool:
    """Whether the named parts are all of the whole: "all of #1, the shoes and the lamp" excludes nothing."""
    things = [found.products for at, found in sentence.letter.things.items() if at in named]
    here = set(sentence.words)
    orders = [e.text for at, e in sentence.script.entities.items() if at in here and e.kind == "order"]
    chosen = [order for order in orders if order in sentence.letter.baskets]
    baskets = [sentence.letter.baskets[order] for order in chosen or sentence.letter.baskets]
    if not things or len(chosen) != len(orders) or len(orders) > 1:
        return False
    return any(
        (orders or len(basket) > 1)
        and all(any(product in names for names in things) for product in basket)
        and all(names & basket for names in things)
        for basket in baskets
    )


def _said(sentence: Sentence) -> list[int]:
    return [at for at in sentence.words if not sentence.text[at].is_mark]


def _clauses_behind(sentence: Sentence, phrases: frozenset[Phrase]) -> Iterator[list[int]]:
    said = _said(sentence)
    for _, end in find_phrases(sentence.text, said, phrases):
        if end < len(said):
            start = list(sentence.words).index(said[end - 1])
            yield list(_clause(sentence, sentence.words, start + 1))


def _clause(sentence: Sentence, places: Sequence[int], start: int) -> Iterator[int]:
    for at in places[start:]:
        if sentence.text[at].text in _STOPS:
            return
        yield at
