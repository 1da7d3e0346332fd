"""The files of a version: arrays without pickle, the model, the certificate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from compound.errors import ConnectorError
from compound.specialist.scope import VectorModel
from compound.specialist.types import Certificate
from compound.specialist.words import WordModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT: Final = "specialist/v2"
ARRAYS, MODEL, CERTIFICATE = "arrays.safetensors", "model.json", "certificate.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Content of a version's files; see `Specialist`."""

    name: str
    version: str
    labels: tuple[str, ...]
    words: WordModel | None
    vectors: VectorModel | None
    scale: NDArray[np.float32]
    exclusive: bool
    certificate: Certificate
    certificate_id: str
    fingerprint: Mapping[str, str]


def save(specialist: Stored, folder: Path) -> None:
    """Write the version's files; the folder must exist."""
    from safetensors.numpy import save_file

    arrays: dict[str, NDArray[Any]] = {"scale": specialist.scale}
    record: dict[str, object] = {
        "format": FORMAT,
        "name": specialist.name,
        "labels": specialist.labels,
        "exclusive": specialist.exclusive,
        "embedder": specialist.fingerprint,
    }
    if words := specialist.words:
        arrays |= {"idf": words.idf, "word_weights": words.weights, "word_bias": words.bias}
        record |= {"domain": words.domain, "terms": sorted(words.terms, key=lambda name: words.terms[name])}
    if vectors := specialist.vectors:
        arrays |= {
            "vector_weights": vectors.weights,
            "vector_bias": vectors.bias,
            "references": vectors.references.astype(np.float16),
            "centre": vectors.centre,
            "spread": vectors.spread,
        }
        record["least_scope"] = vectors.least
    # safetensors silently writes Fortran-ordered arrays in the wrong order: always use C order.
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / ARRAYS)
    (folder / MODEL).write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    certificate = {"id": specialist.certificate_id, **asdict(specialist.certificate)}
    (folder / CERTIFICATE).write_text(json.dumps(certificate, indent=2), encoding="utf-8")


def read(folder: Path) -> Stored:
    """Read a version; see `Specialist.load`."""
    from safetensors.numpy import load_file

    try:
        record: dict[str, Any] = json.loads((folder / MODEL).read_text(encoding="utf-8"))
        if record["format"] != FORMAT:
            raise ValueError(f"its format is {record['format']}, not {FORMAT}")  # noqa: TRY301 -- told like the others
        certificate, identity = read_certificate(folder)
        arrays: dict[str, NDArray[Any]] = load_file(folder / ARRAYS)
        words, vectors = _words(record, arrays), _vectors(record, arrays)
        for model in (words, vectors):
            if model is not None and model.weights.shape[1] not in {0, len(record["labels"])}:
                raise ValueError("the arrays do not match the model file")  # noqa: TRY301 -- told like the others
        return Stored(
            name=record["name"],
            version=folder.name,
            labels=tuple(record["labels"]),
            words=words,
            vectors=vectors,
            scale=arrays["scale"],
            exclusive=record["exclusive"],
            certificate=certificate,
            certificate_id=identity,
            fingerprint=record["embedder"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConnectorError(
            "specialist.damaged",
            f"{folder.name} of {folder.parent.name} cannot be read: {error}",
            fix=f"compound train {folder.parent.name}",
        ) from error


def read_certificate(folder: Path) -> tuple[Certificate, str]:
    """The certificate of a version and its id.

    Raises:
        OSError: it does not exist.
        ValueError: it is not JSON.
        TypeError: it has another format.
    """
    stored = json.loads((folder / CERTIFICATE).read_text(encoding="utf-8"))
    identity = str(stored.pop("id"))
    stored["assumes"] = tuple(stored.get("assumes") or ())
    return Certificate(**stored), identity


def _words(record: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> WordModel | None:
    if "terms" not in record:
        return None
    weights = arrays["word_weights"]
    if len(weights) != len(record["terms"]):
        raise ValueError("the arrays do not match the model file")
    return WordModel(
        terms={term: row for row, term in enumerate(record["terms"])},
        idf=arrays["idf"],
        weights=weights,
        bias=arrays["word_bias"],
        domain=record["domain"],
    )


def _vectors(record: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> VectorModel | None:
    if "references" not in arrays:
        return None
    return VectorModel(
        weights=arrays["vector_weights"],
        bias=arrays["vector_bias"],
        references=arrays["references"].astype(np.float32),
        centre=arrays["centre"],
        spread=arrays["spread"],
        least=float(record["least_scope"]),
    )
