"""A project on one profile with its connected parts: services, engines, runs, findings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from compound.errors import Location, ProjectError, choices
from compound.project.open.resources import Resources
from compound.project.running.sound import need_sound
from compound.project.settings.settings import Settings, load_settings
from compound.project.source.parts import GRAPHS

if TYPE_CHECKING:
    from compound.graph import Engine, RunResult
    from compound.graph.port.catalogue import Catalogue
    from compound.graph.store.runs import RunRecord
    from compound.language import Finding
    from compound.project.offer.services import ProjectServices
    from compound.spec import GraphSpec
    from compound.spec.python.builder import Graph
    from compound.trace import TraceReader


class OpenedProject:
    """Base of all operations of a project. Everything in it is opened when first needed."""

    def __init__(self, settings: Settings) -> None:
        """Internal: use `Project.open`."""
        self.settings = settings
        self.resources = Resources(settings)

    @classmethod
    def open(cls, root: Path | None = None, *, profile: str | None = None, model: str | None = None) -> Self:
        """Open the project at `root`, or the one around the working directory.

        Raises:
            ProjectError: no project was found, or its settings have errors.
        """
        return cls(load_settings(root, profile=profile, model=model))

    def __enter__(self) -> Self:
        """Return the project: `with Project.open() as project` closes it at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Flush the traces and close everything; later use opens it again."""
        clock = self.resources.clock
        self.resources.close()
        self.resources = Resources(self.settings, self.resources.parts)
        self.resources.clock = clock
        self.__dict__.pop("services", None)

    @cached_property
    def services(self) -> ProjectServices:
        """Internal: the services that graphs call."""
        from compound.project.offer.services import ProjectServices

        return ProjectServices(self.resources)

    def graph_names(self) -> list[str]:
        """The graphs of the project."""
        return list(self.resources.parts.graph_files)

    def check(self, names: Sequence[str]) -> list[Finding]:
        """All findings in these graphs, or in all graphs."""
        from compound.graph.checks.check import check_file
        from compound.project.offer.catalogue import ProjectCatalogue
        from compound.project.offer.model_findings import ModelFindings

        catalogue = ProjectCatalogue(self.resources)
        findings: list[Finding] = []
        for name in map(self.resources.parts.graph_name, names or self.graph_names()):
            path = self.resources.parts.graph_file(name)
            if path.suffix == ".py":
                findings += self._check_python(name, catalogue)
            else:
                findings += check_file(path.read_bytes(), self.settings.shown(path), catalogue)
        checked = [self.resources.parts.graph_name(name) for name in names or self.graph_names()]
        models = ModelFindings(self.resources).findings(checked)
        return findings + catalogue.findings() + models + self.resources.mcp.findings()

    def unchecked(self) -> str:
        """What `check` could not check, as a sentence; empty if it checked everything."""
        from compound.project.offer.catalogue import ProjectCatalogue

        why = ProjectCatalogue(self.resources).unchecked
        return f"the SQL tools were not checked against their tables: {why}" if why else ""

    def _check_python(self, name: str, catalogue: Catalogue) -> Sequence[Finding]:
        from compound.graph.checks.check import check_graph
        from compound.language import Finding, InvalidFile

        try:
            spec = self.resources.parts.graph_as_written(name)
        except InvalidFile as error:
            return error.findings
        except ProjectError as error:
            where = error.where or Location(self.settings.shown(self.resources.parts.graph_file(name)))
            return [Finding(error.code, error.what, where, error.fix)]
        return check_graph(spec, catalogue)

    def engine(self, graph: str | GraphSpec | Graph | None = None) -> Engine:
        """The engine of a graph, for many runs with any input: `async with project.engine("triage") as engine:`.

        Args:
            graph: Its name in graphs/, or a graph built in Python; default the project's own.

        Raises:
            ProjectError: the graph does not exist, or `check` finds errors in it, which are all listed.
        """
        spec = self._spec(graph)
        need_sound(self.resources, spec)
        return self._engine(spec)

    def _engine(self, spec: GraphSpec) -> Engine:
        """Like `engine`, for runs that started earlier: they resume with the graph version they started with."""
        from compound.graph import Engine

        resources = self.resources
        checkpoints = self.settings.home / "checkpoints.db"
        wait_s = self.settings.profile.lock_wait_s
        return Engine(spec, self.services, resources.recorder, resources.state, checkpoints, store_wait_s=wait_s)

    def _spec(self, graph: str | GraphSpec | Graph | None) -> GraphSpec:
        from compound.spec.python.builder import Graph

        if graph is None or isinstance(graph, str):
            name, files = graph or self.settings.graph, self.resources.parts.graph_files
            if not graph and name and name not in files:
                what = f"`graph` names {name!r}, and {GRAPHS}/ has no such graph"
                raise ProjectError(
                    "project.unknown-graph", what, where=Location("pyproject.toml"), fix=choices(list(files), name)
                )
            return self.resources.parts.graph(name)
        return graph.build() if isinstance(graph, Graph) else graph

    def resume(self, run_id: str) -> RunResult:
        """Resume a decided run; settles the batch item that it completes."""
        from compound.project.running.backlog import settle_elsewhere

        try:
            result = self.resources.loop.run(self._resume, run_id)
        finally:
            self.resources.recorder.flush()
        if result.status == "done":
            settle_elsewhere(self.resources.state, run_id, self.settings.home / "batch")
        return result

    async def _resume(self, run_id: str) -> RunResult:
        async with self._engine(self._spec(self._graph_of(run_id))) as engine:
            return await engine.resume(run_id)

    def redraft(self, run_id: str, node: str) -> RunResult:
        """Run the nodes before a review again, with present data; a person decides the new draft."""
        try:
            return self.resources.loop.run(self._redraft, run_id, node)
        finally:
            self.resources.recorder.flush()

    async def _redraft(self, run_id: str, node: str) -> RunResult:
        async with self._engine(self._spec(self._graph_of(run_id))) as engine:
            self.services.conversations.again(run_id)
            return await engine.redraft(run_id, node)

    def _graph_of(self, run_id: str) -> str:
        found = self.run_record(run_id)
        return self.settings.graph if found is None else found.graph_name

    def run_record(self, run_id: str) -> RunRecord | None:
        """Internal: the status of a run; None if it was never started."""
        from compound.graph.store.runs import run_record

        return run_record(self.resources.state, run_id)

    def waiting_items(self, run_id: str) -> list[str]:
        """Ids of the undecided reviews of a run."""
        from compound.review import ReviewFilter
        from compound.review.stored.machine import UNDECIDED

        waiting = ReviewFilter(statuses=tuple(sorted(UNDECIDED)), run_id=run_id)
        return [item.review_id for item in self.services.queue.list(waiting)]

    def traces(self) -> TraceReader:
        """The recorded spans."""
        return self.resources.traces
