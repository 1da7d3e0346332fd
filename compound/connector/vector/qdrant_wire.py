"""Passages, documents and filters in the format of a Qdrant server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast
from uuid import NAMESPACE_URL, uuid5

from compound.connector.vector.bm25 import passage_weights, sparse_weights
from compound.connector.vector.check import check_vector, keyword
from compound.connector.vector.types import Filter, IndexManifest, Scalar, StoredDocument, StoredPassage

if TYPE_CHECKING:
    from qdrant_client import models

META: Final = "meta"


def key_of(kind: str, name: str) -> str:
    """Id of a point that is not a passage."""
    return str(uuid5(NAMESPACE_URL, f"compound:{kind}:{name}"))


def point_of(passage: StoredPassage, manifest: IndexManifest) -> models.PointStruct:
    """A passage as a point, with both vectors and everything that a search returns."""
    from qdrant_client import models

    keys, values = sparse_weights(passage_weights(passage.terms, manifest.mean_terms))
    vector: dict[str, object] = {"lexical": models.SparseVector(indices=keys, values=values)}
    if manifest.dimension:
        vector["dense"] = check_vector(passage, manifest).tolist()
    document = passage.document
    payload = {
        "kind": "passage",
        "id": passage.id,
        "doc_id": document.id,
        "source": document.source,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "heading": passage.heading,
        "title": document.title,
        "version": document.version,
        "digest": document.digest,
        "data": dict(document.meta),
        META: {key: keyword(value) for key, value in document.meta.items()},
    }
    return models.PointStruct(id=passage.row, vector=cast("models.VectorStruct", vector), payload=payload)


def document_of(payload: Mapping[str, object]) -> StoredDocument:
    """A document from its point."""
    fields = {key: value for key, value in payload.items() if key != "kind"}
    return StoredDocument(**fields)  # pyright: ignore[reportArgumentType] # written by `_fill`


def passage_of(row: int, payload: Mapping[str, object]) -> StoredPassage:
    """A passage from its point."""
    texts = {key: str(payload[key]) for key in ("id", "doc_id", "text", "heading", "title", "source")}
    document = StoredDocument(
        id=texts["doc_id"],
        text="",
        title=texts["title"],
        source=texts["source"],
        version=str(payload["version"]),
        digest=str(payload["digest"]),
        meta=cast("Mapping[str, Scalar]", payload["data"]),
    )
    return StoredPassage(
        row=row,
        id=texts["id"],
        document=document,
        text=texts["text"],
        start=cast("int", payload["start"]),
        end=cast("int", payload["end"]),
        heading=texts["heading"],
    )


def filter_of(filters: Sequence[Filter]) -> models.Filter | None:
    """Filters in the server's format; all must match."""
    from qdrant_client import models

    conditions: list[models.Condition] = []
    for each in filters:
        for key, wanted in each.items():
            values = [wanted] if isinstance(wanted, str | int) else list(wanted)
            if key in {"doc_id", "source"}:
                texts, field = [str(value) for value in values], key
            else:
                texts, field = [keyword(value) for value in values], f"{META}.{key}"
            match = models.FieldCondition(key=field, match=models.MatchAny(any=texts))
            conditions.append(match if values else models.HasIdCondition(has_id=[]))
    return models.Filter(must=conditions) if conditions else None
