"""Examples: adapters of a project or a package."""


def test_a_target() -> None:
    """effect.EffectTarget, effect.TargetSetup, effect.EffectGroup, effect.EffectCall, effect.EffectOutcome,
    effect.TargetEffect, effect.DeliveryClass"""
    import asyncio
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from compound.effect import (
        DeliveryClass,
        EffectCall,
        EffectGroup,
        EffectOutcome,
        EffectTarget,
        TargetEffect,
        TargetSetup,
    )

    class Notes:
        """Keeps lines in a list; an effect of the project appends to it."""

        delivery_class: DeliveryClass = "D"  # it promises nothing: after a crash a person looks

        def __init__(self, setup: TargetSetup) -> None:
            self._effects = setup.effects
            self.lines: list[str] = []

        async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
            return [self._done(one) for one in group.effects]

        def _done(self, one: EffectCall) -> EffectOutcome:
            effect: TargetEffect = self._effects(one.name)
            return EffectOutcome(key=one.key, status="sent", result=effect.perform(self.lines, one.arguments))

    def target(setup: TargetSetup) -> EffectTarget:
        """In connectors/notes.py: the target `notes` of `@effect("note", target="notes")`."""
        return Notes(setup)

    class Note:
        def perform(self, tx: list[str], args: Mapping[str, JsonValue]) -> JsonValue:
            tx.append(str(args["text"]))
            return {"noted": True}

    notes = target(TargetSetup(name="notes", effects=lambda name: Note()))
    planned = EffectCall(key="k", name="note", arguments={"text": "hello"})
    group = EffectGroup(key="g", decision_id="d", run_id="r", effects=(planned,))
    assert asyncio.run(notes.perform(group))[0].status == "sent"


def test_a_mailbox() -> None:
    """connector.mailbox.MailService, connector.mailbox.MailThread, connector.mailbox.MailMessage,
    connector.mailbox.Attachment, connector.mailbox.ThreadChanged, errors.EffectInDoubt"""
    from collections.abc import Iterator
    from typing import Literal

    from compound.connector.mailbox import Attachment, MailMessage, MailService, MailThread, ThreadChanged
    from compound.effect import DeliveryClass
    from compound.errors import EffectInDoubt

    class Pigeons:
        """A dovecote: each pigeon carries one message, and comes back or not."""

        delivery_class: DeliveryClass = "B"  # it writes only to the conversation that was read
        settle_s = 0.0

        def __init__(self) -> None:
            map_ = Attachment(name="map.png", type="image/png", bytes=512)
            asked = MailMessage(id="p-1", by="customer", author="Ann", body="Where is the shed?", attachments=(map_,))
            self._thread = MailThread(id="ann", messages=(asked,), version="1")
            self.is_stormy = False

        def waiting(self) -> Iterator[MailThread]:
            return iter([self._thread] if self._thread.newest else [])

        def thread(self, message_id: str) -> MailThread | None:
            return self._thread if message_id in {one.id for one in self._thread.messages} else None

        def find(self, message_id: str, key: str) -> bool | None:
            return key in {one.effect_key for one in self._thread.messages}

        def send(
            self, thread: MailThread, message_id: str, key: str, text: str, *, kind: Literal["reply", "transfer"]
        ) -> None:
            if thread.version != self._thread.version:
                raise ThreadChanged(thread.id)
            if self.is_stormy:
                raise EffectInDoubt("mailbox.in-doubt", "the pigeon did not come back")
            sent = MailMessage(id=f"our {key}", by="us", body=text, effect_key=key)
            self._thread = MailThread(id="ann", messages=(*self._thread.messages, sent), version="2")

        def close(self) -> None:
            """Nothing is open."""

    def mailbox(setup: object) -> MailService:
        """In connectors/pigeons.py: chosen by `mailboxes.NAME = { use = "pigeons" }` of a profile."""
        return Pigeons()

    pigeons = mailbox(None)
    (thread,) = pigeons.waiting()
    pigeons.send(thread, "p-1", "key", "Behind the oak.", kind="reply")
    assert pigeons.find("p-1", "key")
    assert list(pigeons.waiting()) == []


def test_a_target_that_can_be_asked() -> None:
    """effect.LookupTarget"""
    from collections.abc import Sequence

    from compound.effect import DeliveryClass, EffectGroup, EffectOutcome, LookupTarget, TargetSetup

    class Letters:
        """A service of others that knows which orders it has."""

        delivery_class: DeliveryClass = "C"

        def __init__(self) -> None:
            self._known: dict[str, Sequence[EffectOutcome]] = {}

        async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
            sent = [EffectOutcome(key=one.key, status="sent") for one in group.effects]
            self._known[group.key] = sent
            return sent

        async def find(self, group: EffectGroup) -> Sequence[EffectOutcome] | None:
            """After a crash the outbox asks before it tries again."""
            return self._known.get(group.key)

    def target(setup: TargetSetup) -> LookupTarget:
        del setup
        return Letters()

    assert callable(target)


