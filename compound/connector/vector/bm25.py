"""BM25, split into passage weights (stored) and term rarity (known at query time)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

K1: Final = 1.2
B: Final = 0.75


def passage_weights(terms: Mapping[str, int], mean_terms: float) -> dict[str, float]:
    """Weight of each term in a passage: tf (k1 + 1) / (tf + k1 (1 - b + b length / mean length)).

    Source: Robertson, Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009.
    """
    norm = K1 * (1 - B + B * sum(terms.values()) / (mean_terms or 1.0))
    return {term: count * (K1 + 1) / (count + norm) for term, count in terms.items()}


def rarity(passages: int, having: int) -> float:
    """Inverse document frequency, never negative: ln(1 + (N - n + 0.5) / (n + 0.5))."""
    return math.log(1 + (passages - having + 0.5) / (having + 0.5))


@lru_cache(maxsize=200_000)
def term_key(term: str) -> int:
    """A term as a 32-bit dimension of a sparse vector.

    Two of 30,000 terms share a dimension with a chance of about 10 %; the harm is one noisy term.
    """
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=4).digest(), "big")


def sparse_weights(weights: Mapping[str, float]) -> tuple[list[int], list[float]]:
    """Term weights as a sparse vector: ascending dimensions and their values; shared dimensions add up."""
    merged: dict[int, float] = {}
    for term, weight in weights.items():
        key = term_key(term)
        merged[key] = merged.get(key, 0.0) + weight
    keys = sorted(merged)
    return keys, [merged[key] for key in keys]
