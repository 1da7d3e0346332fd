"""The project's code and files, each read once: functions, effects, SQL tools, prompts, graphs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from compound.errors import CompoundError, Location, ProjectError, choices
from compound.graph.port.services import Prompt
from compound.language.sha import sha
from compound.project.source.code import TOOLS, ProjectCode
from compound.project.source.modules import ProjectModules
from compound.project.source.names import Named

if TYPE_CHECKING:
    from compound.effect import Effect
    from compound.language.types import Type
    from compound.plugins import Own, Registry
    from compound.spec import GraphSpec
    from compound.spec.policy_file import PolicyFile
    from compound.tool import Function
    from compound.tool.ask import AskTool
    from compound.tool.sql import SqlTool

GRAPHS, CONNECTORS, EVALS = "graphs", "connectors", "evals"
_SYSTEM_MARK = "\n---\n"
_BINDS_GRAPH = re.compile(r"^(graph\s*(:[^=\n]+)?=[^=]|with\s.*\sas\s+graph\s*:)", re.MULTILINE)


class ProjectParts:
    """The content of a project's folders.

    Args:
        root: Root folder of the project.
        name: Its name; also names the private package.
        built_in: Tools of every project.
    """

    def __init__(self, root: Path, name: str, built_in: Iterable[Named] = ()) -> None:
        self.root = root
        self._built_in = tuple(built_in)
        self.modules = ProjectModules(root, name)

    def own_plugins(self, registry: Registry) -> Own:
        """Adapters of a kind in the project's `connectors/*.py`, by name."""
        from compound.project.source.own_plugins import own_plugins

        return own_plugins(self.modules, registry)

    @cached_property
    def functions(self) -> Mapping[str, Function[..., object]]:
        """Tools of `tools/*.py` by name.

        Raises:
            ProjectError: ``project.duplicate-name``: two parts have the same name.
        """
        return self._declared.functions("tool")

    @cached_property
    def checks(self) -> Mapping[str, Function[..., object]]:
        """Checks of `tools/*.py` by kind; raises like `functions`."""
        return self._declared.functions("check")

    @cached_property
    def effects(self) -> Mapping[str, Effect]:
        """Effects of `tools/*.py` by name; raises like `functions`."""
        return self._declared.effects()

    @cached_property
    def _declared(self) -> ProjectCode:
        sql_tools = [(name, self._shown(path)) for name, path in self.sql_files.items()]
        return ProjectCode.load(self.modules, sql_tools, self._built_in)

    @cached_property
    def sql_files(self) -> Mapping[str, Path]:
        """SQL tool to file."""
        return {path.stem: path for path in sorted((self.root / TOOLS).glob("*.sql"))}

    def sql_tool(self, name: str) -> SqlTool | AskTool:
        """A SQL tool, guarded but not bound.

        Raises:
            ProjectError: ``tool.*``, ``sql.*``: its header or statement is invalid.
        """
        from compound.tool.loading import load_sql_tool

        path = self.sql_files[name]
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            where = Location(self._shown(path))
            raise ProjectError(
                "tool.header", f"it is not UTF-8: {error}", fix="save it as UTF-8", where=where
            ) from None
        return load_sql_tool(text, self._shown(path))

    @cached_property
    def sql_tools(self) -> Mapping[str, SqlTool | AskTool]:
        """The `.sql` files of `tools/` by name, guarded but not bound.

        Raises:
            ProjectError: As `sql_tool`.
        """
        return {name: self.sql_tool(name) for name in self.sql_files}

    @cached_property
    def prompt_files(self) -> Mapping[str, Path]:
        """Prompt files below `graphs/`, by their path in graph files."""
        folder = self.root / GRAPHS
        return {str(path.relative_to(folder)): path for path in sorted((folder / "prompts").rglob("*.md"))}

    @cached_property
    def prompts(self) -> Mapping[str, Prompt]:
        """The prompts, by their path in graph files.

        Raises:
            ProjectError: ``graph.bad-prompt``: one is not UTF-8.
        """
        return {name: _prompt(path, name) for name, path in self.prompt_files.items()}

    @cached_property
    def graph_files(self) -> Mapping[str, Path]:
        """Graph name to file: every `graphs/*.yaml`, and every `graphs/*.py` that defines `graph`.

        Raises:
            ProjectError: ``project.two-graphs``: two files have the same graph name.
        """
        folder = self.root / GRAPHS
        written = {path.stem: path for path in sorted(folder.glob("*.py")) if _makes_graph(path)}
        declared = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
        for name in sorted(written.keys() & declared.keys()):
            what = f"{GRAPHS}/{name}.py and {GRAPHS}/{name}.yaml both define the graph {name!r}"
            where = Location(f"{GRAPHS}/{name}.py")
            raise ProjectError("project.two-graphs", what, where=where, fix="keep one of them in this folder")
        return {**written, **declared}

    @cached_property
    def policy_files(self) -> Mapping[str, Path]:
        """Policy name to file: `graphs/policies/*.yaml`."""
        return {path.stem: path for path in sorted((self.root / GRAPHS / "policies").glob("*.yaml"))}

    def policy(self, name: str) -> PolicyFile:
        """A policy.

        Raises:
            ProjectError: ``project.unknown-policy``; errors of the file.
        """
        from compound.spec.policy_file import PolicyFile
        from compound.spec.yaml.reading import read_yaml_file
        from compound.spec.yaml.validated import validated

        path = self.policy_files.get(name)
        if path is None:
            what = f"policy {name!r} does not exist in {GRAPHS}/policies/"
            fix = choices(list(self.policy_files), name)
            raise ProjectError("project.unknown-policy", what, where=Location(f"{GRAPHS}/policies"), fix=fix)
        return validated(read_yaml_file(path, self._shown(path)), PolicyFile)

    def graph_file(self, name: str) -> Path:
        """The file of a graph.

        Raises:
            ProjectError: `project.unknown-graph`.
        """
        found = self.graph_files.get(name) or self._by_own_name(name)
        if found is None and not name:
            what = f"no graph is named, and {GRAPHS}/ does not hold exactly one"
            fix = f'name one, or write graph = "NAME" in [tool.compound]; {choices(list(self.graph_files), name)}'
            raise ProjectError("project.unknown-graph", what, where=Location("pyproject.toml"), fix=fix)
        if found is None:
            what = f"graph {name!r} does not exist in {GRAPHS}/"
            fix = choices(list(self.graph_files), name)
            if (self.root / GRAPHS / f"{name}.py").is_file():
                fix = f"let {GRAPHS}/{name}.py call its graph `graph`: graph = Graph({name!r}, ...)"
            raise ProjectError("project.unknown-graph", what, where=Location(GRAPHS), fix=fix)
        return found

    def _by_own_name(self, name: str) -> Path | None:
        """The file of a graph with this name in it, whatever the file's name: runs are recorded under that name."""
        for stem, path in self.graph_files.items():
            with suppress(CompoundError):
                if self.graph_as_written(stem).name == name:
                    return path
        return None

    def graph_name(self, given: str) -> str:
        """The graph's name from a name or a file path, as a shell completes it: `graphs/parcel.yaml`."""
        path = Path(given).resolve()
        return next((name for name, file in self.graph_files.items() if file.resolve() == path), given)

    def graph(self, name: str) -> GraphSpec:
        """A graph, read but not checked, with its Python types resolved.

        Raises:
            ProjectError: the file cannot be read as a graph, with its places; a Python type does not exist.
        """
        spec = self.graph_as_written(name)
        return spec.with_types({one: self.python_type(place) for one, place in spec.external_types.items()})

    def graph_as_written(self, name: str) -> GraphSpec:
        """A graph with unresolved Python types.

        Raises:
            ProjectError: the file cannot be read as a graph, with its places.
        """
        from compound.spec import load_graph

        path = self.graph_file(name)
        if path.suffix == ".py":
            return self._python_graph(path)
        return load_graph(path.read_bytes(), self._shown(path))

    def python_type(self, place: str) -> Type:
        """The type at a place below `graphs/`: `types.py:Letter`.

        Raises:
            ProjectError: ``project.unknown-type``, ``project.bad-module``, ``graph.bad-type``.
        """
        from compound.project.source.python_types import python_type

        return python_type(self.modules, place)

    def _python_graph(self, path: Path) -> GraphSpec:
        from compound.spec.python.builder import Graph

        made = getattr(self.modules.load(f"{GRAPHS}.{path.stem}"), "graph", None)
        if not isinstance(made, Graph):
            what = f"`graph` is {type(made).__name__}, not a compound.Graph"
            raise ProjectError("project.no-graph", what, where=Location(self._shown(path)), fix="graph = Graph('name')")
        return made.build()

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.root))


def _makes_graph(path: Path) -> bool:
    """Whether a file binds the name `graph`, without running it."""
    return _BINDS_GRAPH.search(path.read_text(encoding="utf-8", errors="replace")) is not None


def _prompt(path: Path, name: str) -> Prompt:
    """A prompt file: an optional system prompt that a line `---` ends, and the text."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        where = Location(f"{GRAPHS}/{name}")
        raise ProjectError(
            "graph.bad-prompt", f"it is not UTF-8: {error}", fix="save it as UTF-8", where=where
        ) from None
    system, mark, body = text.partition(_SYSTEM_MARK)
    return Prompt(
        name=name,
        text=body if mark else text,
        version=sha(text, 12),
        system=system if mark else "",
    )
