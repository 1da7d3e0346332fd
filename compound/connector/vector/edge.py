"""Qdrant Edge: the Rust engine in this process, on a private copy of an immutable version.

Edge has no lock between processes and rewrites `edge_config.json` when it loads a shard, so each opened store works in
its own folder: that file is copied, all others are hard links. Without a write-ahead log, loading, searching and
closing do not change the other files (0.9: 31 of 32 files byte for byte; tested).
"""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from compound.connector.vector.bm25 import passage_weights, sparse_weights
from compound.connector.vector.check import check_filters, check_vector, compare, in_batches, keyword, points_digest
from compound.connector.vector.documents import DocumentsReader, DocumentsWriter
from compound.connector.vector.room import is_full, require_room, reserve
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
from compound.connector.vector.versions import VersionFolder
from compound.errors import ConnectorError

if TYPE_CHECKING:
    import qdrant_edge as edge

_MUTABLE: Final = frozenset({"edge_config.json"})
_TOUCHED: Final = 8 << 20
"""Edge reads files up to this size completely on load; of larger ones only written pages."""
_BATCH: Final = 500
_SCROLL: Final = 2_000


class EdgeEngine:
    """Builds and opens versions searched by Qdrant Edge."""

    def __init__(self, root: Path) -> None:
        self._versions = VersionFolder(root)

    @property
    def kind(self) -> StoreKind:
        """`edge`."""
        return "edge"

    def current(self, name: str) -> str:
        """The published version; empty if there is none."""
        return self._versions.current(name)

    def build(
        self, manifest: IndexManifest, documents: Sequence[StoredDocument], passages: Iterable[StoredPassage]
    ) -> None:
        """See `IndexEngine.build`."""
        with self._versions.building(manifest) as folder:
            require_room(folder, manifest.name)
            _write(folder, manifest, documents, passages)
            store = EdgeStore(folder, manifest)
            try:
                compare(store, documents)
            finally:
                store.close()

    def open(self, name: str, version: str = "") -> IndexStore:
        """See `IndexEngine.open`."""
        folder, manifest = self._versions.locate(name, version, "edge")
        try:
            reserve(folder, largest=_TOUCHED)
            copy = self._versions.private_copy(folder, copied=_MUTABLE)
        except OSError as error:
            raise _cannot_copy(name, folder, _why(error)) from error
        try:
            return EdgeStore(copy, manifest, removed=copy)
        except Exception as error:
            shutil.rmtree(copy, ignore_errors=True)
            if is_full(error):
                raise _cannot_copy(name, folder, str(error)) from error
            raise ConnectorError(
                "vector.damaged",
                f"version {manifest.version} of index {name!r} cannot be opened: {error}",
                fix="compound index rebuilds it",
            ) from error


def _cannot_copy(name: str, folder: Path, why: str) -> ConnectorError:
    what = f"index {name!r} cannot be opened: {folder} cannot be copied: {why}"
    return ConnectorError("vector.cannot-copy", what, fix="free some space, or check the folder's permissions")


def _why(error: OSError) -> str:
    """The first error that `shutil` collected, else the system's message."""
    found: object = error.args[0] if isinstance(error, shutil.Error) and error.args else None
    return str(cast("list[tuple[str, str, str]]", found)[0][2]) if found else error.strerror or str(error)


