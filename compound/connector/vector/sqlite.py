"""The reference engine: exact BM25 from posting lists in SQLite, exact cosine in numpy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from compound.connector.vector.bm25 import passage_weights, rarity
from compound.connector.vector.check import check_filters, check_vector, compare, in_batches, points_digest
from compound.connector.vector.documents import DocumentsReader, DocumentsWriter
from compound.connector.vector.room import require_room, reserve
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

_Scores = NDArray[np.float32]


class SqliteEngine:
    """Builds and opens versions with only SQLite and numpy."""

    def __init__(self, root: Path) -> None:
        self._versions = VersionFolder(root)

    @property
    def kind(self) -> StoreKind:
        """`sqlite`."""
        return "sqlite"

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
            store = SqliteStore(folder, manifest)
            try:
                compare(store, documents)
            finally:
                store.close()

    def open(self, name: str, version: str = "") -> IndexStore:
        """See `IndexEngine.open`; SQLite and a memory map read the published files directly."""
        folder, manifest = self._versions.locate(name, version, "sqlite")
        try:
            reserve(folder)
        except OSError as error:
            what = f"index {name!r} cannot be opened: {error.filename} has no disk space: {error.strerror}"
            raise ConnectorError("vector.no-room", what, fix="free some space") from error
        return SqliteStore(folder, manifest)


def _write(
    folder: Path,
    manifest: IndexManifest,
    documents: Sequence[StoredDocument],
    passages: Iterable[StoredPassage],
) -> None:
    writer = DocumentsWriter(folder)
    writer.add_documents(documents)
    shape = (manifest.passages, manifest.dimension)
    vectors = open_memmap(folder / "vectors.npy", mode="w+", dtype=np.float32, shape=shape) if all(shape) else None
    reserve(folder)
    postings: dict[str, tuple[list[int], list[float]]] = {}
    for batch in in_batches(passages, 500):
        writer.add_passages(batch)
        for passage in batch:
            for term, weight in passage_weights(passage.terms, manifest.mean_terms).items():
                rows, weights = postings.setdefault(term, ([], []))
                rows.append(passage.row)
                weights.append(weight)
            if vectors is not None:
                vectors[passage.row] = check_vector(passage, manifest)
    writer.connection.executemany(
        "insert into posting values (?,?,?)",
        (
            (term, np.asarray(rows, np.int32).tobytes(), np.asarray(weights, np.float32).tobytes())
            for term, (rows, weights) in postings.items()
        ),
    )
    writer.close()
    if vectors is not None:
        vectors.flush()


class SqliteStore:
    """An opened version."""

    def __init__(self, folder: Path, manifest: IndexManifest) -> None:
        self._manifest = manifest
        self._reader = DocumentsReader(folder)
        path = folder / "vectors.npy"
        self._vectors: Vector = (
            cast("Vector", np.load(path, mmap_mode="r")) if path.exists() else np.zeros((0, 0), np.float32)
        )

    @property
    def manifest(self) -> IndexManifest:
        """The manifest of the version."""
        return self._manifest

    def search_lexical(self, terms: Mapping[str, int], *, limit: int, filters: Sequence[Filter] = ()) -> list[Hit]:
        """See `IndexStore.search_lexical`."""
        check_filters(filters, self._manifest)
        if not terms:
            return []
        scores = np.zeros(self._manifest.passages, np.float32)
        marks = ",".join("?" * len(terms))
        for term, rows, weights in self._reader.rows(
            f"select term, rows, weights from posting where term in ({marks})", list(terms)
        ):
            found = np.frombuffer(cast("bytes", rows), np.int32)
            worth = rarity(self._manifest.passages, len(found)) * terms[str(term)]
            scores[found] += np.frombuffer(cast("bytes", weights), np.float32) * np.float32(worth)
        rows_found = np.nonzero(scores > 0)[0]
        if filters:
            rows_found = np.intersect1d(rows_found, np.asarray(self._reader.allowed(filters), np.int64))
        return _best(rows_found, scores[rows_found], limit)

    def search_dense(self, vector: Vector, *, limit: int, filters: Sequence[Filter] = ()) -> list[Hit]:
        """See `IndexStore.search_dense`."""
        check_filters(filters, self._manifest)
        if not len(self._vectors):
            return []
        if filters:
            rows = np.asarray(self._reader.allowed(filters), np.int64)
            return _best(rows, self._vectors[rows] @ vector, limit)
        return _best(np.arange(len(self._vectors)), self._vectors @ vector, limit)

    def fetch(self, rows: Sequence[int]) -> dict[int, StoredPassage]:
        """See `IndexStore.fetch`."""
        return self._reader.fetch(rows)

    def document(self, doc_id: str) -> StoredDocument | None:
        """See `IndexStore.document`."""
        return self._reader.document(doc_id)

    def vectors(self, rows: Sequence[int]) -> Vector:
        """See `IndexStore.vectors`."""
        return np.asarray(self._vectors[np.asarray(rows, np.int64)])

    def spans(self) -> dict[str, list[tuple[int, int, int, str]]]:
        """See `IndexStore.spans`."""
        return self._reader.spans()

    def digests(self) -> dict[str, str]:
        """See `IndexStore.digests`."""
        return self._reader.digests()

    def verify(self) -> Verification:
        """See `IndexStore.verify`; the engine's points are the posting lists and the rows of vectors."""
        having: set[int] = set()
        for (rows,) in self._reader.rows("select rows from posting"):
            having.update(np.frombuffer(cast("bytes", rows), np.int32).tolist())
        problems = [f"row {row} is in no passage" for row in sorted(having)[-3:] if row >= self._manifest.passages]
        if self._manifest.dimension and len(self._vectors) != self._manifest.passages:
            problems.append(f"{len(self._vectors)} vectors for {self._manifest.passages} passages")
        return points_digest(self._reader, self._manifest, self._manifest.passages if not problems else -1, problems)

    def close(self) -> None:
        """See `IndexStore.close`."""
        self._reader.close()


def _best(rows: NDArray[np.int64], scores: _Scores, limit: int) -> list[Hit]:
    """The best rows; ties in order of rows, so that results are deterministic."""
    if len(rows) > limit:
        top = np.argpartition(-scores, limit - 1)[:limit]
        # Rows that tie with the last kept one are ordered by row, not by partition order.
        tied = np.nonzero(scores >= scores[top].min())[0]
        rows, scores = rows[tied], scores[tied]
    order = np.lexsort((rows, -scores))[:limit]
    return [Hit(int(rows[i]), float(scores[i])) for i in order]
