"""An embedder that counts letters: no weights, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from compound import Setup

_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


class Letters:
    """One number a letter of the alphabet."""

    name = "letters"
    dimension = len(_ALPHABET)
    fingerprint: Mapping[str, str] = {"embedder": "letters-1"}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows of length 1."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Counts, of length 1; the first letter stands for a text without any."""
        counts = np.array([text.lower().count(letter) for letter in _ALPHABET], np.float32)
        if not counts.any():
            counts[0] = 1
        return (counts / np.linalg.norm(counts)).astype(np.float32)


def open_letters(setup: Setup) -> Letters:
    """The entry point."""
    del setup
    return Letters()
