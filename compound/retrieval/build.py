"""Builds an index and synchronizes it with its source: diff, reuse, build, verify, publish."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from compound.connector.vector import (
    IndexEngine,
    IndexManifest,
    IndexStore,
    StoredDocument,
    StoredPassage,
    Vector,
    count_terms,
    digest_of,
    document_digest,
)
from compound.connector.vector.analyzer import ANALYZER, analyze
from compound.connector.vector.engine import open_engine
from compound.connector.vector.types import StoreKind
from compound.errors import ConflictError, ConnectorError, DataError
from compound.retrieval.chunkers import MarkdownChunker
from compound.retrieval.embedders import NoEmbedder
from compound.retrieval.types import Chunker, Document, Embedder

_META_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED: Final = frozenset({"doc_id", "source", "digest"})
_MOST_DELETED: Final = 0.30
_BATCH: Final = 256

Progress = Callable[[int, int], None]
"""Called with the number of done and of all passages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReport:
    """The result of a sync.

    Attributes:
        manifest: Manifest of the published version.
        added: Number of new documents.
        changed: Number of documents with a new text, title, source, version or metadata.
        deleted: Number of documents removed from the source.
        embedded: Number of embedded passages; the others kept their vectors.
        is_new: Whether a version was built; False if nothing changed.
        seconds: Wall time.
    """

    manifest: IndexManifest
    added: int
    changed: int
    deleted: int
    embedded: int
    is_new: bool
    seconds: float


def build_index(  # noqa: PLR0913 # independent options, all by name
    name: str,
    documents: Iterable[Document],
    engine: IndexEngine | Path,
    *,
    embedder: Embedder | None = None,
    chunker: Chunker | None = None,
    source_version: str = "",
    force: bool = False,
    on_progress: Progress | None = None,
) -> IndexReport:
    """Synchronize an index with its documents; publish a new version if anything differs.

    Unchanged documents keep their vectors. Readers see the old version until the new one is complete and verified;
    after a crash at any point the old one stays.

    Args:
        name: Name of the index in graphs; letters, digits, `-` and `_`.
        documents: All documents; missing ones are deleted.
        engine: From `open_engine`; a path means Qdrant Edge in that folder.
        embedder: Embedder of the dense leg; None: lexical only.
        chunker: Default: Markdown sections.
        source_version: Version of the documents' source, for traces.
        force: Allow more than 30 % of the indexed documents to disappear.
        on_progress: Called after each batch of passages.

    Raises:
        ConflictError: `retrieval.many-deletions`: more than 30 % would disappear and `force` is not set.
        DataError: `retrieval.bad-document`: a repeated id, a text that is not Unicode, unusable metadata.
        ConnectorError: `vector.verify`: the stored data differs from the input; nothing is published.
    """
    started = time.perf_counter()
    with_engine = open_engine("edge", root=engine) if isinstance(engine, Path) else engine
    makes = embedder or NoEmbedder()
    cuts = chunker or MarkdownChunker()
    stored = _stored(name, documents)
    fingerprint = {**makes.fingerprint, "chunker": cuts.fingerprint, "analyzer": ANALYZER}
    old = _opened(with_engine, name)
    try:
        diff = _diff(old, stored, name, force=force)
        same = old if old is not None and dict(old.manifest.fingerprint) == fingerprint else None
        if same is not None and not any(diff):
            return _report(same.manifest, diff, 0, started, is_new=False)
        work = _Work(documents=list(stored.values()), embedder=makes, chunker=cuts, old=same, on_progress=on_progress)
        manifest = _manifest(name, work, with_engine.kind, fingerprint, source_version)
        with_engine.build(manifest, work.documents, work.passages(manifest.passages))
        return _report(manifest, diff, work.embedded, started, is_new=True)
    finally:
        if old is not None:
            old.close()


def _opened(engine: IndexEngine, name: str) -> IndexStore | None:
    """The version to compare with; None if this engine can read none, so that everything is built."""
    if not engine.current(name):
        return None
    try:
        return engine.open(name)
    except ConnectorError as error:
        if error.code in {"vector.other-engine", "vector.no-version", "vector.damaged"}:
            return None
        raise


_Diff = tuple[int, int, int]


def _report(manifest: IndexManifest, diff: _Diff, embedded: int, started: float, *, is_new: bool) -> IndexReport:
    return IndexReport(
        manifest=manifest,
        added=diff[0],
        changed=diff[1],
        deleted=diff[2],
        embedded=embedded,
        is_new=is_new,
        seconds=time.perf_counter() - started,
    )


def _diff(old: IndexStore | None, stored: Mapping[str, StoredDocument], name: str, *, force: bool) -> _Diff:
    """Documents added, changed and deleted, compared with the store."""
    if old is None:
        return len(stored), 0, 0
    before = old.digests()
    added = sum(key not in before for key in stored)
    changed = sum(key in before and before[key] != each.digest for key, each in stored.items())
    gone = [key for key in before if key not in stored]
    if len(gone) > _MOST_DELETED * len(before) and not force:
        raise ConflictError(
            "retrieval.many-deletions",
            f"{len(gone)} of {len(before)} of index {name!r} are missing in the source: {gone[0]!r}...",
            fix="check whether the source is complete; --force deletes them",
        )
    return added, changed, len(gone)


