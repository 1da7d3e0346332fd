"""A trained specialist: prediction without scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from compound.specialist.files import Stored, read, save
from compound.specialist.scope import TextEmbedder, VectorModel, embed_one
from compound.specialist.types import Certificate, Prediction, Reason
from compound.specialist.words import WordModel
from compound.trace.active import child

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class Specialist:
    """Predicts the labels of a text, with a calibrated score, and whether its certificate covers it.

    If every example has one label and an embedder is available, a softmax over sentence embeddings classifies; else one
    calibrated linear model per label, over words. Only texts that are like the examples are automated, which requires
    the embedder of the training.

    Args:
        name: Name of the specialist.
        version: Its version; empty during training.
        labels: Labels in the order of the weights' columns.
        words: The classifier over words; None if embeddings classify.
        vectors: The classifier over embeddings and the scope gate; None if trained without an embedder.
        scale: Slope and offset of each label's calibration, shape (L, 2); of the softmax (1, 2).
        exclusive: Whether every text has exactly one label; else any number.
        certificate: What it may automate.
        fingerprint: Fingerprint of the embedder used in training.
        embedder: The current embedder.
    """

    def __init__(  # noqa: PLR0913 -- the parts of one model, all named
        self,
        *,
        name: str,
        version: str,
        labels: Sequence[str],
        words: WordModel | None,
        vectors: VectorModel | None,
        scale: NDArray[np.float32],
        exclusive: bool,
        certificate: Certificate,
        certificate_id: str = "",
        fingerprint: Mapping[str, str] | None = None,
        embedder: TextEmbedder | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.labels = tuple(labels)
        self.words = words
        self.vectors = vectors
        self.scale = scale
        self.exclusive = exclusive
        self.certificate = certificate
        self.certificate_id = certificate_id
        self.fingerprint = dict(fingerprint or {})
        same = embedder is not None and embedder.dimension > 0 and dict(embedder.fingerprint) == self.fingerprint
        self.embedder = embedder if same else None

    @classmethod
    def load(cls, folder: Path, embedder: TextEmbedder | None = None) -> Specialist:
        """Read a version.

        Args:
            folder: Folder of the version.
            embedder: The project's embedder; a version trained with another one automates nothing.

        Raises:
            ConnectorError: `specialist.damaged`: a file is missing, inconsistent or has another
                format.
        """
        stored = read(folder)
        return cls(**{one.name: getattr(stored, one.name) for one in fields(stored)}, embedder=embedder)

    def save(self, folder: Path) -> None:
        """Write the version's files; the folder must exist."""
        save(Stored(**{one.name: getattr(self, one.name) for one in fields(Stored)}), folder)

    @property
    def embeds(self) -> bool:
        """Whether a prediction may embed its text, which takes milliseconds."""
        return self.embedder is not None

    def predict(self, text: str) -> Prediction:
        """Predict the labels of a text with calibrated probabilities; traced as one span."""
        with child(f"classify {self.name}", kind="specialist", adapter_id=self.version) as span:
            prediction = self._predict(text)
            span.set(risk_score=1.0 - prediction.score)
            return prediction

    def _predict(self, text: str) -> Prediction:
        if self.words is None:
            if self.embedder is None:
                return self._prediction(None, "uncertified")
            vector = embed_one(self.embedder, text)
            probabilities = self.softmax(vector)[0]
            return self._prediction(probabilities, self._reason(probabilities, vector))
        probabilities, is_known = self.of_words(text)
        if not is_known:
            return self._prediction(probabilities, "out_of_domain")
        reason = self._reason(probabilities, None)
        if reason == "certified":
            # Last, because it embeds, which most texts of an uncertified specialist do not need.
            is_like = self.embedder is not None and self._in_scope(embed_one(self.embedder, text))
            reason = "certified" if is_like else "uncertified" if self.embedder is None else "unfamiliar"
        return self._prediction(probabilities, reason)

    def of_words(self, text: str) -> tuple[NDArray[np.float64], bool]:
        """Calibrated label probabilities from the words, and whether enough words are known."""
        assert self.words is not None
        raw, is_known = self.words.margins(text)
        margin = np.clip(raw * self.scale[:, 0] + self.scale[:, 1], -30.0, 30.0)
        odds = 1.0 / (1.0 + np.exp(-margin))
        return (odds / odds.sum() if self.exclusive else odds), is_known

    def softmax(self, vectors: Vectors) -> NDArray[np.float64]:
        """Calibrated probabilities from the embeddings: shape (n, L)."""
        assert self.vectors is not None
        margins = self.vectors.margins(vectors) * float(self.scale[0, 0])
        return np.exp(margins - np.logaddexp.reduce(margins, axis=1)[:, None])

    def chosen(self, probabilities: NDArray[np.float64]) -> tuple[tuple[str, ...], float]:
        """The labels chosen by these probabilities, and the confidence of the whole set."""
        if self.exclusive:
            best = int(np.argmax(probabilities))
            return (self.labels[best],), float(probabilities[best])
        found = tuple(label for label, p in zip(self.labels, probabilities, strict=True) if p >= 0.5)
        return found, float(np.min(np.maximum(probabilities, 1.0 - probabilities)))

    def _in_scope(self, vector: Vectors) -> bool:
        return self.vectors is not None and float(self.vectors.scope(vector)[0]) >= self.vectors.least

    def _reason(self, probabilities: NDArray[np.float64], vector: Vectors | None) -> Reason:
        if vector is not None and not self._in_scope(vector):
            return "out_of_domain"
        if self.certificate.threshold is None:
            return "uncertified"
        return "certified" if self.chosen(probabilities)[1] >= self.certificate.threshold else "below_threshold"

    def _prediction(self, probabilities: NDArray[np.float64] | None, reason: Reason) -> Prediction:
        shown = () if probabilities is None else zip(self.labels, probabilities, strict=True)
        scores = {label: round(float(p), 6) for label, p in shown}
        ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
        labels, score = ((), 0.0) if probabilities is None else self.chosen(probabilities)
        abstains = reason == "out_of_domain" or not labels
        return Prediction(
            label=None if abstains else ranked[0][0],
            score=round(score, 6),
            labels=labels,
            scores=scores,
            top=tuple(ranked[:3]),
            automated=reason == "certified",
            reason=reason,
            version=self.version,
            certificate_id=self.certificate_id,
        )
