"""Predictions of a specialist on labelled texts, and their certification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.specialist.certify import certify
from compound.specialist.specialist import Specialist
from compound.specialist.types import Certificate, Example

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A prediction on a labelled text.

    Attributes:
        score: Its confidence.
        found: The predicted labels.
        correct: Whether they are exactly the text's labels.
        in_scope: Whether the text is like the examples; False without a gate.
    """

    score: float
    found: frozenset[str]
    correct: bool
    in_scope: bool

    def is_automated(self, certificate: Certificate) -> bool:
        """Whether the prediction is automated."""
        return self.in_scope and certificate.threshold is not None and self.score >= certificate.threshold


def judge_all(
    specialist: Specialist, examples: Sequence[Example], embedded: NDArray[np.float32] | None
) -> list[Judged]:
    """Predict labelled texts.

    Args:
        specialist: Calibrated or not.
        examples: The texts.
        embedded: Their vectors; None if the specialist has no gate, so that no text is in scope.
    """
    vectors = specialist.vectors
    like = [False] * len(examples)
    if vectors is not None and embedded is not None:
        like = [score >= vectors.least for score in vectors.scope(embedded)]
    rows = specialist.softmax(embedded) if specialist.words is None and embedded is not None else None
    out: list[Judged] = []
    for at, example in enumerate(examples):
        probabilities, is_known = (rows[at], True) if rows is not None else specialist.of_words(example.text)
        found, score = specialist.chosen(probabilities)
        out.append(
            Judged(
                score=score,
                found=frozenset(found),
                correct=set(found) == set(example.labels),
                in_scope=is_known and bool(like[at]),
            )
        )
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The guarantee: at most a share `target_error` is wrong, with `confidence`."""

    target_error: float
    confidence: float

    def certify(self, judged: Sequence[Judged], *, gated: bool) -> Certificate:
        """The certificate with the largest coverage; `gated` counts only predictions in scope."""
        passed = [one for one in judged if one.in_scope or not gated]
        return certify(
            [one.score for one in passed],
            [one.correct for one in passed],
            target_error=self.target_error,
            confidence=self.confidence,
            texts=len(judged),
        )