def test_the_check_of_a_target() -> None:
    """testing.check_target"""
    from collections.abc import Callable, Sequence

    from pydantic import JsonValue

    from compound import testing
    from compound.effect import DeliveryClass, EffectGroup, EffectOutcome, TargetEffect

    shelf: list[str] = []  # what lies outside and outlives the process
    stored: dict[str, JsonValue] = {}

    class Shelf:
        delivery_class: DeliveryClass = "A"

        def __init__(self, effects: Callable[[str], TargetEffect]) -> None:
            self._effects = effects

        async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
            if any(one.key not in stored for one in group.effects):
                lines: list[str] = []
                made = {one.key: self._effects(one.name).perform(lines, one.arguments) for one in group.effects}
                shelf.extend(lines)
                stored.update(made)
            keys = [one.key for one in group.effects]
            return [EffectOutcome(key=key, status="sent", result=stored[key]) for key in keys]

    def put(tx: list[str], mark: str) -> None:
        tx.append(mark)

    testing.check_target(Shelf, change=put, seen=lambda one: tuple(shelf))
    assert shelf


def test_an_embedder() -> None:
    """retrieval.Embedder, connector.vector.Vector, testing.check_embedder, Setup"""
    from collections.abc import Mapping, Sequence

    import numpy as np

    from compound import Setup, testing
    from compound.connector.vector import Vector
    from compound.retrieval import Embedder

    class Letters:
        """One number a letter of the alphabet."""

        name = "letters"
        dimension = 26
        fingerprint: Mapping[str, str] = {"embedder": "letters-1"}

        def embed(self, texts: Sequence[str]) -> Vector:
            return np.array([self.embed_query(text) for text in texts], np.float32).reshape(-1, 26)

        def embed_query(self, text: str) -> Vector:
            counts = np.array([text.lower().count(chr(97 + at)) for at in range(26)], np.float32)
            counts[0] += not counts.any()
            return (counts / np.linalg.norm(counts)).astype(np.float32)

    def embedder(setup: Setup) -> Embedder:
        """In connectors/letters.py; `embedder = "letters"` of a profile chooses it."""
        del setup
        return Letters()

    testing.check_embedder(lambda: embedder(Setup(name="letters")))


def test_a_retriever() -> None:
    """retrieval.Retriever, retrieval.SearchResult, retrieval.Passage, retrieval.SearchMode, connector.vector.Filter,
    testing.check_retriever"""
    from compound import testing
    from compound.connector.vector import Filter
    from compound.retrieval import Passage, Retriever, SearchMode, SearchResult

    sentences = ("the hoses hang in the shed", "the shed is green", "plots cost 40 euros")

    class Shelf:
        """Finds sentences that share a word with the query."""

        version = "1"

        def search(
            self, query: str, *, top_k: int = 6, mode: SearchMode = "hybrid", where: Filter | None = None
        ) -> SearchResult:
            del where
            words = set(query.split())
            found = [(at, text) for at, text in enumerate(sentences) if words & set(text.split())]
            passages = tuple(self._passage(at, text, rank) for rank, (at, text) in enumerate(found[:top_k], 1))
            return SearchResult(passages=passages, degraded=(), mode=mode, index="shelf", version=self.version)

        def _passage(self, at: int, text: str, rank: int) -> Passage:
            return Passage(
                id=f"{at}#0",
                doc_id=str(at),
                text=text,
                start=0,
                end=len(text),
                title="",
                source="shelf",
                source_version="1",
                score=1 / rank,
                scores={},
                rank=rank,
                meta={},
            )

    def retriever() -> Retriever:
        return Shelf()

    testing.check_retriever(retriever, query="green shed")


def test_a_reranker() -> None:
    """retrieval.Reranker"""
    from collections.abc import Sequence

    from compound import Setup
    from compound.retrieval import Reranker

    class Shortest:
        """Puts short passages first."""

        def rerank(self, query: str, passages: Sequence[str]) -> Sequence[float]:
            del query
            return [-float(len(one)) for one in passages]

    def reranker(setup: Setup) -> Reranker:
        """In connectors/shortest.py; `reranker = "shortest"` of a profile chooses it."""
        del setup
        return Shortest()

    assert reranker(Setup(name="shortest")).rerank("", ["long text", "text"]) == [-9.0, -4.0]


def test_documents() -> None:
    """retrieval.Document"""
    from collections.abc import Iterator
    from pathlib import Path

    from compound.retrieval import Document

    def documents() -> Iterator[Document]:
        """In tools/manual.py; `documents = { manual = "tools.manual:documents" }` names it."""
        for path in sorted(Path("documents").glob("*.md")):
            yield Document(id=path.stem, text=path.read_text(), title=path.stem.title(), source=str(path))

    assert [one.title for one in documents()] == ["Plots", "Water"]


