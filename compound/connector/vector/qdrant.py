"""Qdrant servers: one collection per version, published by moving an alias; no local files."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from compound.connector.vector.bm25 import sparse_weights
from compound.connector.vector.check import check_filters, compare, digest_of, document_digest, in_batches
from compound.connector.vector.qdrant_wire import META, document_of, filter_of, key_of, passage_of, point_of
from compound.connector.vector.types import (
    Filter,
    Hit,
    IndexManifest,
    IndexStore,
    StoredDocument,
    StoredPassage,
    StoreKind,
    Vector,
    Verification,
)
from compound.errors import ConnectorError, choices

if TYPE_CHECKING:
    from qdrant_client import QdrantClient, models

    _Payload = dict[str, object]

_BATCH: Final = 200
_SCROLL: Final = 1_000
_MEMORY_POINTS: Final = 5_000
_TIMEOUT_S: Final = 30


class QdrantEngine:
    """Builds and opens versions on a server; `:memory:` is a slow fixture for tests, in this process."""

    def __init__(self, url: str, *, api_key: str = "", client: QdrantClient | None = None) -> None:
        from qdrant_client import QdrantClient

        self._in_memory = url == ":memory:"
        if client is None and self._in_memory:
            client = QdrantClient(":memory:")
        self._client = client or QdrantClient(url=url, api_key=api_key or None, timeout=_TIMEOUT_S)

    @property
    def kind(self) -> StoreKind:
        """`qdrant`."""
        return "qdrant"

    def current(self, name: str) -> str:
        """The published version; empty if there is none."""
        for alias in self._client.get_aliases().aliases:
            if alias.alias_name == name:
                return alias.collection_name.removeprefix(f"{name}.")
        return ""

    def build(
        self, manifest: IndexManifest, documents: Sequence[StoredDocument], passages: Iterable[StoredPassage]
    ) -> None:
        """See `IndexEngine.build`; a build that fails removes its collection."""
        if self._in_memory and manifest.passages > _MEMORY_POINTS:
            warnings.warn(f"{manifest.passages} points in ':memory:', which is a test fixture", stacklevel=2)
        collection = f"{manifest.name}.{manifest.version}"
        before = self.current(manifest.name)
        self._create(collection, manifest)
        try:
            self._fill(collection, manifest, documents, passages)
            compare(QdrantStore(self._client, collection, manifest), documents)
        except BaseException:
            self._client.delete_collection(collection)
            raise
        self._publish(manifest.name, collection, has_old=bool(before))
        self._prune(manifest.name, keep={collection, f"{manifest.name}.{before}"})

    def open(self, name: str, version: str = "") -> IndexStore:
        """See `IndexEngine.open`."""
        chosen = version or self.current(name)
        if not chosen:
            known = [alias.alias_name for alias in self._client.get_aliases().aliases]
            raise ConnectorError(
                "vector.no-index",
                f"index {name!r} does not exist on the server; {choices(known, name)}",
                fix="compound index",
            )
        collection = f"{name}.{chosen}"
        found = self._client.retrieve(collection, [key_of("manifest", "")], with_payload=True)
        if not found:
            raise ConnectorError("vector.no-version", f"collection {collection!r} has no manifest", fix="rebuild it")
        data = dict(cast("Mapping[str, object]", (found[0].payload or {})["manifest"]))
        data["filters"] = tuple(cast("Sequence[str]", data["filters"]))
        manifest = IndexManifest(**data)  # pyright: ignore[reportArgumentType] # written by `_fill`
        return QdrantStore(self._client, collection, manifest)

    def _create(self, collection: str, manifest: IndexManifest) -> None:
        from qdrant_client import models

        dense = {"dense": models.VectorParams(size=manifest.dimension, distance=models.Distance.DOT)}
        self._client.create_collection(
            collection,
            vectors_config=dense if manifest.dimension else {},
            sparse_vectors_config={"lexical": models.SparseVectorParams(modifier=models.Modifier.IDF)},
        )
        if not self._in_memory:
            for key in ("kind", "doc_id", "source", *(f"{META}.{key}" for key in manifest.filters)):
                self._client.create_payload_index(collection, key, models.PayloadSchemaType.KEYWORD)

    def _fill(
        self,
        collection: str,
        manifest: IndexManifest,
        documents: Sequence[StoredDocument],
        passages: Iterable[StoredPassage],
    ) -> None:
        from qdrant_client import models

        for start in range(0, len(documents), _BATCH):
            points = [
                models.PointStruct(id=key_of("document", d.id), vector={}, payload={"kind": "document", **asdict(d)})
                for d in documents[start : start + _BATCH]
            ]
            self._client.upsert(collection, points, wait=True)
        for batch in in_batches(passages, _BATCH):
            self._client.upsert(collection, [point_of(passage, manifest) for passage in batch], wait=True)
        payload: _Payload = {"kind": "manifest", "manifest": asdict(manifest)}
        self._client.upsert(
            collection, [models.PointStruct(id=key_of("manifest", ""), vector={}, payload=payload)], wait=True
        )

    def _publish(self, name: str, collection: str, *, has_old: bool) -> None:
        from qdrant_client import models

        drop = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=name))
        make = models.CreateAliasOperation(create_alias=models.CreateAlias(collection_name=collection, alias_name=name))
        self._client.update_collection_aliases([drop, make] if has_old else [make])

    def _prune(self, name: str, keep: set[str]) -> None:
        for each in self._client.get_collections().collections:
            if each.name.startswith(f"{name}.") and each.name < max(keep) and each.name not in keep:
                self._client.delete_collection(each.name)


class QdrantStore:
    """A version on a server."""

    def __init__(self, client: QdrantClient, collection: str, manifest: IndexManifest) -> None:
        self._client = client
        self._collection = collection
        self._manifest = manifest

    @property
    def manifest(self) -> IndexManifest:
        """The manifest of the version."""
        return self._manifest

    def search_lexical(self, terms: Mapping[str, int], *, limit: int, filters: Sequence[Filter] = ()) -> list[Hit]:
        """See `IndexStore.search_lexical`."""
        from qdrant_client import models

        check_filters(filters, self._manifest)
        if not terms or not self._manifest.passages:
            return []
        keys, values = sparse_weights({term: float(count) for term, count in terms.items()})
        return self._search(models.SparseVector(indices=keys, values=values), "lexical", limit, filters)

    def search_dense(self, vector: Vector, *, limit: int, filters: Sequence[Filter] = ()) -> list[Hit]:
        """See `IndexStore.search_dense`."""
        check_filters(filters, self._manifest)
        if not self._manifest.dimension or not self._manifest.passages:
            return []
        return self._search(vector.tolist(), "dense", limit, filters)

    def _search(self, query: object, using: str, limit: int, filters: Sequence[Filter]) -> list[Hit]:
        found = self._client.query_points(
            self._collection,
            query=cast("list[float]", query),
            using=using,
            limit=limit,
            query_filter=filter_of(filters),
            with_payload=False,
        )
        hits = [Hit(cast("int", point.id), point.score) for point in found.points]
        return sorted(hits, key=lambda hit: (-hit.score, hit.row))

    def fetch(self, rows: Sequence[int]) -> dict[int, StoredPassage]:
        """See `IndexStore.fetch`."""
        found = self._client.retrieve(self._collection, list(rows), with_payload=True) if rows else []
        return {cast("int", each.id): passage_of(cast("int", each.id), each.payload or {}) for each in found}

    def document(self, doc_id: str) -> StoredDocument | None:
        """See `IndexStore.document`."""
        found = self._client.retrieve(self._collection, [key_of("document", doc_id)], with_payload=True)
        return document_of(found[0].payload or {}) if found else None

    def vectors(self, rows: Sequence[int]) -> Vector:
        """See `IndexStore.vectors`."""
        out = np.zeros((len(rows), self._manifest.dimension), np.float32)
        place = {row: index for index, row in enumerate(rows)}
        for start in range(0, len(rows), _SCROLL):
            part = list(rows[start : start + _SCROLL])
            for each in self._client.retrieve(self._collection, part, with_payload=False, with_vectors=["dense"]):
                out[place[cast("int", each.id)]] = cast("Mapping[str, list[float]]", each.vector)["dense"]
        return out

    def spans(self) -> dict[str, list[tuple[int, int, int, str]]]:
        """See `IndexStore.spans`."""
        out: dict[str, list[tuple[int, int, int, str]]] = {}
        for row, payload in self._all("passage", ["doc_id", "start", "end", "heading"]):
            span = (row, cast("int", payload["start"]), cast("int", payload["end"]), str(payload["heading"]))
            out.setdefault(str(payload["doc_id"]), []).append(cast("tuple[int, int, int, str]", span))
        return {key: sorted(found) for key, found in out.items()}

    def digests(self) -> dict[str, str]:
        """See `IndexStore.digests`."""
        return {str(payload["id"]): str(payload["digest"]) for _, payload in self._all("document", ["id", "digest"])}

    def verify(self) -> Verification:
        """See `IndexStore.verify`; documents and passages are both on the server."""
        problems: list[str] = []
        digests: dict[str, str] = {}
        for _, payload in self._all("document", True):
            document = document_of(payload)
            digests[document.id] = document.digest
            if document_digest(document) != document.digest:
                problems.append(f"document {document.id!r} does not match its hash")
        points = self._all("passage", ["doc_id", "digest"])
        problems += [f"point {row} is stale" for row, p in points if digests.get(str(p["doc_id"])) != p["digest"]]
        manifest = self._manifest
        if digest_of(digests) != manifest.digest or len(points) != manifest.passages:
            problems.append(f"{len(digests)} documents and {len(points)} passages do not match the manifest")
        return Verification(
            ok=not problems,
            documents=len(digests),
            passages=manifest.passages,
            points=len(points),
            problems=tuple(problems[:20]),
        )

    def close(self) -> None:
        """See `IndexStore.close`; the engine keeps the connection."""

    def _all(self, kind: str, fields: list[str] | bool) -> list[tuple[int | str, _Payload]]:
        from qdrant_client import models

        match = models.FieldCondition(key="kind", match=models.MatchValue(value=kind))
        out: list[tuple[int | str, _Payload]] = []
        offset: object = None
        while True:
            found, offset = self._client.scroll(
                self._collection,
                scroll_filter=models.Filter(must=[match]),
                limit=_SCROLL,
                offset=cast("models.ExtendedPointId | None", offset),
                with_payload=fields,
            )
            out += [(cast("int | str", each.id), cast("_Payload", each.payload or {})) for each in found]
            if offset is None:
                return out
