"""Every kind of declared file: its location, and the model of its content.

A new kind is one line in `KINDS`; the schema, the formatter and the checks use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, TypeVar

from compound.errors import Location, ProjectError, choices
from compound.spec.yaml.reading import YamlDocument, decode_utf8, read_yaml
from compound.spec.yaml.validated import validated

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """One kind of file.

    Attributes:
        name: As in its first line: `graph` in `compound: graph/v1`; a SQL tool has no such line.
        model: `module:Class` below `compound.spec`.
        places: Patterns below a project's root.
        title: A short description.
    """

    name: str
    model: str
    places: tuple[str, ...]
    title: str

    def load(self) -> type[BaseModel]:
        """The model, imported on first use."""
        return _model(self.model)


@cache
def _model(place: str) -> type[BaseModel]:
    module, _, name = place.partition(":")
    return getattr(import_module(f"compound.spec.{module}"), name)


def _kind(name: str, model: str, title: str, *places: str) -> FileKind:
    return FileKind(name=name, model=model, title=title, places=places)


ANY_CONNECTOR: Final = "connectors/*.yaml"
"""Location of files of these kinds: the file's name is the target's name."""

KINDS: Final[Mapping[str, FileKind]] = {
    kind.name: kind
    for kind in (
        _kind("graph", "graph_file:GraphSpec", "a graph", "graphs/*.yaml"),
        _kind("policy", "policy_file:PolicyFile", "what an application may do", "graphs/policies/*.yaml"),
        _kind("models", "models_file:ModelsFile", "models, providers, prices", "connectors/models.yaml"),
        _kind("lakehouse", "lakehouse_file:LakehouseFile", "tables of the lakehouse", "connectors/lakehouse.yaml"),
        _kind("records", "records_file:RecordsFile", "tables and documents that effects change", ANY_CONNECTOR),
        _kind("mailbox", "mailbox_file:MailboxFile", "items that come in, replies that go out", ANY_CONNECTOR),
        _kind("mcp", "mcp_file:McpFile", "MCP servers", "connectors/mcp.yaml"),
        _kind("suite", "suite_file:SuiteFile", "an evaluation suite", "evals/*/suite.yaml"),
        _kind("sql", "sql_tool:SqlToolSpec", "the header of a SQL tool", "tools/*.sql"),
    )
}


def kind_of(document: YamlDocument, path: str) -> FileKind:
    """The kind that a file declares.

    Raises:
        ProjectError: ``file.unknown-kind``: it declares none, or an unknown one.
    """
    if PurePath(path).suffix == ".sql":
        return KINDS["sql"]
    data = document.data
    said = data.get("compound") if isinstance(data, dict) else None
    name = said.partition("/")[0] if isinstance(said, str) else ""
    if name in KINDS and name != "sql":
        return KINDS[name]
    lines = [f"{one}/v1" for one in KINDS if one != "sql"]
    what = "the file does not declare its kind" if said is None else f"unknown kind of file {said!r}"
    where = document.source.value(("compound",)) if said is not None else Location(path, 1)
    raise ProjectError("file.unknown-kind", what, fix=f"write compound: ...; {choices(lines, str(said))}", where=where)


def read_as(kind: FileKind, text: str | bytes, path: str) -> BaseModel:
    """A file of a known kind as its model; raises all mistakes of its shape.

    Raises:
        InvalidFile: The file has mistakes.
        ProjectError: ``yaml.*``, and what reading a SQL tool raises.
    """
    if kind.name == "graph":
        from compound.spec.graph_text import load_graph

        return load_graph(text, path)
    if kind.name == "sql":
        from compound.spec.sql_tool import parse_sql_tool

        return parse_sql_tool(decode_utf8(text, path), path).spec
    return validated(read_yaml(text, path), kind.load())
