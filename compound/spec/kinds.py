"""Every kind of declared file: where such files lie, and the model that says what they may hold.

A new kind is one line in `KINDS`; the schema, the formatter and the checks of files take it from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, TypeVar

from compound.errors import Location, ProjectError, choices
from compound.spec._findings import Finding, InvalidFile, in_file_order
from compound.spec._mistakes import mistake_of, path_in, without_branches, without_misspelt
from compound.spec.yaml_file import YamlDocument, decode_utf8, read_yaml

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

M = TypeVar("M", bound="BaseModel")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """One kind of file.

    Attributes:
        name: As its first line says it: `graph` in `compound: graph/v1`; a SQL tool has no such line.
        model: `module:Class` below `compound.spec`.
        places: Patterns below a project's root.
        title: What it is, in a few words.
    """

    name: str
    model: str
    places: tuple[str, ...]
    title: str

    def load(self) -> type[BaseModel]:
        """The model; imported when it is asked for."""
        return _model(self.model)


@cache
def _model(place: str) -> type[BaseModel]:
    module, _, name = place.partition(":")
    return getattr(import_module(f"compound.spec.{module}"), name)


def _kind(name: str, model: str, title: str, *places: str) -> FileKind:
    return FileKind(name=name, model=model, title=title, places=places)


KINDS: Final[Mapping[str, FileKind]] = {
    kind.name: kind
    for kind in (
        _kind("graph", "graph_file:GraphSpec", "a graph", "graphs/*.yaml"),
        _kind("policy", "policy_file:PolicyFile", "what an application may do", "graphs/policies/*.yaml"),
        _kind("models", "models_file:ModelsFile", "models, providers, prices", "connectors/models.yaml"),
        _kind("lakehouse", "lakehouse_file:LakehouseFile", "tables of the lakehouse", "connectors/lakehouse.yaml"),
        _kind("shop", "shop_file:ShopFile", "tables and documents of the shop", "connectors/shop.yaml"),
        _kind("desk", "desk_file:DeskFile", "tickets and replies", "connectors/desk.yaml"),
        _kind("mcp", "mcp_file:McpFile", "MCP servers", "connectors/mcp.yaml"),
        _kind("suite", "suite_file:SuiteFile", "an evaluation suite", "evals/*/suite.yaml"),
        _kind("sql", "sql_tool:SqlToolSpec", "the header of a SQL tool", "tools/*.sql"),
    )
}


def kind_of(document: YamlDocument, path: str) -> FileKind:
    """The kind that a file says it is.

    Raises:
        ProjectError: ``file.unknown-kind``: it does not say, or nobody knows it.
    """
    if PurePath(path).suffix == ".sql":
        return KINDS["sql"]
    data = document.data
    said = data.get("compound") if isinstance(data, dict) else None
    name = said.partition("/")[0] if isinstance(said, str) else ""
    if name in KINDS and name != "sql":
        return KINDS[name]
    lines = [f"{one}/v1" for one in KINDS if one != "sql"]
    what = "the file does not say what it is" if said is None else f"unknown kind of file {said!r}"
    where = document.source.value(("compound",)) if said is not None else Location(path, 1)
    raise ProjectError("file.unknown-kind", what, fix=f"write compound: ...; {choices(lines, str(said))}", where=where)


def read_as(kind: FileKind, text: str | bytes, path: str) -> BaseModel:
    """A file of a known kind as its model, with every mistake of its shape.

    Raises:
        InvalidFile: The file has mistakes.
        ProjectError: ``yaml.*``, and what reading a SQL tool raises.
    """
    if kind.name == "graph":
        from compound.spec._parse import load_graph

        return load_graph(text, path)
    if kind.name == "sql":
        from compound.spec.sql_tool import parse_sql_tool

        return parse_sql_tool(decode_utf8(text, path), path).spec
    return validated(read_yaml(text, path), kind.load())


def validated(document: YamlDocument, model: type[M], code: str = "project.bad-file") -> M:
    """Plain data as its model.

    Raises:
        InvalidFile: with `code`: every unknown key, missing key and wrong value, each with its place.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        details = without_misspelt(error.errors(include_url=False))
        plain = without_branches(details, lambda one: _path(one, document))
        findings = [_finding(detail, document, model, code) for detail in plain]
        raise InvalidFile(in_file_order(findings)) from None


def _finding(detail: ErrorDetails, document: YamlDocument, model: type[BaseModel], code: str) -> Finding:
    path, source = _path(detail, document), document.source
    name = ".".join(str(step) for step in path) or "the file"
    if found := mistake_of(detail, path):
        where = source.key(path) if found.at_key else source.value(path)
        return Finding(found.code or code, f"{name}: {found.what}", where, found.fix)
    if detail["type"] == "extra_forbidden":
        known = _keys(model, path[:-1])
        fix = choices(known, str(path[-1]), limit=30) if known else "drop it"
        return Finding(code, f"unknown key {name!r}", source.key(path), fix)
    if detail["type"] == "missing":
        return Finding(code, f"the key {name!r} is missing", source.key(path[:-1]), f"write {path[-1]}: ...")
    said = detail["msg"].removeprefix("Value error, ")
    said = said if said[:2].isupper() else said[:1].lower() + said[1:]
    where = source.key(path) if detail["loc"][-1:] == ("[key]",) else source.value(path)
    return Finding(code, f"{name}: {said}", where, meaning(model, path))


def _path(detail: ErrorDetails, document: YamlDocument) -> tuple[str | int, ...]:
    """Where in the file; a step that leads nowhere there is the tag of a union."""
    steps = tuple(step for step in detail["loc"] if step != "[key]")
    if detail["type"] == "missing":
        return (*path_in(document.data, steps[:-1]), steps[-1])
    return path_in(document.data, steps)


def _keys(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """Keys that may stand at a path, as far as the models' annotations tell."""
    return [field.alias or name for one in _models_at(model, path) for name, field in one.model_fields.items()]


def meaning(model: type[BaseModel], path: tuple[str | int, ...]) -> str:
    """What the innermost key of a path is for."""
    from compound.spec._describe import descriptions

    for length in range(len(path), 0, -1):
        key = path[length - 1]
        for one in _models_at(model, path[: length - 1]):
            for name, field in one.model_fields.items():
                if key in (name, field.alias) and (said := descriptions(one).get(name)):
                    return f"{key}: {said}"
    return "correct the value"


def _models_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[type[BaseModel]]:
    from pydantic import BaseModel

    here: list[type[BaseModel]] = [model]
    for step in path:
        found: list[type[BaseModel]] = []
        for one in here:
            for name, field in one.model_fields.items():
                if step in (name, field.alias):
                    found += _models_in(field.annotation, BaseModel)
        # An index or a free name leads into the same annotation.
        here = found or here
    return here


def _models_in(annotation: object, base: type[BaseModel]) -> list[type[BaseModel]]:
    from typing import get_args

    if isinstance(annotation, type) and issubclass(annotation, base):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part, base)]