def _stored(name: str, documents: Iterable[Document]) -> dict[str, StoredDocument]:
    out: dict[str, StoredDocument] = {}
    for each in documents:
        problem = _problem(each, out)
        if problem:
            raise DataError(
                "retrieval.bad-document",
                f"document {each.id!r} of index {name!r}: {problem}",
                fix="correct the source",
            )
        document = StoredDocument(
            id=each.id,
            text=each.text,
            title=each.title,
            source=each.source,
            version=each.version,
            meta=dict(each.meta),
        )
        digest = document_digest(document)
        out[each.id] = replace(document, digest=digest, version=each.version or digest[:12])
        if not each.version:
            out[each.id] = replace(out[each.id], digest=document_digest(out[each.id]))
    return out


def _problem(each: Document, seen: Mapping[str, StoredDocument]) -> str:
    if not each.id or each.id in seen:
        return "the id is empty" if not each.id else "the id is used twice"
    try:
        f"{each.id}{each.text}{each.title}{each.source}{each.version}".encode()
    except UnicodeEncodeError:
        return "the text contains an unpaired surrogate, which is not valid Unicode"
    for key, value in each.meta.items():
        if not _META_KEY.fullmatch(key) or key in _RESERVED:
            return f"metadata key {key!r} is not a plain name, or is one of {sorted(_RESERVED)}"
        if not isinstance(value, str | int):  # pyright: ignore[reportUnnecessaryIsInstance] # data from files
            return f"metadata {key!r} is a {type(value).__name__}, not a text, an integer or a boolean"
    return ""


@dataclass(kw_only=True)
class _Work:
    """A build: passages are cut first, then embedded and counted while the engine reads them."""

    documents: list[StoredDocument]
    embedder: Embedder
    chunker: Chunker
    old: IndexStore | None
    on_progress: Progress | None
    embedded: int = 0

    def __post_init__(self) -> None:
        self.cut: list[StoredPassage] = []
        for document in self.documents:
            for ordinal, chunk in enumerate(self.chunker.chunk(document.text)):
                self.cut.append(
                    StoredPassage(
                        row=len(self.cut),
                        id=f"{document.id}#{ordinal}",
                        document=document,
                        text=document.text[chunk.start : chunk.end],
                        start=chunk.start,
                        end=chunk.end,
                        heading=chunk.heading,
                    )
                )
        self.mean_terms = float(np.mean([len(analyze(_searched(p))) for p in self.cut])) if self.cut else 0.0
        self._kept = self._reusable()

    def _reusable(self) -> dict[str, int]:
        """Passage id to old row, for unchanged documents."""
        if self.old is None or not self.embedder.dimension:
            return {}
        before = self.old.digests()
        spans = self.old.spans()
        same = {d.id for d in self.documents if before.get(d.id) == d.digest}
        return {f"{key}#{i}": span[0] for key in same for i, span in enumerate(spans.get(key, []))}

    def passages(self, total: int) -> Iterator[StoredPassage]:
        for start in range(0, total, _BATCH):
            batch = self.cut[start : start + _BATCH]
            vectors = self._vectors(batch)
            for index, passage in enumerate(batch):
                yield replace(
                    passage,
                    terms=count_terms(_searched(passage)),
                    vector=vectors[index] if self.embedder.dimension else None,
                )
            if self.on_progress is not None:
                self.on_progress(start + len(batch), total)

    def _vectors(self, batch: Sequence[StoredPassage]) -> Vector:
        out = np.zeros((len(batch), self.embedder.dimension), np.float32)
        if not self.embedder.dimension:
            return out
        kept = [i for i, passage in enumerate(batch) if passage.id in self._kept]
        made = [i for i, passage in enumerate(batch) if passage.id not in self._kept]
        if kept and self.old is not None:
            out[kept] = self.old.vectors([self._kept[batch[i].id] for i in kept])
        if made:
            out[made] = self.embedder.embed([_searched(batch[i]) for i in made])
            self.embedded += len(made)
        return out


def _searched(passage: StoredPassage) -> str:
    """The searched text of a passage: title, headings and text."""
    title = passage.document.title
    heading = "" if passage.heading == title else passage.heading
    return "\n".join(part for part in (title, heading, passage.text) if part)


def _manifest(
    name: str, work: _Work, kind: StoreKind, fingerprint: Mapping[str, str], source_version: str
) -> IndexManifest:
    now = datetime.now(UTC)
    digest = digest_of({document.id: document.digest for document in work.documents})
    return IndexManifest(
        name=name,
        version=f"{now:%Y%m%dT%H%M%S}{now.microsecond:06d}-{digest[:8]}",
        kind=kind,
        fingerprint=dict(fingerprint),
        embedder=work.embedder.name,
        dimension=work.embedder.dimension,
        documents=len(work.documents),
        passages=len(work.cut),
        mean_terms=work.mean_terms,
        digest=digest,
        indexed_at=now.isoformat(timespec="seconds"),
        source_version=source_version,
        filters=tuple(sorted({key for document in work.documents for key in document.meta})),
    )
