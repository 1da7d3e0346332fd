"""Findings in `connectors/models.yaml`: solvers that do not exist, limits in USD without a price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from compound.errors import CompoundError, Location, ProjectError
from compound.language import Finding
from compound.spec.graph_file import blocks
from compound.spec.nodes import AgentNode, LlmNode

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project.open.resources import Resources
    from compound.spec import GraphSpec
    from compound.spec.models_file import LogicalModel, ModelsFile
    from compound.spec.yaml.reading import YamlDocument

FILE = "connectors/models.yaml"
_FIX = {
    "stop": ", or `on_unknown: allow`: then only known costs count",
    "allow": ", so that the limit can be enforced",
}


class ModelFindings:
    """Checks the models that the checked graphs name against the solvers and the price table."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @property
    def _file(self) -> ModelsFile:
        return self._resources.models

    def findings(self, graphs: list[str]) -> list[Finding]:
        """All findings; none if the models file cannot be read, which is reported elsewhere."""
        try:
            unknown = {name: why for name in self._file.models if (why := self._unknown(name))}
        except CompoundError:
            return []
        found = list(self._of_file(unknown))
        asked: set[str] = set()
        for name in graphs:
            try:
                spec = self._resources.parts.graph_as_written(name)
            except CompoundError:
                continue
            found += self._of_graph(spec, unknown)
            asked |= set(_models(spec))
        return found + list(self._of_solvers(sorted(asked & self._file.models.keys())))

    def _of_solvers(self, names: list[str]) -> Iterator[Finding]:
        from compound.model.provider.solvers import find_solver

        try:
            _ = self._resources.parts.functions
        except CompoundError:  # the missing file is reported elsewhere
            return
        for name in names:
            solver = self._file.models[name].solver
            if self._provider(name) != "offline" or solver is None:
                continue
            try:
                find_solver(solver, self._resources.parts.modules.package)
            except ProjectError as error:
                where = self._document().source.value(("models", name, "solver"))
                yield Finding(error.code, error.what, where, error.fix)

    def _of_file(self, unknown: Mapping[str, str]) -> Iterator[Finding]:
        limit = self._file.budget
        if limit.usd_per_run is None or not unknown:
            return
        document = self._document()
        for name, why in unknown.items():
            what = f"`usd_per_run` is a limit, and the cost of the model {name!r} is not known: {why}"
            yield self._finding(what, document.source.key(("models", name)), limit.on_unknown)

    def _of_graph(self, spec: GraphSpec, unknown: Mapping[str, str]) -> Iterator[Finding]:
        whole = spec.budget
        asked = sorted(set(_models(spec)) & unknown.keys())
        if whole is not None and whole.usd is not None:
            for name in asked:
                what = f"`usd` is a limit, and the cost of the model {name!r} is not known: {unknown[name]}"
                says = whole.on_unknown or self._file.budget.on_unknown
                yield self._finding(what, spec.source.value(("budget", "usd")), says)
        for path, node in blocks(spec.nodes):
            own, name = (node.budget, node.model) if isinstance(node, AgentNode) else (None, "")
            if own is not None and own.usd is not None and name in unknown:
                what = f"`usd` is a limit, and the cost of the model {name!r} is not known: {unknown[name]}"
                says = own.on_unknown or (whole and whole.on_unknown) or self._file.budget.on_unknown
                yield self._finding(what, spec.source.value((*path, "budget", "usd")), says)

    def _finding(self, what: str, where: Location, says: Literal["stop", "allow"]) -> Finding:
        source = self._file.prices.source
        fix = f"write the price below `prices:`{f' (the list is from {source})' if source else ''}{_FIX[says]}"
        return Finding("model.unknown-cost", what, where, fix, "error" if says == "stop" else "warning")

    def _unknown(self, name: str) -> str:
        from compound.model.gateway.prices import foreseen

        model = self._file.models[name]
        asked = _asked(model, self._provider(name))
        return "" if asked is None else foreseen(self._file.prices, *asked)

    def _provider(self, name: str) -> str:
        return self._resources.settings.profile.model or self._file.models[name].provider or self._file.provider

    def _document(self) -> YamlDocument:
        from compound.spec.yaml.reading import read_yaml_file

        return read_yaml_file(self._resources.settings.root / FILE, FILE)


def _asked(model: LogicalModel, provider: str) -> tuple[str, Mapping[str, JsonValue]] | None:
    """The provider's model and the options of its requests; None if it costs nothing."""
    if provider == "anthropic" and model.anthropic is not None:
        return model.anthropic.model, model.anthropic.options
    if plugged := model.providers.get(provider):
        return plugged.model or provider, {}
    if provider == "langchain" and model.langchain is not None:
        return model.langchain.model_id, {}
    return None


def _models(spec: GraphSpec) -> Iterator[str]:
    return (node.model for _, node in blocks(spec.nodes) if isinstance(node, LlmNode | AgentNode))
