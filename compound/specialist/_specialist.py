"""A trained specialist: loaded without pickle, predicting without scikit-learn."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from compound import trace
from compound.errors import ConnectorError
from compound.specialist._features import features
from compound.specialist._types import Certificate, Prediction, Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT: Final = "specialist/v1"
ARRAYS, MODEL, CERTIFICATE = "arrays.safetensors", "model.json", "certificate.json"


class Specialist:
    """Says which labels hold of a text: one calibrated linear model a label, over TF-IDF features.

    Args:
        name: The specialist.
        version: Its version; empty while it is being trained.
        labels: In the order of the columns of `weights`.
        terms: Feature to row of `weights`.
        idf: Inverse document frequency of each row, shape (F,).
        weights: Shape (F, L), float32.
        bias: Shape (L,).
        scale: Slope and offset of each label's calibration, shape (L, 2).
        exclusive: Exactly one label holds of every text; else any number of them.
        domain: A text with a smaller share of known features is out of domain.
        certificate: What it may decide alone.
    """

    def __init__(  # noqa: PLR0913 -- the parts of one model, all named
        self,
        *,
        name: str,
        version: str,
        labels: Sequence[str],
        terms: Mapping[str, int],
        idf: NDArray[np.float32],
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        scale: NDArray[np.float32],
        exclusive: bool,
        domain: float,
        certificate: Certificate,
        certificate_id: str = "",
    ) -> None:
        self.name = name
        self.version = version
        self.labels = tuple(labels)
        self.terms = terms
        self.idf = idf
        self.weights = weights
        self.bias = bias
        self.scale = scale
        self.exclusive = exclusive
        self.domain = domain
        self.certificate = certificate
        self.certificate_id = certificate_id

    def predict(self, text: str) -> Prediction:
        """Labels of a text with calibrated probabilities; one span."""
        with trace.child(f"classify {self.name}", kind="specialist", adapter_id=self.version) as span:
            probabilities, known = self.probabilities(text)
            prediction = self._prediction(probabilities, known)
            span.set(risk_score=1.0 - prediction.score)
            return prediction

    def probabilities(self, text: str) -> tuple[NDArray[np.float64], float]:
        """Calibrated probability of each label, and the share of the text's features that are known."""
        counts = features(text)
        rows = [(self.terms[name], times) for name, times in counts.items() if name in self.terms]
        known = len(rows) / len(counts) if counts else 0.0
        if not rows:
            raw = self.bias.astype(np.float64)
        else:
            index = np.fromiter((row for row, _ in rows), dtype=np.int64, count=len(rows))
            values = np.fromiter((1.0 + math.log(times) for _, times in rows), dtype=np.float64, count=len(rows))
            values *= self.idf[index]
            values /= float(np.linalg.norm(values)) or 1.0
            raw = values @ self.weights[index].astype(np.float64) + self.bias
        margin = np.clip(raw * self.scale[:, 0] + self.scale[:, 1], -30.0, 30.0)
        odds = 1.0 / (1.0 + np.exp(-margin))
        return (odds / odds.sum() if self.exclusive else odds), known

    def chosen(self, probabilities: NDArray[np.float64]) -> tuple[tuple[str, ...], float]:
        """The labels that these probabilities stand for, and how sure the set as a whole is."""
        if self.exclusive:
            best = int(np.argmax(probabilities))
            return (self.labels[best],), float(probabilities[best])
        found = tuple(label for label, p in zip(self.labels, probabilities, strict=True) if p >= 0.5)
        return found, float(np.min(np.maximum(probabilities, 1.0 - probabilities)))

    def _prediction(self, probabilities: NDArray[np.float64], known: float) -> Prediction:
        scores = {label: round(float(p), 6) for label, p in zip(self.labels, probabilities, strict=True)}
        ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
        labels, score = self.chosen(probabilities)
        reason = self._reason(score, known)
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

    def _reason(self, score: float, known: float) -> Reason:
        if known < self.domain:
            return "out_of_domain"
        if self.certificate.threshold is None:
            return "uncertified"
        return "certified" if score >= self.certificate.threshold else "below_threshold"

    def save(self, folder: Path) -> None:
        """Write the version's files; the folder must exist."""
        from safetensors.numpy import save_file

        # safetensors writes Fortran-ordered arrays in the wrong order without a word: always C.
        arrays = {
            name: np.ascontiguousarray(getattr(self, name), dtype=np.float32)
            for name in ("idf", "weights", "bias", "scale")
        }
        save_file(arrays, folder / ARRAYS)
        terms = sorted(self.terms, key=lambda name: self.terms[name])
        record = {
            "format": FORMAT,
            "name": self.name,
            "labels": self.labels,
            "exclusive": self.exclusive,
            "domain": self.domain,
            "terms": terms,
        }
        (folder / MODEL).write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
        certificate = {"id": self.certificate_id, **asdict(self.certificate)}
        (folder / CERTIFICATE).write_text(json.dumps(certificate, indent=2), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Specialist:
        """Read a version.

        Raises:
            ConnectorError: `specialist.damaged`: a file is missing or does not fit the others.
        """
        from safetensors.numpy import load_file

        try:
            record = json.loads((folder / MODEL).read_text(encoding="utf-8"))
            stored = json.loads((folder / CERTIFICATE).read_text(encoding="utf-8"))
            arrays = load_file(folder / ARRAYS)
            identity = stored.pop("id")
            if record["format"] != FORMAT or arrays["weights"].shape != (
                len(record["terms"]),
                len(record["labels"]),
            ):
                raise ValueError("the arrays do not fit the model file")  # noqa: TRY301 -- told like the others
        except (OSError, ValueError, KeyError) as error:
            raise ConnectorError(
                "specialist.damaged",
                f"{folder.name} of {folder.parent.name} cannot be read: {error}",
                fix=f"compound train {folder.parent.name}",
            ) from error
        return cls(
            name=record["name"],
            version=folder.name,
            labels=record["labels"],
            terms={name: row for row, name in enumerate(record["terms"])},
            idf=arrays["idf"],
            weights=arrays["weights"],
            bias=arrays["bias"],
            scale=arrays["scale"],
            exclusive=record["exclusive"],
            domain=record["domain"],
            certificate=Certificate(**stored),
            certificate_id=identity,
        )