def _config(manifest: IndexManifest) -> edge.EdgeConfig:
    import qdrant_edge as edge

    dense = {"dense": edge.EdgeVectorParams(size=manifest.dimension, distance=edge.Distance.Dot)}
    return edge.EdgeConfig(
        vectors=dense if manifest.dimension else None,
        sparse_vectors={"lexical": edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        wal_enabled=False,
    )


def _write(
    folder: Path,
    manifest: IndexManifest,
    documents: Sequence[StoredDocument],
    passages: Iterable[StoredPassage],
) -> None:
    import qdrant_edge as edge

    writer = DocumentsWriter(folder)
    writer.add_documents(documents)
    (folder / "shard").mkdir()
    shard = edge.EdgeShard.create(str(folder / "shard"), _config(manifest))
    for key in (*manifest.filters, "doc_id", "source"):
        shard.update(edge.UpdateOperation.create_field_index(key, edge.PayloadSchemaType.Keyword))
    for batch in in_batches(passages, _BATCH):
        writer.add_passages(batch)
        points = [_point(passage, manifest) for passage in batch]
        shard.update(edge.UpdateOperation.upsert_points(points))
    writer.close()
    shard.optimize()
    shard.flush()
    shard.close()


def _point(passage: StoredPassage, manifest: IndexManifest) -> edge.Point:
    import qdrant_edge as edge

    keys, values = sparse_weights(passage_weights(passage.terms, manifest.mean_terms))
    vector: dict[str, object] = {"lexical": edge.SparseVector(keys, values)}
    if manifest.dimension:
        vector["dense"] = check_vector(passage, manifest).tolist()
    document = passage.document
    shown = {**document.meta, "doc_id": document.id, "source": document.source}
    payload = {**{key: keyword(value) for key, value in shown.items()}, "digest": document.digest}
    return edge.Point(id=passage.row, vector=cast("edge.Vector", vector), payload=payload)


class EdgeStore:
    """An opened version."""

    def __init__(self, folder: Path, manifest: IndexManifest, *, removed: Path | None = None) -> None:
        import qdrant_edge as edge

        self._manifest = manifest
        self._reader = DocumentsReader(folder)
        self._shard = edge.EdgeShard.load(str(folder / "shard"))
        self._closed = False
        # Remove the links of a store that was not closed.
        self._cleanup = None if removed is None else weakref.finalize(self, shutil.rmtree, removed, ignore_errors=True)

    @property
    def manifest(self) -> IndexManifest:
        """The manifest of the version."""
        return self._manifest

    def search_lexical(self, terms: Mapping[str, int], *, limit: int, filters: Sequence[Filter] = ()) -> list[Hit]:
        """See `IndexStore.search_lexical`; the engine computes each term's rarity over the whole index."""
        import qdrant_edge as edge

        if not terms or not self._manifest.passages:
            check_filters(filters, self._manifest)
            return []
        keys, values = sparse_weights({term: float(count) for term, count in terms.items()})
        return self._search(edge.Query.Nearest(edge.SparseVector(keys, values), using="lexical"), limit, filters)

    def search_dense(self, vector: Vector, *, limit: int, filters: Sequence[Filter] = ()) -> list[Hit]:
        """See `IndexStore.search_dense`; exact in small indexes, an HNSW graph in large ones."""
        import qdrant_edge as edge

        if not self._manifest.dimension or not self._manifest.passages:
            check_filters(filters, self._manifest)
            return []
        return self._search(edge.Query.Nearest(vector.tolist(), using="dense"), limit, filters)

    def _search(self, query: edge.Query, limit: int, filters: Sequence[Filter]) -> list[Hit]:
        import qdrant_edge as edge

        check_filters(filters, self._manifest)
        request = edge.QueryRequest(limit=limit, query=query, filter=_filter(filters), with_payload=False)
        hits = [Hit(cast("int", point.id), point.score) for point in self._shard.query(request)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.row))

    def fetch(self, rows: Sequence[int]) -> dict[int, StoredPassage]:
        """See `IndexStore.fetch`."""
        return self._reader.fetch(rows)

    def document(self, doc_id: str) -> StoredDocument | None:
        """See `IndexStore.document`."""
        return self._reader.document(doc_id)

    def vectors(self, rows: Sequence[int]) -> Vector:
        """See `IndexStore.vectors`."""
        out = np.zeros((len(rows), self._manifest.dimension), np.float32)
        place = {row: index for index, row in enumerate(rows)}
        for start in range(0, len(rows), _SCROLL):
            part = list(rows[start : start + _SCROLL])
            for record in self._shard.retrieve(cast("list[edge.PointId]", part), False, ["dense"]):
                vector = cast("Mapping[str, list[float]]", record.vector)
                out[place[cast("int", record.id)]] = vector["dense"]
        return out

    def spans(self) -> dict[str, list[tuple[int, int, int, str]]]:
        """See `IndexStore.spans`."""
        return self._reader.spans()

    def digests(self) -> dict[str, str]:
        """See `IndexStore.digests`."""
        return self._reader.digests()

    def verify(self) -> Verification:
        """See `IndexStore.verify`: every point's document hash against the stored document's."""
        import qdrant_edge as edge

        expected = self._reader.digests()
        rows = {int(str(row)): str(doc) for row, doc in self._reader.rows("select row, doc_id from passage")}
        problems: list[str] = []
        points = 0
        offset: edge.PointId | None = None
        while self._manifest.passages:
            request = edge.ScrollRequest(offset=offset, limit=_SCROLL, with_payload=["digest"], with_vector=False)
            records, offset = self._shard.scroll(request)
            points += len(records)
            problems += [
                f"point {record.id} has another version of its document"
                for record in records
                if (record.payload or {}).get("digest") != expected.get(rows.get(cast("int", record.id), ""))
            ]
            if offset is None:
                break
        return points_digest(self._reader, self._manifest, points, problems)

    def close(self) -> None:
        """See `IndexStore.close`; removes the private copy."""
        if self._closed:
            return
        self._closed = True
        self._reader.close()
        self._shard.close()
        if self._cleanup is not None:
            self._cleanup()


def _filter(filters: Sequence[Filter]) -> edge.Filter | None:
    import qdrant_edge as edge

    conditions: list[edge.ConditionType] = []
    for each in filters:
        for key, wanted in each.items():
            values = [wanted] if isinstance(wanted, str | int) else list(wanted)
            nothing = edge.HasIdCondition(set())  # pyright: ignore[reportArgumentType] # 0.9 takes a set only
            match = edge.MatchAny([keyword(value) for value in values])
            conditions.append(edge.FieldCondition(key, match=match) if values else nothing)
    return edge.Filter(must=conditions) if conditions else None
