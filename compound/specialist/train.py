"""Training: split by group, fit, calibrate, certify, save, reload, compare."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from compound.errors import DataError, RunError
from compound.language.sha import sha
from compound.specialist.judging import Judged, Promise, judge_all
from compound.specialist.scope import KEPT, TextEmbedder, embed_all, fit_temperature, fit_vectors
from compound.specialist.specialist import Specialist
from compound.specialist.types import Certificate, Example, Metric, TrainingReport
from compound.specialist.words import fit_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

Part = Literal["fit", "calibrate", "test"]

_PROBES: Final = 200
"""Number of texts on which the saved version must reproduce the trained one."""
_EVALUATION: Final = "evaluation.json"


def part_of(group: str) -> Part:
    """The part of a group: 60 % fit, 20 % calibrate, 20 % test, by the hash of its name."""
    place = int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") / 2**32
    return "fit" if place < 0.6 else "calibrate" if place < 0.8 else "test"


def train(
    name: str,
    examples: Sequence[Example],
    root: Path,
    *,
    target_error: float = 0.02,
    confidence: float = 0.90,
    embedder: TextEmbedder | None = None,
) -> TrainingReport:
    """Train a specialist and save it as a new version in `root/name/`, without promoting it.

    The saved version is fitted on the `fit` part, calibrated and certified on `calibrate`, and evaluated on `test`; no
    group is in two parts.

    Args:
        name: The specialist.
        examples: Labelled texts, all in scope.
        root: Folder of all specialists.
        target_error: Share of automated predictions that may be wrong.
        confidence: Confidence of that guarantee.
        embedder: Detects texts out of scope, and classifies if every example has one label; without it nothing is
            certified.

    Raises:
        DataError: `specialist.too-few`: a part has no examples, or there are no labels.
        RunError: `specialist.not-reproduced`: the saved version does not reproduce the predictions.
    """
    begin = time.perf_counter()
    parts, labels = _split(name, examples)
    with_vectors = embedder if embedder is not None and embedder.dimension else None
    bare = _fit(name, parts["fit"], labels, with_vectors)
    specialist = _calibrate(bare, parts, Promise(target_error=target_error, confidence=confidence))
    figures = _evaluate(specialist, parts["test"])
    version, folder = _publish(specialist, figures, root / name, [example.text for example in parts["test"][:_PROBES]])
    return TrainingReport(
        name=name,
        version=version,
        folder=folder,
        examples=len(examples),
        seconds=time.perf_counter() - begin,
        figures=tuple(figures),
        certificate=specialist.certificate.sentence(),
        certified=specialist.certificate,
    )


def _split(name: str, examples: Sequence[Example]) -> tuple[dict[Part, list[Example]], list[str]]:
    """The examples of each part, and the labels of the fitted one."""
    parts: dict[Part, list[Example]] = {"fit": [], "calibrate": [], "test": []}
    for example in examples:
        parts[part_of(example.group)].append(example)
    labels = sorted({label for example in parts["fit"] for label in example.labels})
    if not labels or any(not part for part in parts.values()):
        sizes = {part: len(found) for part, found in parts.items()}
        what = f"{name}: {len(examples)} examples give {sizes} and {len(labels)} labels"
        raise DataError("specialist.too-few", what, fix="add labelled examples of more groups")
    return parts, labels


def _fit(name: str, examples: Sequence[Example], labels: Sequence[str], embedder: TextEmbedder | None) -> Specialist:
    """An uncalibrated model: over embeddings if possible, else over words without a gate."""
    is_exclusive = all(len(example.labels) == 1 for example in examples)
    vectors = None
    if embedder is not None and is_exclusive and len(labels) > 1:
        places = {label: place for place, label in enumerate(labels)}
        truth = [places[example.labels[0]] for example in examples]
        vectors = fit_vectors(embed_all(embedder, [example.text for example in examples]), truth, len(labels))
    return Specialist(
        name=name,
        version="",
        labels=labels,
        words=fit_words(examples, labels) if vectors is None else None,
        vectors=vectors,
        scale=np.tile(np.array([1.0, 0.0], dtype=np.float32), (len(labels) if vectors is None else 1, 1)),
        exclusive=is_exclusive,
        certificate=Certificate(threshold=None, coverage=0, errors=0, n=0, target_error=0, confidence=0),
        fingerprint=None if embedder is None else embedder.fingerprint,
        embedder=embedder,
    )


def _calibrate(bare: Specialist, parts: Mapping[Part, Sequence[Example]], promise: Promise) -> Specialist:
    """Calibrate probabilities, fit the scope gate, and certify what passes it."""
    examples = parts["calibrate"]
    embedded = None
    if bare.vectors is not None:
        assert bare.embedder is not None
        embedded = embed_all(bare.embedder, [example.text for example in examples])
        bare.vectors = bare.vectors.calibrated(embedded)
    bare.scale = _scale(bare, examples, embedded)
    judged = judge_all(bare, examples, embedded)
    if bare.vectors is None and promise.certify(judged, gated=False).threshold is not None and bare.embedder:
        # Only if needed, because embedding is slow: if the predictions could be certified with a gate.
        fitted = fit_vectors(embed_all(bare.embedder, [example.text for example in parts["fit"]]), None, 0)
        embedded = embed_all(bare.embedder, [example.text for example in examples])
        bare.vectors = fitted.calibrated(embedded)
        judged = judge_all(bare, examples, embedded)
    bare.certificate = _certificate(bare, promise, judged, examples)
    digest = sha(json.dumps([[one.score, one.correct] for one in judged]))
    bare.certificate_id = digest[:12] if bare.certificate.threshold is not None else ""
    return bare


def _certificate(
    specialist: Specialist, promise: Promise, judged: Sequence[Judged], examples: Sequence[Example]
) -> Certificate:
    made = promise.certify(judged, gated=True)
    if made.threshold is not None:
        return replace(made, kept=KEPT, assumes=_assumptions(examples))
    no_gate = specialist.embedder is None
    return replace(made, why="no embedder to detect texts out of scope" if no_gate else "too few or too uncertain")


def _assumptions(examples: Sequence[Example]) -> tuple[str, ...]:
    groups = len({example.group for example in examples})
    return (
        f"texts drawn like the {len(examples)} calibration texts ({groups} groups, none of them in training), "
        "of the same labels",
        f"that distance detects texts out of scope: the {1 - KEPT:.0%} of in-scope texts farthest from the examples "
        "are left to people; the share of out-of-scope texts that pass was not measured",
    )


def _scale(bare: Specialist, examples: Sequence[Example], embedded: Vectors | None) -> NDArray[np.float32]:
    if bare.words is None:
        assert bare.vectors is not None
        assert embedded is not None
        places = {label: place for place, label in enumerate(bare.labels)}
        known = [row for row, example in enumerate(examples) if example.labels[:1] and example.labels[0] in places]
        truth = [places[examples[row].labels[0]] for row in known]
        slope = fit_temperature(bare.vectors.margins(embedded[known]), truth) if known else 1.0
        return np.array([[slope, 0.0]], dtype=np.float32)
    raw = np.array([bare.words.margins(example.text)[0] for example in examples])
    return np.array(
        [
            _platt(raw[:, column], np.array([label in example.labels for example in examples]))
            for column, label in enumerate(bare.labels)
        ],
        dtype=np.float32,
    )


def _platt(margins: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of Platt scaling (Platt 1999); the identity if one class is missing."""
    if truth.all() or not truth.any():
        return 1.0, 0.0
    from sklearn.linear_model import LogisticRegression

    model: Any = LogisticRegression(C=10.0, max_iter=500)
    model.fit(margins[:, None], truth)
    slope = float(model.coef_[0][0])
    return (slope, float(model.intercept_[0])) if slope > 0 else (1.0, 0.0)


