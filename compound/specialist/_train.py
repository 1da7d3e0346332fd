"""Training: split by group, fit, calibrate, certify, save, reload, compare."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from compound.errors import DataError, RunError
from compound.specialist._certify import certify
from compound.specialist._features import features, vocabulary
from compound.specialist._specialist import Specialist
from compound.specialist._types import Certificate, Example, Figure, TrainingReport

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

Part = Literal["fit", "calibrate", "test"]

_MOST_TERMS: Final = 20_000
_LEAST_TEXTS: Final = 2
_DOMAIN_QUANTILE: Final = 0.005
_EVALUATION: Final = "evaluation.json"


def part_of(group: str) -> Part:
    """Which part a group is in: 60 % fit, 20 % calibrate, 20 % test, by the hash of its name."""
    place = int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") / 2**32
    return "fit" if place < 0.6 else "calibrate" if place < 0.8 else "test"


def train(
    name: str,
    examples: Sequence[Example],
    root: Path,
    *,
    target_error: float = 0.02,
    confidence: float = 0.90,
) -> TrainingReport:
    """Train a specialist and save it as a new version below `root/name/`; it is not promoted.

    The version that is saved was fitted on the `fit` part, calibrated and certified on `calibrate`, and its
    figures come from `test`; no group is in two parts.

    Raises:
        DataError: `specialist.too-few`: a part has no example, or there is no label.
        RunError: `specialist.not-reproduced`: the saved version does not predict what the trained one did.
    """
    begin = time.perf_counter()
    parts: dict[Part, list[Example]] = {"fit": [], "calibrate": [], "test": []}
    for example in examples:
        parts[part_of(example.group)].append(example)
    labels = sorted({label for example in parts["fit"] for label in example.labels})
    if not labels or any(not part for part in parts.values()):
        sizes = {part: len(found) for part, found in parts.items()}
        raise DataError(
            "specialist.too-few", f"{name}: {len(examples)} examples give {sizes} and {len(labels)} labels",
            fix="more labelled examples, of more groups",
        )  # fmt: skip
    bare = _fit(name, parts["fit"], labels)
    specialist = _calibrate(bare, parts["calibrate"], target_error=target_error, confidence=confidence)
    figures = _evaluate(specialist, parts["test"])
    version, folder = _publish(specialist, figures, root / name, [example.text for example in parts["test"]])
    return TrainingReport(
        name=name,
        version=version,
        folder=folder,
        examples=len(examples),
        seconds=time.perf_counter() - begin,
        figures=tuple(figures),
        certificate=specialist.certificate.sentence(),
        certified=specialist.certificate.threshold is not None,
    )


def _fit(name: str, examples: Sequence[Example], labels: Sequence[str]) -> Specialist:
    counted = [features(example.text) for example in examples]
    terms = {term: row for row, term in enumerate(vocabulary(counted, least=_LEAST_TEXTS, most=_MOST_TERMS))}
    matrix, idf = _matrix(counted, terms)
    weights = np.zeros((len(terms), len(labels)), dtype=np.float32)
    bias = np.zeros(len(labels), dtype=np.float32)
    for column, label in enumerate(labels):
        truth = np.array([label in example.labels for example in examples])
        weights[:, column], bias[column] = _one_label(matrix, truth, len(terms))
    known = [sum(term in terms for term in counts) / max(1, len(counts)) for counts in counted]
    return Specialist(
        name=name,
        version="",
        labels=labels,
        terms=terms,
        idf=idf,
        weights=weights,
        bias=bias,
        scale=np.tile(np.array([1.0, 0.0], dtype=np.float32), (len(labels), 1)),
        exclusive=all(len(example.labels) == 1 for example in examples),
        domain=float(np.quantile(known, _DOMAIN_QUANTILE)) * 0.7,
        certificate=Certificate(threshold=None, coverage=0, errors=0, n=0, target_error=0, confidence=0),
    )


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


def _calibrate(bare: Specialist, examples: Sequence[Example], *, target_error: float, confidence: float) -> Specialist:
    is_exclusive, bare.exclusive = bare.exclusive, False
    raw = np.array([_logit(bare.probabilities(example.text)[0]) for example in examples])
    bare.exclusive = is_exclusive
    scale = np.array(
        [
            _platt(raw[:, column], np.array([label in example.labels for example in examples]))
            for column, label in enumerate(bare.labels)
        ],
        dtype=np.float32,
    )
    bare.scale = scale
    scores, correct = _judged(bare, examples)
    bare.certificate = certify(scores, correct, target_error=target_error, confidence=confidence)
    digest = hashlib.sha256(json.dumps([scores, correct]).encode()).hexdigest()
    bare.certificate_id = digest[:12] if bare.certificate.threshold is not None else ""
    return bare


def _platt(margins: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset that make the margins probabilities (Platt 1999); the identity where one class is missing."""
    if truth.all() or not truth.any():
        return 1.0, 0.0
    from sklearn.linear_model import LogisticRegression

    model: Any = LogisticRegression(C=10.0, max_iter=500)
    model.fit(margins[:, None], truth)
    slope = float(model.coef_[0][0])
    return (slope, float(model.intercept_[0])) if slope > 0 else (1.0, 0.0)


