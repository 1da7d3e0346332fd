"""What the project offers to graphs, for `check`: names and schemas; nothing runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from compound.errors import CompoundError, ConnectorError, Location
from compound.graph.port.catalogue import Shelf, Signature
from compound.language import Finding, InvalidFile
from compound.language.marks import KEY
from compound.language.schema import closed_record, nullable
from compound.project.offer.plugin_findings import plugin_findings
from compound.project.offer.references import (
    effect_findings,
    function_findings,
    policy_findings,
    suite_findings,
    target_findings,
)
from compound.project.open.connector_tools import tells_texts
from compound.project.source.names import graph_name_findings
from compound.project.source.parts import GRAPHS
from compound.spec.mcp_file import PREFIX

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.lakehouse.service.lakehouse import Lakehouse
    from compound.language.types import Type
    from compound.project.open.resources import Resources
    from compound.spec import GraphSpec
    from compound.spec.policy_file import PolicyFile
    from compound.tool.ask import AskTool
    from compound.tool.sql import SqlTool

T = TypeVar("T")


class ProjectCatalogue:
    """`compound.graph.port.catalogue.Catalogue` over an opened project.

    A part of the project that cannot be read is a finding of its own; its shelf is then not checked.
    """

    has_state = True

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._problems: list[Finding] = []

    def findings(self) -> list[Finding]:
        """Findings in the project's code, and in everything else that the checked graphs use."""
        shelves: tuple[Shelf, ...] = ("tool", "check", "effect")
        for shelf in shelves:
            self.names(shelf)
        for name in self._sql_tools:
            self._sql(name)
        for name in self.names("effect") or ():
            self.signature("effect", name)
        self._problems += target_findings(self._resources)
        self._problems += function_findings(self._resources)
        self._problems += plugin_findings(self._resources)
        self._problems += policy_findings(self._resources)
        self._problems += suite_findings(self._resources)
        self._problems += graph_name_findings(self._graph_names())
        return self.noted()

    def noted(self) -> list[Finding]:
        """Findings in the parts of the project that the checked graphs use."""
        return list(dict.fromkeys(self._problems))

    def _graph_names(self) -> Mapping[str, tuple[str, Location]]:
        """Readable graph files: stem to the name in the file, and its place."""
        parts = self._resources.parts
        found: dict[str, tuple[str, Location]] = {}
        for stem, path in parts.graph_files.items():
            with suppress(CompoundError):  # reported as a finding of its own
                spec = parts.graph_as_written(stem)
                where = spec.source.value(("name",))
                found[stem] = (spec.name, where if where.file else Location(self._resources.settings.shown(path)))
        return found

    @property
    def unchecked(self) -> str:
        """Why the SQL tools were not checked against their tables; empty if they were, or if there are none."""
        if not self._resources.parts.sql_files:
            return ""
        try:
            _ = self._resources.lakehouse
        except ConnectorError as error:
            return error.what
        return ""

    def _note(self, error: CompoundError, file: str) -> None:
        if isinstance(error, InvalidFile):
            self._problems += error.findings
        else:
            self._problems.append(Finding(error.code, error.what, error.where or Location(file), error.fix))

    def _tried(self, look: Callable[[], T], default: T, file: str) -> T:
        try:
            return look()
        except CompoundError as error:
            self._note(error, file)
            return default

    def names(self, shelf: Shelf) -> Sequence[str] | None:
        """Every name on a shelf; None if the shelf cannot be read."""
        look, file = self._shelves[shelf]
        return self._tried(lambda: list(look()), None, file)

    def signature(self, shelf: Shelf, name: str) -> Signature | None:
        """Inputs and value of a name; None when unknown."""
        if name not in (self.names(shelf) or ()):
            return None
        _, file = self._shelves[shelf]
        return self._tried(lambda: self._signature(shelf, name), None, file)

    def _signature(self, shelf: Shelf, name: str) -> Signature | None:  # noqa: PLR0911 - one branch per shelf
        parts = self._resources.parts
        match shelf:
            case "tool":
                return self._tool(name)
            case "check":
                found = parts.checks[name]
                can_stop = found.is_async or found.blocking
                return Signature(params=found.params_schema, output=found.output_schema, can_stop=can_stop)
            case "effect":
                effect = parts.effects[name]
                self._problems += effect_findings(self._resources, effect)
                is_message = effect.target in self._resources.target_files.mailboxes
                return Signature(params=effect.schema, is_message=is_message)
            case "sql":
                return self._sql(name)
            case "graph":
                return self._graph(name)
            case "specialist":
                return self._specialist(name)
            case "retriever":
                # Searches run on the caller's thread, which a timeout would need.
                return Signature(can_stop=False)
            case _:
                return Signature()

    def _tool(self, name: str) -> Signature | None:
        if name.startswith(PREFIX):
            return self._resources.mcp.signature(name)
        function = self._resources.functions[name]
        return Signature(
            params=function.params_schema,
            output=function.output_schema,
            can_stop=function.is_async or function.blocking or function.is_adapter,
            # The tools of connectors, other than the project's own code, read the present state of the world.
            is_repeatable=name in self._resources.parts.functions,
            tells_texts=tells_texts(name, self._resources.target_files),
        )

    def prompt(self, path: str) -> str | None:
        """Lines of a prompt file, including its system part."""
        found = self._resources.parts.prompt_files.get(path)
        if found is None:
            return None
        try:
            return found.read_text(encoding="utf-8").replace("\n---\n", "\n\n", 1)
        except (OSError, UnicodeDecodeError) as error:
            what = f"the prompt cannot be read: {error}"
            self._problems.append(
                Finding("graph.bad-prompt", what, Location(self.prompt_file(path)), "save it as UTF-8")
            )
            return None

    def prompt_file(self, path: str) -> str:
        """A prompt file's path as the user would type it."""
        return f"{GRAPHS}/{path}"

    def graph(self, name: str) -> GraphSpec | None:
        """Another graph; None if its file cannot be read, which has findings of its own."""
        try:
            return self._resources.parts.graph(name)
        except CompoundError:
            return None

    def policy(self, name: str) -> PolicyFile | None:
        """A policy; None if there is none or its file cannot be read, which is a finding of its own."""
        if name not in self._resources.parts.policy_files:
            return None
        return self._tried(lambda: self._resources.parts.policy(name), None, f"{GRAPHS}/policies/{name}.yaml")

    def python_type(self, place: str) -> Type:
        """The Python type at a place.

        Raises:
            ProjectError: See `compound.project.source.python_types.python_type`.
        """
        return self._resources.parts.python_type(place)

    def _graph(self, name: str) -> Signature | None:
        from compound.graph.wiring.value_types import graph_signature

        spec = self.graph(name)
        return None if spec is None else graph_signature(spec, self)

    @cached_property
    def _sql_tools(self) -> Mapping[str, SqlTool | AskTool]:
        """SQL tools that can be read and pass the guard; the others are findings."""
        found: dict[str, SqlTool | AskTool] = {}
        for name, path in self._resources.parts.sql_files.items():
            tool = self._tried(lambda name=name: self._resources.parts.sql_tool(name), None, str(path))
            if tool is not None:
                found[name] = tool
        return found

    def _sql(self, name: str) -> Signature | None:
        tool = self._sql_tools.get(name)
        if tool is None:
            return None
        params = cast("Mapping[str, JsonValue]", tool.params_schema())
        output = self._bound(tool)
        if tool.spec.scope == "customer":
            # Rows of one proven customer: their content is that customer's.
            output = {**(output or {}), KEY: "proven"}
        # SQL that a model writes has a finding of its own.
        is_wide = tool.spec.kind == "query" and tool.spec.scope != "customer"
        return Signature(params=params, output=output, can_stop=False, is_wide=is_wide)

    def _bound(self, tool: SqlTool | AskTool) -> Mapping[str, JsonValue] | None:
        """Columns of the SQL tool, by the present tables: finds schema drift."""
        if self._lakehouse is None:
            return None
        try:
            return tool.bind(self._lakehouse).output_schema
        except CompoundError as error:
            where = error.where or tool.where
            self._problems.append(Finding(error.code, f"{tool.name}: {error.what}", where, error.fix))
            return None

    @cached_property
    def _lakehouse(self) -> Lakehouse | None:
        """None if the profile has no data: the SQL itself was guarded, but cannot be checked against tables yet."""
        try:
            return self._resources.lakehouse
        except ConnectorError:
            return None

    def _specialist(self, ref: str) -> Signature:
        labels: dict[str, JsonValue] = {"type": "string"}
        with suppress(CompoundError):  # Not trained yet.
            labels["enum"] = list(self._resources.specialists.resolve(ref).labels)
        text: dict[str, JsonValue] = {"type": "string"}
        number: dict[str, JsonValue] = {"type": "number"}
        fields: dict[str, dict[str, JsonValue]] = {
            "label": nullable(labels),
            "score": number,
            "labels": {"type": "array", "items": labels},
            "scores": {"type": "object"},
            "top": {"type": "array", "items": {"type": "array"}},
            "automated": {"type": "boolean"},
            "reason": text,
            "version": text,
            "certificate_id": text,
        }
        return Signature(params=closed_record({"text": text}), output=closed_record(fields), can_stop=False)

    @cached_property
    def _shelves(self) -> Mapping[Shelf, tuple[Callable[[], Sequence[str]], str]]:
        """Shelf to its names and the file or folder that they come from."""
        resources = self._resources
        parts = resources.parts
        return {
            "tool": (lambda: [*resources.functions, *resources.mcp.names], "tools"),
            "check": (lambda: list(parts.checks), "tools"),
            "sql": (lambda: list(parts.sql_files), "tools"),
            "effect": (lambda: list(parts.effects), "tools"),
            "retriever": (lambda: resources.settings.profile.index_names, "pyproject.toml"),
            "specialist": (self._specialists, "pyproject.toml"),
            "model": (lambda: list(resources.models.models), "connectors/models.yaml"),
            "prompt": (lambda: list(parts.prompt_files), "graphs/prompts"),
            "graph": (lambda: list(parts.graph_files), "graphs"),
            "policy": (lambda: list(parts.policy_files), "graphs/policies"),
        }

    def _specialists(self) -> list[str]:
        """Specialists with their aliases and versions; an untrained one with `production`."""
        registry = self._resources.specialists
        return [
            f"{name}@{which}"
            for name in self._resources.settings.specialists
            for which in dict.fromkeys(["production", *registry.aliases(name), *registry.versions(name)])
        ]
