"""Claims of a text: each sentence with the evidence that says the same, or without any.

Links are found without a model: the facts of a sentence (numbers, ids, dates, addresses) must each be in the evidence,
and the words of a sentence without facts must mostly be in one sentence of it. A link says where to look; a person
checks it (SymGen, arXiv 2311.09188, on references from generated text to the fields behind it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final, Literal

from compound.review.evidence.leaves import Folded, Leaf, Path, folded, leaves_of

if TYPE_CHECKING:
    from pydantic import JsonValue

ENOUGH: Final = 0.5
"""Share of the words of a sentence without facts that one sentence of the evidence must have."""
FEW: Final = 4
"""A sentence with fewer words than this, and without facts, claims nothing: a greeting."""

TELLING: Final = 4
"""Letters of a word that says something: shorter ones stand in every text."""

_STOPS: Final = ".!?\u2026\u3002\uff01\uff1f\u061f"
"""Marks that end a sentence, in the scripts that have their own."""
_QUOTES: Final = "\"'\u201d\u2019\xbb)]"
_PART: Final = rf"[^\n{re.escape(_STOPS)}]*"
_SENTENCE: Final = re.compile(rf"{_PART}(?:[.!?](?=\S){_PART})*[{re.escape(_STOPS)}]*[{re.escape(_QUOTES)}]*")
_FACT: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+|#?(?:\w+-)*\w*\d(?:[\w./:,-]*\w)?%?")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_TRIVIAL: Final = re.compile(r"\d{1,2}")
"""A number that stands in many texts by chance: it proves a sentence only beside one of the sentence's words."""
_NUMBER: Final = re.compile(r"(?<!\w)(?<!\w-)\d+(?:[.,]\d+)*(?!\w)")


@dataclass(frozen=True, slots=True)
class Support:
    """A place of the evidence that says what a claim says.

    Attributes:
        path: The value.
        start: First character of the part that says it; `end` is behind its last.
        kind: `passage`, `data` or `source`.
        words: What it was found by.
    """

    path: Path
    start: int
    end: int
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of a text.

    Attributes:
        start: Its first character; `end` is behind its last.
        state: `supported`; `unsupported` if a fact, or most words, are not in the evidence; `empty` if it claims
            nothing.
        supports: Where the evidence says it.
        missing: Facts that the evidence does not have.
    """

    start: int
    end: int
    state: Literal["supported", "unsupported", "empty"]
    supports: tuple[Support, ...] = ()
    missing: tuple[str, ...] = ()


def claims_of(
    text: str, evidence: Mapping[str, JsonValue], source: Mapping[str, JsonValue] | None = None
) -> tuple[Claim, ...]:
    """The claims of a text, in its order.

    Args:
        text: What a customer will read.
        evidence: What the review shows, by name.
        source: The item that the run answers.
    """
    return claims_in(text, Known(evidence, source))


def claims_in(text: str, known: Known) -> tuple[Claim, ...]:
    """The claims of a text, in its order, where several texts rest on the same evidence."""
    return tuple(_claim(text, start, end, known) for start, end in sentences(text))


def value_claim(text: str, known: Known, name: str = "") -> Claim:
    """An argument of an action as one claim: its value stands in the evidence, or what it says does.

    Args:
        text: The value, as it is shown.
        known: The evidence.
        name: What the value is called: a small number counts only beside one of these words.
    """
    if not text.strip():
        return Claim(0, len(text), "empty")
    if (found := known.fact(text.strip(), _words(name))) is not None:
        return Claim(0, len(text), "supported", (found,))
    parts = [one for one in claims_in(text, known) if one.state != "empty"]
    missing = tuple(fact for one in parts for fact in one.missing)
    supports = tuple(support for one in parts for support in one.supports)
    is_supported = bool(parts) and all(one.state == "supported" for one in parts)
    return Claim(0, len(text), "supported" if is_supported else "unsupported", supports, missing)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence, without the space around it."""
    for found in _SENTENCE.finditer(text):
        part = found.group()
        lead = len(part) - len(part.lstrip())
        if part.strip():
            yield found.start() + lead, found.start() + len(part.rstrip())


