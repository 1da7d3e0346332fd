"""Second choices: "the red one, or the blue one if that is sold out". The second counts only if the first is unavailable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..lexicon.compiled import Hit
from ..lexicon.words import Word

_OR = {"or", "oder", "o", "u"}
_AND = {"and", "und", "y", "e", ","}
_REACH = 25
_STOPS = {"than", "instead", "statt", "anstelle", "anstatt", "sustitucion", "lugar"}
"""After one of these words the old thing is named again, not the new one."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """The words of a second choice.

    Attributes:
        words: Indexes of the words that describe it.
        marks: Indexes of the words that make it a second choice: "or", "if that is sold out".
    """

    words: frozenset[int] = field(default_factory=frozenset[int])
    marks: frozenset[int] = field(default_factory=frozenset[int])


def find_alternatives(words: Sequence[Word], hits: Sequence[Hit], sentence: Sequence[int]) -> list[Alternative]:
    """Every second choice of a text."""
    markers = sorted((hit for hit in hits if hit.kind == "unavailable"), key=lambda hit: hit.start)
    return [_alternative(words, hit, sentence) for hit in markers]


def _alternative(words: Sequence[Word], marker: Hit, sentence: Sequence[int]) -> Alternative:
    joined = _or_before(words, marker, sentence)
    if joined is not None and marker.start - joined > 2:
        said = range(joined + 1, marker.start)
        return Alternative(frozenset(said), frozenset({joined, *range(marker.start, marker.end)}))
    begin = marker.start
    while begin and words[begin - 1].text in _AND | _OR:
        begin -= 1
    end = marker.end
    number = sentence[marker.start]
    bracket = words[marker.start - 1].text == "(" if marker.start else False
    while end < len(words) and sentence[end] == number and end - marker.end < _REACH:
        text = words[end].text
        if text == ";" or (bracket and text == ")") or (not bracket and text in _STOPS):
            break
        end += 1
    return Alternative(frozenset(range(marker.end, end)), frozenset(range(begin, marker.end)))


def _or_before(words: Sequence[Word], marker: Hit, sentence: Sequence[int]) -> int | None:
    for at in range(marker.start - 1, max(-1, marker.start - _REACH), -1):
        if sentence[at] != sentence[marker.start] or words[at].text in {"(", ";"}:
            return None
        if words[at].text in _OR:
            return at
    return None
