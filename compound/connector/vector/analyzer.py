"""Text to search terms: fold, split, drop stop words, stem. One analyzer for every engine."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

from compound.connector.vector.porter import stem

ANALYZER: Final = "fold+word+cjk2+stop-en33+porter/2"
"""Identity of the analyzer; part of every index's fingerprint. Change it when `analyze` changes."""

# Letters of scripts without spaces between words: kana, Han, Hangul.
_CJK: Final = (
    "\u3005\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD: Final = re.compile(rf"([{_CJK}]+)|[^\W_{_CJK}]+")
_VOICED: Final = frozenset("\u3099\u309a")
"""Marks that distinguish kana; other marks are accents."""
# Lucene's English list: negation is left to other nodes.
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
    """Split a text into terms, in order, without stop words.

    Accents and case are folded; invisible characters (zero-width, soft hyphen, direction) are removed; English words
    are stemmed (Porter). Chinese, Japanese and Korean are not split into words: their terms are character bigrams, and
    single isolated characters.

    Example:
        >>> analyze("The refunds, returned to Zürich!")
        ['refund', 'return', 'zurich']
        >>> analyze("退款政策")
        ['退款', '款政', '政策']
    """
    folded = text.casefold()
    if folded.isascii():
        return [_term(word[0][:64]) for word in _WORD.finditer(folded) if word[0] not in _STOP]
    terms: list[str] = []
    for found in _WORD.finditer(_plain(folded)):
        word = found[0]
        if found[1]:
            terms += [word[at : at + 2] for at in range(len(word) - 1)] or [word]
        elif word not in _STOP:
            terms.append(_term(word[:64]))
    return terms


def _plain(text: str) -> str:
    """Remove accents and invisible characters; Hangul and voiced kana are kept."""
    parts = unicodedata.normalize("NFKD", text).casefold()
    kept = (
        c
        for c in parts
        if c.isascii() or c in _VOICED or not (unicodedata.combining(c) or unicodedata.category(c) == "Cf")
    )
    return unicodedata.normalize("NFC", "".join(kept))


def count_terms(text: str, *, limit: int = 0) -> dict[str, int]:
    """Count the terms of a text; `limit` keeps only the first distinct terms."""
    counts = Counter(analyze(text))
    if limit and len(counts) > limit:
        return dict(list(counts.items())[:limit])
    return dict(counts)