def _logit(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(probabilities, 1e-12, 1 - 1e-12)
    return np.log(clipped) - np.log1p(-clipped)


def _judged(specialist: Specialist, examples: Sequence[Example]) -> tuple[list[float], list[bool]]:
    scores: list[float] = []
    correct: list[bool] = []
    for example in examples:
        probabilities, _ = specialist.probabilities(example.text)
        found, score = specialist.chosen(probabilities)
        scores.append(score)
        correct.append(set(found) == set(example.labels))
    return scores, correct


def _evaluate(specialist: Specialist, examples: Sequence[Example]) -> list[Figure]:
    scores, correct = _judged(specialist, examples)
    figures = [_share("exact label set", sum(correct), len(correct))]
    automated = [
        right for example, right in zip(examples, correct, strict=True) if specialist.predict(example.text).automated
    ]
    figures.append(_share("automated", len(automated), len(examples)))
    figures.append(_share("wrong among automated", automated.count(False), len(automated)))
    bins = [(int(min(9, score * 10)), right, score) for score, right in zip(scores, correct, strict=True)]
    gap = sum(
        abs(sum(right - score for place, right, score in bins if place == one))
        for one in {place for place, _, _ in bins}
    )
    figures.append(
        Figure(
            name="calibration error",
            value=gap / len(bins),
            low=None,
            high=None,
            n=len(bins),
            method="ECE, 10 bins",
        )
    )
    predicted = [set(specialist.predict(example.text).labels) for example in examples]
    for label in specialist.labels:
        wanted = [found for found, example in zip(predicted, examples, strict=True) if label in example.labels]
        figures.append(_share(f"recall {label}", sum(label in found for found in wanted), len(wanted)))
    return figures


def _share(name: str, hits: int, n: int) -> Figure:
    if n == 0:
        return Figure(name=name, value=None, low=None, high=None, n=0, method="absent: no case")
    z, p = 1.959964, hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Figure(
        name=name,
        value=p,
        low=max(0.0, middle - half),
        high=min(1.0, middle + half),
        n=n,
        method="Wilson 95 %",
    )


def _publish(specialist: Specialist, figures: Sequence[Figure], home: Path, probes: Sequence[str]) -> tuple[str, Path]:
    beside = home / f".building-{os.getpid()}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    specialist.save(beside)
    (beside / _EVALUATION).write_text(json.dumps([asdict(f) for f in figures], indent=2), encoding="utf-8")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(beside.iterdir())))
    version = digest.hexdigest()[:12]
    again = Specialist.load(beside)
    for text in probes:
        before, after = specialist.probabilities(text)[0], again.probabilities(text)[0]
        if not np.allclose(before, after, atol=1e-6):
            shutil.rmtree(beside, ignore_errors=True)
            raise RunError("specialist.not-reproduced", f"{specialist.name}: the saved version predicts otherwise")
    folder = home / version
    if folder.exists():
        shutil.rmtree(beside)
    else:
        beside.rename(folder)
    return version, folder