class Known:
    """The evidence, prepared for look-ups.

    Args:
        evidence: What the review shows, by name.
        source: The item that the run answers.
    """

    def __init__(self, evidence: Mapping[str, JsonValue], source: Mapping[str, JsonValue] | None = None) -> None:
        leaves: Sequence[Leaf] = leaves_of(evidence, source or {})
        self.leaves = [(leaf, Folded(leaf.text)) for leaf in leaves]
        self.said = [
            (leaf, start, end, _words(leaf.text[start:end]))
            for leaf in leaves
            for start, end in sentences(leaf.text)
            if len(leaf.text) > 15
        ]

    def fact(self, fact: str, beside: frozenset[str] = frozenset()) -> Support | None:
        """Where a fact stands: as a whole word, or as the same number.

        Args:
            fact: As a text writes it.
            beside: Words that are said of it. A number of one or two digits stands in many texts by chance: of those
                only one counts that has one of these words too, in the text or in the name of the value.
        """
        wanted = folded(fact)
        leaves = self.leaves
        if _TRIVIAL.fullmatch(wanted):
            said = {word for word in beside if len(word) >= TELLING}
            leaves = [one for one in leaves if said & (_words(one[0].text) | _words(_named(one[0])))]
        pattern = re.compile(rf"(?<!\w)(?<!\w-)(?<!\d[.,]){re.escape(wanted)}(?!\w)(?![.,]\d)")
        number = _as_number(wanted)
        for leaf, text in leaves:
            if found := pattern.search(text.text):
                return Support(leaf.path, *text.span(*found.span()), leaf.kind, fact)
        for leaf, text in leaves if number is not None else ():
            for found in _NUMBER.finditer(text.text):
                if _as_number(found.group()) == number:
                    return Support(leaf.path, *text.span(*found.span()), leaf.kind, fact)
        return None

    def sentence(self, words: frozenset[str]) -> Support | None:
        """The sentence that has most of these words, if it has enough."""
        best, most = None, 0.0
        for leaf, start, end, has in self.said:
            share = len(words & has) / len(words)
            if share > most:
                best, most = Support(leaf.path, start, end, leaf.kind, ""), share
        return best if most >= ENOUGH else None


def _claim(text: str, start: int, end: int, known: Known) -> Claim:
    sentence = text[start:end]
    facts = list(dict.fromkeys(one.rstrip(".,:") for one in _FACT.findall(sentence)))
    words = _words(sentence)
    found = {fact: known.fact(fact, words) for fact in facts}
    missing = tuple(fact for fact, support in found.items() if support is None)
    supports = tuple(support for support in found.values() if support is not None)
    if missing:
        return Claim(start, end, "unsupported", supports, missing)
    said = known.sentence(words) if words else None
    if said is not None and (supports or len(words) >= FEW):
        supports = (*supports, said)  # few words that stand elsewhere too are a greeting
    if supports:
        return Claim(start, end, "supported", supports)
    return Claim(start, end, "empty" if len(words) < FEW else "unsupported")


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(folded(text)))


def _named(leaf: Leaf) -> str:
    """The names on the way to a value, as words."""
    return " ".join(step.replace("_", " ") for step in leaf.path if isinstance(step, str))


def _as_number(text: str) -> Decimal | None:
    """The number that a text writes with either decimal mark; None if it is none."""
    bare = text.strip("%#").replace(",", ".")
    whole, mark, rest = bare.rpartition(".")
    is_grouped = mark and len(rest) == 3 and whole.replace(".", "").isdecimal()
    try:
        return Decimal(whole.replace(".", "") + rest if is_grouped else f"{whole.replace('.', '')}{mark}{rest}")
    except InvalidOperation:
        return None
