"""Detects texts out of scope of a specialist, without out-of-scope examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

KEPT: Final = 0.89
"""Share of in-scope calibration texts that pass the gate. Chosen once, on a public set of 150 intents: of its 1,000
texts out of scope, 2 to 3 % are then automated."""
CHARS: Final = 480
"""Number of embedded characters of a text: about as many word pieces as a query may have."""
_MOST_REFERENCES: Final = 20_000
_ROWS: Final = 512


class TextEmbedder(Protocol):
    """Text to unit vectors, as retrieval's embedders make them."""

    @property
    def dimension(self) -> int:
        """Length of a vector; 0 if it creates none."""
        ...

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """Part to its identity."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dimension), rows of length 1."""
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Shape (dimension,)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorModel:
    """The classifier over embeddings, and the gate in front of every certificate.

    Attributes:
        weights: Shape (D, L): margins of a vector for each label; (D, 0) if words classify.
        bias: Shape (L,).
        references: Vectors of the examples, shape (N, D).
        centre: Mean of each part of the gate's score over the calibration texts, shape (2,): neighbour, energy.
        spread: Standard deviations, shape (2,); infinite for a missing part.
        least: Texts with a lower score are out of scope.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    references: NDArray[np.float32]
    centre: NDArray[np.float32]
    spread: NDArray[np.float32]
    least: float

    @property
    def classifies(self) -> bool:
        """Whether it has margins."""
        return self.weights.shape[1] > 0

    def margins(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Margins of each label: shape (n, L)."""
        return vectors.astype(np.float64) @ self.weights.astype(np.float64) + self.bias

    def scope(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Similarity of texts to the examples: cosine of the nearest one, and the energy of the margins.

        Both are in standard deviations of the calibration texts.

        Source: Liu et al., Energy-based out-of-distribution detection, 2020; Sun et al., Out-of-distribution detection
        with deep nearest neighbors, 2022.
        """
        parts = np.stack([nearest(vectors, self.references), self._energy(vectors)], axis=1)
        return np.asarray(((parts - self.centre) / self.spread).sum(axis=1), dtype=np.float64)

    def _energy(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        if not self.classifies:
            return np.zeros(len(vectors))
        return np.logaddexp.reduce(self.margins(vectors), axis=1)

    def calibrated(self, vectors: NDArray[np.float32]) -> VectorModel:
        """The same model with a gate that `KEPT` of these in-scope texts pass."""
        near, energy = nearest(vectors, self.references), self._energy(vectors)
        centre = np.array([near.mean(), energy.mean()], dtype=np.float32)
        spread = np.array([max(near.std(), 1e-6), max(energy.std(), 1e-6) if self.classifies else np.inf], np.float32)
        made = VectorModel(
            weights=self.weights, bias=self.bias, references=self.references, centre=centre, spread=spread, least=0.0
        )
        least = float(np.quantile(made.scope(vectors), 1 - KEPT))
        return VectorModel(
            weights=self.weights, bias=self.bias, references=self.references, centre=centre, spread=spread, least=least
        )


def nearest(vectors: NDArray[np.float32], references: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cosine of each vector to the nearest reference."""
    parts = [(vectors[at : at + _ROWS] @ references.T).max(axis=1) for at in range(0, len(vectors), _ROWS)]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)


def embed_all(embedder: TextEmbedder, texts: Sequence[str]) -> NDArray[np.float32]:
    """The vectors of many texts."""
    return embedder.embed([text[:CHARS] for text in texts])


def embed_one(embedder: TextEmbedder, text: str) -> NDArray[np.float32]:
    """The vector of one text as a matrix of one row."""
    return embedder.embed_query(text[:CHARS])[None, :]


def fit_vectors(vectors: NDArray[np.float32], labels: Sequence[int] | None, count: int) -> VectorModel:
    """Fit margins over embeddings, if every example has one label; without labels only the references are kept.

    Args:
        vectors: Vectors of the examples.
        labels: Index of each example's label, or None.
        count: Number of labels.

    Cost: about 11 CPU seconds for 15,000 examples of 150 labels.
    """
    width = vectors.shape[1]
    weights, bias = np.zeros((width, 0), np.float32), np.zeros(0, np.float32)
    if labels is not None and count > 1:
        from sklearn.linear_model import LogisticRegression

        model: Any = LogisticRegression(C=10.0, max_iter=300)
        model.fit(vectors, np.asarray(labels))
        weights, bias = np.asarray(model.coef_.T, np.float32), np.asarray(model.intercept_, np.float32)
        if count == 2:  # one column for two labels
            weights, bias = np.concatenate([-weights / 2, weights / 2], axis=1), np.array([-bias[0] / 2, bias[0] / 2])
    kept = np.random.default_rng(0).permutation(len(vectors))[:_MOST_REFERENCES]
    return VectorModel(
        weights=np.asarray(weights, np.float32),
        bias=np.asarray(bias, np.float32),
        # Stored in half precision, so that evaluation uses the same values as prediction.
        references=vectors[np.sort(kept)].astype(np.float16).astype(np.float32),
        centre=np.zeros(2, np.float32),
        spread=np.ones(2, np.float32),
        least=0.0,
    )


def fit_temperature(margins: NDArray[np.float64], truth: Sequence[int]) -> float:
    """The softmax slope of maximum likelihood for these margins.

    Source: Guo et al., On calibration of modern neural networks, 2017.
    """
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(truth))

    def loss(slope: float) -> float:
        scaled = margins * slope
        return float((np.logaddexp.reduce(scaled, axis=1) - scaled[rows, np.asarray(truth)]).mean())

    found: Any = minimize_scalar(loss, bounds=(0.05, 20.0), method="bounded")
    return float(found.x)
