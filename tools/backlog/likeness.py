"""Finds texts with the same content, and texts about the same theme: by words alone, without a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from threading import Lock
from typing import Any

import numpy as np
from typing_extensions import TypedDict

from compound.tool import tool

from ..lexicon.compiled import LANGUAGES, lexicon
from ..lexicon.words import fold
from .triage import Triaged

SAME = 0.85
"""Cosine of word triples from which two letters count as the same letter, sent twice."""
MOST_THEMES = 12
_IMPORT = Lock()
_IDLE = {"function", "filler", "wish", "ask"}
_WORD = r"(?u)\b[^\W\d_]{3,}\b"


class Twins(TypedDict):
    """Equal letters: the first to arrive, and its copies with their likeness (0 to 1)."""

    first: str
    copies: list[str]
    likeness: float


class Theme(TypedDict):
    """Letters about one theme: `terms` distinguish them from the others, `example` is the most central one."""

    number: int
    tickets: list[str]
    terms: list[str]
    example: str


@tool(blocking=True)
def find_twins(tickets: list[Triaged]) -> list[Twins]:
    """Tickets with nearly the same text; those of different customers only if equal word for word, because there are forms."""
    texts = [fold(ticket["text"]) for ticket in tickets]
    if len(texts) < 2:
        return []
    matrix = _matrix(texts, words=3)
    groups: dict[int, tuple[list[int], float]] = {}
    taken: set[int] = set()
    for one, other, likeness in _pairs(matrix):
        is_same_writer = bool(tickets[one]["customer"]) and tickets[one]["customer"] == tickets[other]["customer"]
        if other in taken or one in taken or not (is_same_writer or likeness > 0.999):
            continue
        members, least = groups.get(one, ([], 1.0))
        groups[one] = ([*members, other], min(least, likeness))
        taken.add(other)
    return [
        Twins(first=tickets[one]["id"], copies=[tickets[at]["id"] for at in members], likeness=round(least, 3))
        for one, (members, least) in sorted(groups.items())
    ]


def _pairs(matrix: np.ndarray) -> Iterator[tuple[int, int, float]]:
    """Every pair that is similar enough, the earlier text first; in blocks of rows, so that memory is bounded."""
    for start in range(0, len(matrix), 256):
        likeness = matrix[start : start + 256] @ matrix.T
        for row, column in zip(*np.nonzero(likeness >= SAME), strict=True):
            if start + row < column:
                yield int(start + row), int(column), float(likeness[row, column])


@tool(blocking=True)
def find_themes(tickets: list[Triaged]) -> list[Theme]:
    """Groups of tickets by their words, the largest first; within one language, because languages share no words.

    Agglomerative clustering (average linkage, cosine) of TF-IDF vectors, as many groups as the square root of half
    of the letters, at most 12. It shows what is frequent, not what is right to do.
    """
    themes: list[Theme] = []
    for language in sorted({ticket["language"] for ticket in tickets}):
        themes += _themes([ticket for ticket in tickets if ticket["language"] == language])
    themes.sort(key=lambda theme: (-len(theme["tickets"]), theme["example"]))
    for at, theme in enumerate(themes, start=1):
        theme["number"] = at
    return themes


def _themes(tickets: Sequence[Triaged]) -> list[Theme]:
    cluster, text = _sklearn()
    texts = [fold(f"{ticket['subject']} {ticket['text']}") for ticket in tickets]
    count = min(MOST_THEMES, max(1, round((len(texts) / 2) ** 0.5)))
    idle = sorted(_idle_words(tickets[0]["language"]))
    vectorizer = text.TfidfVectorizer(
        stop_words=idle, token_pattern=_WORD, sublinear_tf=True, max_df=0.4 if len(texts) > 5 else 1.0
    )
    try:
        matrix = np.asarray(vectorizer.fit_transform(texts).toarray(), dtype=np.float64)
    except ValueError:  # no word is left
        return [_theme(tickets, [], 0)]
    has_words = matrix.any(axis=1)
    labels = np.full(len(texts), -1)
    if has_words.sum() > count > 1:
        model = cluster.AgglomerativeClustering(n_clusters=count, metric="cosine", linkage="average")
        labels[has_words] = model.fit_predict(matrix[has_words])
    elif has_words.any():
        labels[has_words] = 0
    words = np.asarray(vectorizer.get_feature_names_out())
    found: list[Theme] = []
    for label in sorted(set(labels.tolist())):
        inside = np.flatnonzero(labels == label)
        middle = matrix[inside].mean(axis=0)
        apart = middle - matrix.mean(axis=0)
        terms = [str(words[at]) for at in np.argsort(-apart, kind="stable")[:5] if apart[at] > 0]
        nearest = int(np.argmax(matrix[inside] @ middle))
        found.append(_theme([tickets[int(at)] for at in inside], terms, nearest))
    return found


@cache
def _idle_words(language: str) -> frozenset[str]:
    """Words that every letter of a language has, from its lexicon."""
    phrases = lexicon(language).phrases.values() if language in LANGUAGES else ()
    return frozenset(
        phrase[0] for entries in phrases for phrase, kind, _ in entries if len(phrase) == 1 and kind in _IDLE
    )


def _sklearn() -> tuple[Any, Any]:
    """Imports its two parts under a lock; two nodes that import it at the same time would each find half of it."""
    with _IMPORT:
        return import_module("sklearn.cluster"), import_module("sklearn.feature_extraction.text")


def _theme(tickets: Sequence[Triaged], terms: list[str], nearest: int) -> Theme:
    return Theme(
        number=0, tickets=[ticket["id"] for ticket in tickets], terms=terms, example=tickets[nearest]["subject"]
    )


def _matrix(texts: Sequence[str], *, words: int) -> np.ndarray:
    vectorizer = _sklearn()[1].HashingVectorizer(
        ngram_range=(1, words), token_pattern=_WORD, n_features=2**12, alternate_sign=False
    )
    matrix = vectorizer.transform(texts)
    return np.asarray(matrix.toarray(), dtype=np.float32)


def by_id(tickets: Sequence[Triaged]) -> Mapping[str, Triaged]:
    """Tickets by their id."""
    return {ticket["id"]: ticket for ticket in tickets}
