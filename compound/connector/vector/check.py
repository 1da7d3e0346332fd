"""Checks shared by all engines: filters before a search, stored data after a build."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from compound.connector.vector.documents import DocumentsReader
from compound.connector.vector.types import (
    Filter,
    IndexManifest,
    IndexStore,
    Scalar,
    StoredDocument,
    StoredPassage,
    Vector,
    Verification,
)
from compound.errors import ConnectorError, choices

_SHOWN = 20


def check_filters(filters: Sequence[Filter], manifest: IndexManifest) -> None:
    """Refuse a filter by an unknown key, which would silently find nothing.

    Raises:
        ConnectorError: `vector.unknown-filter`.
    """
    known = {*manifest.filters, "doc_id", "source"}
    for key in (key for each in filters for key in each):
        if key not in known:
            raise ConnectorError(
                "vector.unknown-filter",
                f"index {manifest.name!r} has no metadata key {key!r}; {choices(sorted(known), key)}",
                fix="filter by one of them, or add it to the documents' metadata",
            )


def check_vector(passage: StoredPassage, manifest: IndexManifest) -> Vector:
    """The passage's vector, checked for length and finite values.

    Raises:
        ConnectorError: `vector.bad-vector`.
    """
    vector = passage.vector
    if vector is None or vector.shape != (manifest.dimension,) or not np.isfinite(vector).all():
        raise ConnectorError(
            "vector.bad-vector", f"passage {passage.id} has no finite vector with {manifest.dimension} dimensions"
        )
    return vector


def keyword(value: Scalar) -> str:
    """A metadata value as a Qdrant filter keyword: its JSON text.

    Edge 0.9 treats True in a match as the number 1, and a match accepts one type; as keywords, true, 1 and "1" are
    distinct.
    """
    return json.dumps(value, ensure_ascii=False)


def in_batches(passages: Iterable[StoredPassage], size: int) -> Iterator[list[StoredPassage]]:
    """Passages in lists of at most `size`."""
    batch: list[StoredPassage] = []
    for passage in passages:
        batch.append(passage)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def digest_of(digests: Mapping[str, str]) -> str:
    """Hash over all ids and digests of documents."""
    total = hashlib.sha256()
    for key in sorted(digests):
        total.update(f"{key}\x00{digests[key]}\x00".encode())
    return total.hexdigest()


def document_digest(document: StoredDocument) -> str:
    """Hash of all indexed content of a document."""
    meta = "\x00".join(f"{key}={document.meta[key]!r}" for key in sorted(document.meta))
    parts = (document.id, document.title, document.source, document.version, meta, document.text)
    return hashlib.blake2b("\x01".join(parts).encode(), digest_size=16).hexdigest()


def points_digest(
    reader: DocumentsReader, manifest: IndexManifest, points: int, problems: Sequence[str]
) -> Verification:
    """Recompute the hash and spans of every stored document, and compare counts."""
    found = list(problems)
    digests: dict[str, str] = {}
    for document in reader.documents():
        digests[document.id] = document.digest
        if document_digest(document) != document.digest:
            found.append(f"document {document.id!r} does not match its hash")
    stored = reader.rows("select count(*), count(distinct doc_id) from passage")[0]
    orphans = reader.rows("select count(*) from passage where doc_id not in (select id from document)")[0][0]
    passages = int(str(stored[0]))
    if orphans:
        found.append(f"{orphans} passages have no document")
    if len(digests) != manifest.documents or digest_of(digests) != manifest.digest:
        found.append(f"{len(digests)} documents stored, the manifest says {manifest.documents}, or their hashes differ")
    if passages != manifest.passages or points != manifest.passages:
        found.append(f"{passages} passages stored, {points} points searched, the manifest says {manifest.passages}")
    return Verification(
        ok=not found, documents=len(digests), passages=passages, points=points, problems=tuple(found[:_SHOWN])
    )


def compare(store: IndexStore, documents: Sequence[StoredDocument]) -> None:
    """Refuse a version that does not contain exactly these documents.

    Raises:
        ConnectorError: `vector.verify`.
    """
    given = {document.id: document.digest for document in documents}
    found = store.digests()
    result = store.verify()
    problems = list(result.problems)
    if found != given:
        lost = sorted(given.keys() - found.keys())[:3]
        problems.append(f"{len(given)} documents given, {len(found)} stored; lost: {lost}")
    if problems:
        raise ConnectorError(
            "vector.verify",
            f"index {store.manifest.name!r} was not stored correctly: {'; '.join(problems)}",
            fix="nothing was published; free disk space and retry",
        )
