"""All stores of a project at run time: opened when first needed, closed together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING, cast

from compound.errors import ConnectorError
from compound.plugins import EMBEDDERS, EXPORTERS, MAILBOXES, PROVIDERS, RETRIEVERS, VECTORS
from compound.project.open.targets import OpenedByName, open_mailbox, open_records, open_service
from compound.project.settings.inside import refuse_links_out
from compound.project.settings.private import make_private, protect
from compound.project.settings.settings import Settings
from compound.project.source.parts import CONNECTORS, ProjectParts
from compound.project.source.targets import TargetFiles

if TYPE_CHECKING:
    from pathlib import Path

    from compound.connector.artifacts import ArtifactStore
    from compound.connector.cache import SqliteCache
    from compound.connector.lakehouse.service.lakehouse import Lakehouse
    from compound.connector.mailbox.mailbox import Mailbox
    from compound.connector.records.records import Records
    from compound.connector.state import StateStore
    from compound.connector.vector import IndexEngine
    from compound.effect import EffectTarget
    from compound.model.call.sync_loop import SyncLoop
    from compound.model.gateway.gateway import Gateway
    from compound.project.open.plugged import Plugged
    from compound.project.source.code_files import CodeFiles
    from compound.retrieval import Embedder, Retriever
    from compound.spec.models_file import ModelsFile
    from compound.specialist.registry import Registry
    from compound.trace import SpanStore
    from compound.trace.parquet import ParquetStore
    from compound.trace.recorder import Recorder


class Stores:
    """The opened data, indexes, models and code of a project on one profile.

    Args:
        settings: Settings of the project.
        parts: The project's own code and files; shared between profiles.
    """

    def __init__(self, settings: Settings, parts: ProjectParts) -> None:
        refuse_links_out(settings)
        self.settings = settings
        self.parts = parts
        self.clock: Callable[[], float] = time.time
        """UTC seconds, the clock of reviews, effects, certificates and retention; tests replace it."""
        self._plugging = Lock()
        self._plugged_targets: dict[str, EffectTarget] = {}
        self.sound: set[str] = set()
        """Hashes of graphs in which `check` found no error."""
        self._closing = ExitStack()
        make_private(settings)
        self._closing.callback(protect, settings)

    def close(self) -> None:
        """Flush the traces and close every file and connection."""
        if "loop" in self.__dict__:
            self.loop.close()
        self._closing.close()

    @cached_property
    def loop(self) -> SyncLoop:
        """The event loop of the sync calls."""
        from compound.model.call.sync_loop import SyncLoop

        return SyncLoop()

    @property
    def traces_folder(self) -> Path:
        """The folder of spans."""
        return self.settings.home / "traces"

    @cached_property
    def artifacts(self) -> ArtifactStore:
        """Files that runs made for people."""
        from compound.connector.artifacts import ArtifactStore

        return ArtifactStore(self.settings.home / "artifacts")

    @cached_property
    def lakehouse(self) -> Lakehouse:
        """The lakehouse tables, pinned at their newest versions.

        Raises:
            ConnectorError: `lakehouse.missing`: the profile's folder does not exist.
        """
        from compound.project.source.files import open_lakehouse

        path = self.settings.profile.lakehouse
        if not path.is_dir():
            reads = f"profile {self.settings.profile.name!r} reads {self.settings.shown(path)}"
            what = f"{reads}, which does not exist"
            raise ConnectorError("lakehouse.missing", what, fix=self.settings.without_data)
        opened = open_lakehouse(self.settings)
        self._closing.callback(opened.close)
        return opened

    @cached_property
    def state(self) -> StateStore:
        """Runs, reviews, the outbox, the ledger, the journal."""
        from compound.connector.state import StateStore

        opened = StateStore.open(self.settings.state_url, lock_timeout_s=self.settings.profile.lock_wait_s)
        self._closing.callback(opened.close)
        return opened

    @cached_property
    def recorder(self) -> Recorder:
        """The sink for spans."""
        from compound.trace.recorder import Recorder

        opened = Recorder(self.traces, exporters=self._exporters())
        self._closing.callback(opened.close)
        return opened

    def _exporters(self) -> list[SpanStore]:
        chosen = self.settings.profile.exporters
        return [cast("SpanStore", self.plugged.make(EXPORTERS, one, one.use)) for one in chosen]

    @cached_property
    def traces(self) -> ParquetStore:
        """The recorded spans: what is read here includes what this process has handed over."""
        from compound.trace.parquet import ParquetStore

        return ParquetStore(self.traces_folder)

    @cached_property
    def models(self) -> ModelsFile:
        """`connectors/models.yaml`; without the file, every solver is a model of the same name."""
        from compound.project.source.files import models_file, models_of_solvers

        path = self.settings.root / CONNECTORS / "models.yaml"
        return models_file(path) if path.is_file() else models_of_solvers(self.parts)

    @cached_property
    def gateway(self) -> Gateway:
        """The gateway to models; loads the project's solvers first."""
        from compound.model.gateway.journal import StateJournal
        from compound.model.gateway.opening import open_gateway

        _ = self.parts.functions
        return open_gateway(
            self.models,
            provider=self.settings.profile.model,
            journal=StateJournal(self.state),
            package=self.parts.modules.package,
            own=self.parts.own_plugins(PROVIDERS),
        )

    @cached_property
    def code(self) -> CodeFiles:
        """The project's Python files, as first read."""
        from compound.project.source.code_files import CodeFiles

        return CodeFiles(self.parts.modules)

    @cached_property
    def node_cache(self) -> SqliteCache:
        """Values of nodes with `cache:`."""
        from compound.connector.cache import SqliteCache

        opened = SqliteCache(self.settings.home / "node_cache.db")
        self._closing.callback(opened.close)
        return opened

    @property
    def provider(self) -> str:
        """The providers and models that answer, for reports."""
        return self.settings.profile.model or self.models.provider

    @cached_property
    def target_files(self) -> TargetFiles:
        """The targets of effects that the project declares."""
        return TargetFiles(self.settings.root)

    @cached_property
    def records(self) -> Mapping[str, Records]:
        """The record stores of the project: operational databases that effects change."""
        return OpenedByName({name: partial(self._open_records, name) for name in self.target_files.records})

    def _open_records(self, name: str) -> Records:
        opened = open_records(self.settings, self.target_files, self.parts, name)
        self._closing.callback(opened.close)
        return opened

    @cached_property
    def mailboxes(self) -> Mapping[str, Mailbox]:
        """The mailboxes of the project: sources of items and senders of replies."""
        return OpenedByName({name: partial(self._open_mailbox, name) for name in self.target_files.mailboxes})

    def _open_mailbox(self, name: str) -> Mailbox:
        chosen = self.settings.profile.mail_services.get(name)
        if chosen is None:
            return open_mailbox(self.settings.home, self.target_files, self.parts, name)
        from compound.project.open.correspondence import KnownConversations

        opened = open_service(
            self.settings.home,
            self.target_files,
            self.parts,
            name,
            partial(self.plugged.make, MAILBOXES, chosen, name),
            KnownConversations(lambda: self.state, self._now),
        )
        self._closing.callback(opened.close)
        return opened

    def _now(self) -> float:
        return self.clock()

    def mailbox_of(self, source: str) -> Mailbox:
        """The reader of a source's items: the named mailbox, else the only one, else one without rules."""
        from compound.connector.mailbox.mailbox import Mailbox

        names = list(self.mailboxes)
        name = source if source in names else names[0] if len(names) == 1 else None
        return Mailbox(self.settings.home / "items") if name is None else self.mailboxes[name]

    @property
    def targets(self) -> Mapping[str, EffectTarget]:
        """Effect target by name, as `@effect(target=...)` writes it."""
        stores = {name: partial(self.records.__getitem__, name) for name in self.records}
        boxes = {name: partial(self.mailboxes.__getitem__, name) for name in self.mailboxes}
        plugged = {name: partial(self._plugged_target, name) for name in self.plugged.target_files()}
        return OpenedByName["EffectTarget"]({**plugged, **stores, **boxes})

    @cached_property
    def plugged(self) -> Plugged:
        """The adapters that the project's files choose by name."""
        from compound.project.open.plugged import Plugged

        return Plugged(self.settings, self.parts)

    def _plugged_target(self, name: str) -> EffectTarget:
        with self._plugging:
            if name not in self._plugged_targets:
                made = self._plugged_targets[name] = self.plugged.target(name)
                if callable(close := getattr(made, "close", None)):
                    self._closing.callback(close)
            return self._plugged_targets[name]

    @cached_property
    def embedder(self) -> Embedder:
        """The profile's embedder: MiniLM if its weights are installed; else retrieval is lexical and reports that."""
        return cast("Embedder", self.plugged.make(EMBEDDERS, self.settings.profile.embedder, "embedder"))

    def embedding_beside(self) -> AbstractContextManager[None]:
        """For many runs: an embedder in a process of its own, if an index of this profile uses one."""
        from compound.retrieval.embedders import embedding_beside

        profile = self.settings.profile
        embeds = any(index not in profile.lexical for index in profile.documents)
        return embedding_beside(self.embedder) if embeds else nullcontext()

    def embedder_of(self, index: str) -> Embedder:
        """The embedder of an index's passages; None if the profile declares the index lexical."""
        from compound.retrieval.embedders import NoEmbedder

        return NoEmbedder() if index in self.settings.profile.lexical else self.embedder

    @cached_property
    def index_engine(self) -> IndexEngine:
        """Where indexes are kept."""
        from compound.connector.vector.engine import open_engine

        where = self.settings.profile.vectors
        if ":" in where:  # an address, not a name
            return open_engine("qdrant", url=where)
        return open_engine(where, root=self.settings.home / "index", own=self.parts.own_plugins(VECTORS))

    def retriever(self, name: str) -> Retriever:
        """The published version of an index, or a plug-in's retriever for it.

        Raises:
            ConnectorError: `vector.no-index`: it was never built.
        """
        if name not in self._retrievers:
            self._retrievers[name] = self._opened_retriever(name)
        return self._retrievers[name]

    def _opened_retriever(self, name: str) -> Retriever:
        from compound.retrieval.plugged import PluggedRetriever
        from compound.retrieval.retriever import IndexRetriever

        chosen = self.settings.profile.retrievers.get(name)
        if chosen is not None:
            made = cast("Retriever", self.plugged.make(RETRIEVERS, chosen, name))
            return PluggedRetriever(name, chosen.use, made)
        opened = IndexRetriever.open(name, self.index_engine, self.embedder_of(name))
        self._closing.callback(opened.close)
        opened.reranker = self.plugged.reranker()
        return opened

    @cached_property
    def _retrievers(self) -> dict[str, Retriever]:
        return {}

    @cached_property
    def specialists(self) -> Registry:
        """Trained specialists and their aliases."""
        from compound.specialist.registry import Registry

        return Registry(self.models_folder, lambda: self.embedder)

    @property
    def models_folder(self) -> Path:
        """The folder of trained specialists; to look for their files needs none of their code."""
        return self.settings.home / "models"
