"""Registries of adapters: built-ins, installed packages and files of the project.

A `Registry` finds the maker of an adapter by name: first in `connectors/*.py` of the project (a function named after
the kind: `def target(setup)`), then among the built-ins, then among the entry points of installed packages. Entry
points are read only for a name that is neither the project's nor built in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from compound.errors import CompoundError, Location, ProjectError, choices

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from pydantic import JsonValue

Maker: TypeAlias = Callable[[Any], object]
"""Makes an adapter from a `Setup`."""
Own: TypeAlias = Mapping[str, Callable[[], Maker]]
"""Adapters in the project's files: name to a function that imports the file and returns the maker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Input of a maker.

    Attributes:
        name: Name in the project: of the target, logical model or index; else the adapter's name.
        options: Its settings in the project's file, with every `${env:NAME}` filled in.
        folder: Folder for files that the adapter keeps between runs; the adapter creates it.
    """

    name: str
    options: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    folder: Path = Path()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The adapters of one kind, by name.

    Attributes:
        kind: The kind in one word, as errors and files of `connectors/` write it: `target`.
        group: Entry-point group of installed packages: `compound.targets`.
        unknown: Error code for an unknown name.
        needs: Attributes that every adapter must have.
        built_in: Name to `module:function`, imported on first use.
    """

    kind: str
    group: str
    unknown: str
    needs: tuple[str, ...]
    built_in: Mapping[str, str]

    def names(self, own: Own | None = None) -> list[str]:
        """Every known name, sorted."""
        return sorted({*(own or {}), *self.built_in, *(one.name for one in self._installed())})

    def find(self, name: str, own: Own | None = None, *, where: Location | None = None) -> Maker:
        """The maker of a named adapter.

        Args:
            name: As written in the project's file.
            own: The adapters of the project's own files.
            where: The place in that file, for errors.

        Raises:
            ProjectError: the registry's `unknown` code: no adapter has this name. ``plugin.two``: two packages provide
                it. ``plugin.broken``: its code cannot be imported, or is not a function.
        """
        if own and name in own:
            return own[name]()
        if name in self.built_in:
            return _imported(self.built_in[name])
        found = [one for one in self._installed() if one.name == name]
        if not found:
            known = self.names(own)
            article = "an" if self.kind[0] in "aeiou" else "a"
            fix = f"{choices(known, name)}; install a package that provides {article} {self.kind} {name!r}"
            fix += f", or write `def {self.kind}(setup)` in connectors/{name}.py"
            raise ProjectError(self.unknown, f"{self.kind} {name!r} does not exist", where=where, fix=fix)
        if len(packages := sorted({_package(one) for one in found})) > 1:
            what = f"{' and '.join(packages)} both provide {self.kind} {name!r}"
            raise ProjectError("plugin.two", what, where=where, fix="uninstall one of them")
        return self._loaded(found[0], where)

    def make(self, name: str, setup: Setup, own: Own | None = None, *, where: Location | None = None) -> object:
        """Make an adapter.

        Raises:
            ProjectError: as `find`. ``plugin.broken``: its maker raised, or returned an object of another kind.
        """
        made = self.called(self.find(name, own, where=where), name, setup, where)
        missing = [one for one in self.needs if not hasattr(made, one)]
        if missing:
            what = f"{self.kind} {name!r} is {type(made).__name__}, which lacks {', '.join(missing)}"
            fix = f"return an object with {', '.join(self.needs)}; compound.testing has a check for each kind"
            raise ProjectError("plugin.broken", what, where=where, fix=fix)
        return made

    def called(self, maker: Maker, name: str, setup: object, where: Location | None) -> object:
        """Call a maker; its errors name the adapter."""
        try:
            return maker(setup)
        except CompoundError:
            raise
        except Exception as error:
            what = f"{self.kind} {name!r} cannot be made: {type(error).__name__}: {error}"
            raise ProjectError("plugin.broken", what, where=where, fix="correct its options") from error

    def _installed(self) -> Sequence[EntryPoint]:
        from importlib.metadata import entry_points

        return tuple(entry_points(group=self.group))

    def _loaded(self, found: EntryPoint, where: Location | None) -> Maker:
        try:
            maker: object = found.load()
        except Exception as error:
            what = (
                f"{self.kind} {found.name!r} of {_package(found)} cannot be imported: {type(error).__name__}: {error}"
            )
            raise ProjectError("plugin.broken", what, where=where, fix=f"reinstall {_package(found)}") from error
        if not callable(maker):
            what = f"{self.kind} {found.name!r} of {_package(found)} is {type(maker).__name__}, not a function"
            raise ProjectError("plugin.broken", what, where=where, fix=f"correct {found.value} in that package")
        return maker


