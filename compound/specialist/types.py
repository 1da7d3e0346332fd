"""Types of a specialist: examples, predictions, certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pydantic import JsonValue

Reason = Literal["certified", "below_threshold", "out_of_domain", "unfamiliar", "uncertified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled text.

    Attributes:
        labels: All of its labels; may be empty.
        group: Examples of one group (one customer) are never split between training and evaluation.
    """

    text: str
    labels: tuple[str, ...]
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A specialist's prediction on a text.

    Attributes:
        label: The most probable label; None if it abstains.
        score: Calibrated probability that `labels` is exactly right, in [0, 1].
        labels: Every label with a probability above 0.5.
        scores: Label to calibrated probability.
        top: The three most probable labels.
        automated: Whether the certificate covers this prediction.
        reason: Why it is automated, or why not: `certified`; `below_threshold`; `out_of_domain`: it is unlike the
            examples, so it has no label; `unfamiliar`: its words are known, but the text as a whole is unlike the
            examples, so its labels are a hint; `uncertified`.
    """

    label: str | None
    score: float
    labels: tuple[str, ...]
    scores: Mapping[str, float]
    top: tuple[tuple[str, float], ...]
    automated: bool
    reason: Reason
    version: str
    certificate_id: str

    def to_json(self) -> dict[str, JsonValue]:
        """The prediction as the record that graphs see."""
        return {
            "label": self.label,
            "score": self.score,
            "labels": list(self.labels),
            "scores": dict(self.scores),
            "top": [[label, score] for label, score in self.top],
            "automated": self.automated,
            "reason": self.reason,
            "version": self.version,
            "certificate_id": self.certificate_id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a specialist may automate, and the evidence for it.

    Attributes:
        threshold: Predictions with at least this score are automated; None: nothing is certified.
        coverage: Share of the calibration texts at or above it.
        errors: Number of wrong predictions among the `n` at or above it.
        target_error: The guarantee: at most this share of automated predictions is wrong,
        confidence: with this confidence over the draw of the calibration texts.
        kept: Share of in-scope texts that pass the scope gate; None without a gate, so that nothing is certified.
        texts: Number of calibration texts.
        assumes: Assumptions of the guarantee, as sentences.
        why: Why nothing is certified; else empty.
    """

    threshold: float | None
    coverage: float
    errors: int
    n: int
    target_error: float
    confidence: float
    kept: float | None = None
    texts: int = 0
    assumes: tuple[str, ...] = ()
    why: str = ""

    def sentence(self) -> str:
        """The certificate as a sentence."""
        if self.threshold is None:
            return f"certifies nothing ({self.why or 'not tried'}): every prediction is a hint, none is automated"
        promise = (
            f"{self.coverage:.0%} of texts automated, {self.errors} of {self.n} wrong: at most "
            f"{self.target_error:.0%} wrong with {self.confidence:.0%} confidence"
        )
        return "; ".join([promise, *(f"assumes {one}" for one in self.assumes)])

    def is_less_than(self, other: Certificate) -> bool:
        """Whether it certifies less: fewer texts, or a weaker guarantee."""
        if other.threshold is None:
            return False
        if self.threshold is None:
            return True
        weaker = self.target_error > other.target_error or self.confidence < other.confidence
        return weaker or self.coverage < other.coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A number of the evaluation; an absent value is None."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """The result of a training.

    Attributes:
        folder: Folder of the version.
        examples: Number of examples, over all parts.
        certificate: The certificate as a sentence.
        certified: What it may automate.
    """

    name: str
    version: str
    folder: Path
    examples: int
    seconds: float
    figures: tuple[Metric, ...]
    certificate: str
    certified: Certificate