def test_an_engine_of_indexes() -> None:  # noqa: C901 - a whole engine
    """connector.vector.IndexEngine, connector.vector.IndexStore, connector.vector.IndexManifest, connector.vector.Hit,
    connector.vector.StoredDocument, connector.vector.StoredPassage, connector.vector.Verification,
    connector.vector.count_terms, connector.vector.document_digest, connector.vector.digest_of, testing.check_engine"""
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np

    from compound import testing
    from compound.connector.vector import (
        Filter,
        Hit,
        IndexEngine,
        IndexManifest,
        IndexStore,
        StoredDocument,
        StoredPassage,
        Vector,
        Verification,
        count_terms,
        digest_of,
        document_digest,
    )
    from compound.errors import ConnectorError

    class Version:
        """One version of an index, in memory."""

        def __init__(
            self, manifest: IndexManifest, documents: Sequence[StoredDocument], passages: Iterable[StoredPassage]
        ) -> None:
            self.manifest = manifest
            self._documents = {one.id: one for one in documents}
            self._passages = list(passages)

        def _ranked(self, scores: Mapping[int, float], limit: int, filters: Sequence[Filter]) -> list[Hit]:
            kept = [row for row in scores if all(self._fits(row, one) for one in filters)]
            return [Hit(row, scores[row]) for row in sorted(kept, key=lambda row: -scores[row])[:limit]]

        def _fits(self, row: int, wanted: Filter) -> bool:
            meta = self._passages[row].document.meta
            return all(
                meta.get(key) in (value if isinstance(value, list) else [value]) for key, value in wanted.items()
            )

        def search_lexical(self, terms: Mapping[str, int], *, limit: int, filters: Sequence[Filter] = ()) -> list[Hit]:
            shared = {one.row: float(sum(one.terms.get(term, 0) for term in terms)) for one in self._passages}
            return self._ranked({row: score for row, score in shared.items() if score}, limit, filters)

        def search_dense(self, vector: Vector, *, limit: int, filters: Sequence[Filter] = ()) -> list[Hit]:
            scores = enumerate(self.vectors(range(len(self._passages))) @ vector)
            return self._ranked({row: float(score) for row, score in scores}, limit, filters)

        def fetch(self, rows: Sequence[int]) -> dict[int, StoredPassage]:
            return {row: self._passages[row] for row in rows}

        def document(self, doc_id: str) -> StoredDocument | None:
            return self._documents.get(doc_id)

        def vectors(self, rows: Sequence[int]) -> Vector:
            return np.array([self._passages[row].vector for row in rows], np.float32)

        def spans(self) -> dict[str, list[tuple[int, int, int, str]]]:
            return {
                doc: [(one.row, one.start, one.end, one.heading) for one in self._passages if one.document.id == doc]
                for doc in self._documents
            }

        def digests(self) -> dict[str, str]:
            return {key: document_digest(one) for key, one in self._documents.items()}

        def verify(self) -> Verification:
            ok = digest_of(self.digests()) == self.manifest.digest
            count = len(self._passages)
            return Verification(ok=ok, documents=len(self._documents), passages=count, points=count)

        def close(self) -> None: ...

    class Memory:
        """In connectors/memory.py; `vectors = "memory"` of a profile chooses it."""

        kind = "memory"

        def __init__(self, published: dict[str, list[Version]]) -> None:
            self._published = published

        def build(
            self, manifest: IndexManifest, documents: Sequence[StoredDocument], passages: Iterable[StoredPassage]
        ) -> None:
            self._published.setdefault(manifest.name, []).append(Version(manifest, documents, passages))

        def open(self, name: str, version: str = "") -> IndexStore:
            for one in reversed(self._published.get(name, [])):
                if version in {"", one.manifest.version}:
                    return one
            raise ConnectorError("vector.no-index", f"there is no index {name!r}")

        def current(self, name: str) -> str:
            return self._published[name][-1].manifest.version if name in self._published else ""

    published: dict[str, list[Version]] = {}

    def engine() -> IndexEngine:
        return Memory(published)

    testing.check_engine(engine)
    assert count_terms("the green shed, the green hose")["green"] == 2


def test_a_state_store() -> None:
    """connector.state.StateStore, testing.check_state_store"""
    from compound import testing
    from compound.connector.state import StateStore

    testing.check_state_store(lambda: StateStore.open("state.db"))


def test_a_table() -> None:
    """connector.lakehouse.write_table, connector.lakehouse.Written, connector.lakehouse.AppTransaction,
    connector.lakehouse.ArrowStream"""
    import duckdb

    from compound.connector.lakehouse import AppTransaction, ArrowStream, Written, write_table

    rows = [{"plot": 1, "fee": 40}, {"plot": 2, "fee": 40}]
    once = AppTransaction(app_id="fees", version=2026)
    written: Written = write_table("lakehouse", "fees", rows, app_transaction=once)
    again = write_table("lakehouse", "fees", rows, app_transaction=once)
    assert again.version == written.version  # the same transaction again changes nothing
    more: ArrowStream = duckdb.connect().sql("select 3 as plot, 40 as fee")
    assert write_table("lakehouse", "fees", more).version == written.version + 1
