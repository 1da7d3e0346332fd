"""The classifier over words: one linear model per label, over TF-IDF features."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from compound.specialist.features import features, vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from compound.specialist.types import Example

_MOST_TERMS: Final = 20_000
_LEAST_TEXTS: Final = 2
_DOMAIN_QUANTILE: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class WordModel:
    """Margins of F features for L labels.

    Attributes:
        terms: Feature to row of `weights`.
        idf: Inverse document frequency of each row, shape (F,).
        weights: Shape (F, L), float32.
        bias: Shape (L,).
        domain: Texts with a smaller share of known features are out of domain.
    """

    terms: Mapping[str, int]
    idf: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    domain: float

    def margins(self, text: str) -> tuple[NDArray[np.float64], bool]:
        """The margin of each label, and whether enough features are known."""
        counts = features(text)
        rows = [(self.terms[name], times) for name, times in counts.items() if name in self.terms]
        known = len(rows) / len(counts) if counts else 0.0
        if not rows:
            return self.bias.astype(np.float64), False
        index = np.fromiter((row for row, _ in rows), dtype=np.int64, count=len(rows))
        values = np.fromiter((1.0 + math.log(times) for _, times in rows), dtype=np.float64, count=len(rows))
        values *= self.idf[index]
        values /= float(np.linalg.norm(values)) or 1.0
        return values @ self.weights[index].astype(np.float64) + self.bias, known >= self.domain


def fit_words(examples: Sequence[Example], labels: Sequence[str]) -> WordModel:
    """Fit a balanced logistic regression for each label.

    Cost: a few seconds for some thousand examples and ten labels; grows with both.
    """
    counted = [features(example.text) for example in examples]
    terms = {term: row for row, term in enumerate(vocabulary(counted, least=_LEAST_TEXTS, most=_MOST_TERMS))}
    matrix, idf = _matrix(counted, terms)
    weights = np.zeros((len(terms), len(labels)), dtype=np.float32)
    bias = np.zeros(len(labels), dtype=np.float32)
    for column, label in enumerate(labels):
        truth = np.array([label in example.labels for example in examples])
        weights[:, column], bias[column] = _one_label(matrix, truth, len(terms))
    known = [sum(term in terms for term in counts) / max(1, len(counts)) for counts in counted]
    domain = float(np.quantile(known, _DOMAIN_QUANTILE)) * 0.7
    return WordModel(terms=terms, idf=idf, weights=weights, bias=bias, domain=domain)


def _matrix(counted: Sequence[Mapping[str, int]], terms: Mapping[str, int]) -> tuple[csr_matrix, NDArray[np.float32]]:
    from scipy.sparse import csr_matrix

    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, counts in enumerate(counted):
        for term, times in counts.items():
            if term in terms:
                rows.append(row)
                columns.append(terms[term])
                values.append(1.0 + math.log(times))
    matrix = csr_matrix((values, (rows, columns)), shape=(len(counted), len(terms)))
    texts = np.bincount(np.asarray(columns, dtype=np.int64), minlength=len(terms))
    idf = np.log((1.0 + len(counted)) / (1.0 + texts)) + 1.0
    weighted = matrix.multiply(idf).tocsr()
    norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return weighted.multiply(1.0 / np.maximum(norms, 1e-12)[:, None]).tocsr(), idf.astype(np.float32)


def _one_label(matrix: csr_matrix, truth: NDArray[np.bool_], width: int) -> tuple[NDArray[np.float32], float]:
    if truth.all() or not truth.any():
        return np.zeros(width, dtype=np.float32), 8.0 if truth.all() else -8.0
    from sklearn.linear_model import LogisticRegression

    model: Any = LogisticRegression(C=20.0, class_weight="balanced", max_iter=500, solver="liblinear")
    model.fit(matrix, truth)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])
