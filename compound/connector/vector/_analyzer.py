"""Text to search terms: fold, split, drop stop words, stem. One analyzer for every engine."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

from compound.connector.vector._porter import stem

ANALYZER: Final = "fold+word+stop-en33+porter/1"
"""Identity of the analyzer; part of every index's fingerprint. Change it when `analyze` changes."""

_WORD: Final = re.compile(r"[^\W_]+")
# Lucene's English list: what a ticket says with "not" is for other nodes to read.
# fmt: off
_STOP: Final = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no",
    "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this",
    "to", "was", "will", "with",
))
# fmt: on


@lru_cache(maxsize=100_000)
def _term(word: str) -> str:
    return stem(word) if word.isascii() and word.isalpha() else word


def analyze(text: str) -> list[str]:
    """Split a text into terms, in order, stop words dropped.

    Accents are folded and case is dropped; English words are stemmed (Porter), others stay whole.

    Example:
        >>> analyze("The refunds, returned to Zürich!")
        ['refund', 'return', 'zurich']
    """
    folded = unicodedata.normalize("NFKD", text.lower())
    if not folded.isascii():
        folded = "".join(c for c in folded if not unicodedata.combining(c))
    return [_term(word[:64]) for word in _WORD.findall(folded) if word not in _STOP]


def count_terms(text: str, *, limit: int = 0) -> dict[str, int]:
    """Count the terms of a text; with a limit only its first `limit` distinct terms are kept."""
    counts = Counter(analyze(text))
    if limit and len(counts) > limit:
        return dict(list(counts.items())[:limit])
    return dict(counts)