def _package(found: EntryPoint) -> str:
    return found.dist.name if found.dist else found.value.partition(":")[0]


def _imported(reference: str) -> Maker:
    from importlib import import_module

    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


TARGETS: Final = Registry(
    kind="target",
    group="compound.targets",
    unknown="file.unknown-kind",
    needs=("delivery_class", "perform"),
    built_in={
        "records": "compound.connector.records.records:open_target",
        "mailbox": "compound.connector.mailbox.mailbox:open_target",
    },
)
"""Targets of effects. `compound: NAME/v1` in `connectors/*.yaml` chooses one."""
MAILBOXES: Final = Registry(
    kind="mailbox",
    group="compound.mailboxes",
    unknown="mailbox.unknown-kind",
    needs=("delivery_class", "waiting", "thread", "find", "send"),
    built_in={
        "imap": "compound.connector.mailbox.imap.mail:open_mail",
        "zendesk": "compound.connector.mailbox.rest.zendesk:open_zendesk",
        "chatwoot": "compound.connector.mailbox.rest.chatwoot:open_chatwoot",
    },
)
"""Mail accounts and help desks. `mailboxes` of a profile chooses one for a mailbox."""
PROVIDERS: Final = Registry(
    kind="provider",
    group="compound.providers",
    unknown="model.unknown-provider",
    needs=("name", "complete", "stream"),
    built_in={
        name: f"compound.model.gateway.doors:open_{name}" for name in ("offline", "anthropic", "langchain", "scripted")
    },
)
"""Providers of model calls. `provider:` and `providers:` in `connectors/models.yaml` choose one."""
EMBEDDERS: Final = Registry(
    kind="embedder",
    group="compound.embedders",
    unknown="retrieval.unknown-embedder",
    needs=("name", "dimension", "fingerprint", "embed", "embed_query"),
    built_in={name: f"compound.retrieval.embedders:open_{name}" for name in ("auto", "minilm", "none")},
)
"""Embedders, which turn text into vectors. `embedder` of a profile chooses one."""
RETRIEVERS: Final = Registry(
    kind="retriever",
    group="compound.retrievers",
    unknown="retrieval.unknown-retriever",
    needs=("search", "version"),
    built_in={},
)
"""Retrievers that replace a built-in index. `retrievers` of a profile chooses one for an index."""
RERANKERS: Final = Registry(
    kind="reranker",
    group="compound.rerankers",
    unknown="retrieval.unknown-reranker",
    needs=("rerank",),
    built_in={},
)
"""Rerankers of search results. `reranker` of a profile chooses one."""
VECTORS: Final = Registry(
    kind="engine",
    group="compound.engines",
    unknown="vector.unknown-engine",
    needs=("kind", "build", "open", "current"),
    built_in={name: f"compound.connector.vector.engine:open_{name}" for name in ("edge", "sqlite", "qdrant")},
)
"""Vector stores. `vectors` of a profile chooses one."""
SCORERS: Final = Registry(
    kind="scorer",
    group="compound.scorers",
    unknown="suite.unknown-scorer",
    needs=("__call__",),
    built_in={"equal": "compound.evaluation.equal:equal"},
)
"""Scorers of cases. `scorers:` of a suite names them beside its own functions."""
EXPORTERS: Final = Registry(
    kind="exporter",
    group="compound.exporters",
    unknown="trace.unknown-exporter",
    needs=("append", "publish", "close", "is_immediate"),
    built_in={"opentelemetry": "compound.trace.otel:open_exporter"},
)
"""Exporters of spans, in addition to the project's own store. `exporters` of a profile lists them."""
REGISTRIES: Final[Mapping[str, Registry]] = {
    one.kind: one
    for one in (TARGETS, MAILBOXES, PROVIDERS, EMBEDDERS, RETRIEVERS, RERANKERS, VECTORS, SCORERS, EXPORTERS)
}
"""Every registry by its kind."""