def _evaluate(specialist: Specialist, examples: Sequence[Example]) -> list[Metric]:
    embedded = None
    if specialist.embedder is not None and specialist.vectors is not None:
        embedded = embed_all(specialist.embedder, [example.text for example in examples])
    judged = judge_all(specialist, examples, embedded)
    automated = [one for one in judged if one.is_automated(specialist.certificate)]
    figures = [
        _share("exact label set", sum(one.correct for one in judged), len(judged)),
        _share("automated", len(automated), len(judged)),
        _share("wrong among automated", sum(not one.correct for one in automated), len(automated)),
    ]
    if specialist.vectors is not None:
        figures.append(_share("in scope by the gate", sum(one.in_scope for one in judged), len(judged)))
    bins = [(int(min(9, one.score * 10)), one.correct, one.score) for one in judged]
    gap = sum(
        abs(sum(right - score for place, right, score in bins if place == one))
        for one in {place for place, _, _ in bins}
    )
    figures.append(
        Metric(
            name="calibration error",
            value=gap / len(bins),
            low=None,
            high=None,
            n=len(bins),
            method="ECE, 10 bins",
        )
    )
    for label in specialist.labels:
        wanted = [one for one, example in zip(judged, examples, strict=True) if label in example.labels]
        figures.append(_share(f"recall {label}", sum(label in one.found for one in wanted), len(wanted)))
    return figures


def _share(name: str, hits: int, n: int) -> Metric:
    if n == 0:
        return Metric(name=name, value=None, low=None, high=None, n=0, method="absent: no case")
    z, p = 1.959964, hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Metric(
        name=name,
        value=p,
        low=max(0.0, middle - half),
        high=min(1.0, middle + half),
        n=n,
        method="Wilson 95 %",
    )


def _publish(specialist: Specialist, figures: Sequence[Metric], home: Path, probes: Sequence[str]) -> tuple[str, Path]:
    temporary = home / f".building-{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    specialist.save(temporary)
    (temporary / _EVALUATION).write_text(json.dumps([asdict(f) for f in figures], indent=2), encoding="utf-8")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(temporary.iterdir())))
    version = digest.hexdigest()[:12]
    again = Specialist.load(temporary, specialist.embedder)
    for text in probes:
        before, after = specialist.predict(text), again.predict(text)
        same = before.reason == after.reason and before.labels == after.labels
        if not same or not np.isclose(before.score, after.score, atol=1e-5):
            shutil.rmtree(temporary, ignore_errors=True)
            what = f"{specialist.name}: the saved version does not predict what the trained one did"
            raise RunError("specialist.not-reproduced", what)
    folder = home / version
    if folder.exists():
        shutil.rmtree(temporary)
    else:
        temporary.rename(folder)
    return version, folder
