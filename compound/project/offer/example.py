"""What `compound run` does where no input is given: the project's example, else what to type."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from compound.errors import CompoundError, DataError, Location, choices
from compound.language import Finding
from compound.language.types import Enum, Many, Maybe, Record, Scalar, Type, bare, parse_type
from compound.project.settings.settings import MARKER, in_settings

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project.settings.settings import Settings
    from compound.project.source.parts import ProjectParts
    from compound.spec import GraphSpec

_SAMPLES: Mapping[str, JsonValue] = {"str": "...", "int": 1, "float": 1.0, "bool": True, "any": {}}
_DEPTH = 3


def example_of(settings: Settings, spec: GraphSpec) -> dict[str, JsonValue]:
    """The input that `[tool.compound] example` has for the project's graph.

    Raises:
        DataError: `project.no-input`: there is no example, and the graph needs an input.
    """
    given = cast("dict[str, JsonValue]", dict(settings.example))
    if not given:
        need_input(spec, given, f"; or write example = {{ ... }} below [tool.compound] in {MARKER}")
    return given


def need_input(spec: GraphSpec, given: Mapping[str, JsonValue], more: str = "") -> None:
    """Refuse a run that lacks inputs, and say what to type.

    Raises:
        DataError: `project.no-input`.
    """
    kinds = {name: parse_type(kind) for name, kind in spec.input.items()}
    missing = [name for name, kind in kinds.items() if not isinstance(kind, Maybe) and name not in given]
    if missing:
        typed = " ".join(f"{name}={_typed(kind, spec)}" for name, kind in kinds.items() if not isinstance(kind, Maybe))
        what = f"the graph {spec.name} needs {', '.join(missing)}, and no value is given"
        raise DataError("project.no-input", what, fix=f"compound run {spec.name} {typed}{more}")


def example_findings(settings: Settings, parts: ProjectParts) -> list[Finding]:
    """Names of the project's example that are no inputs of its graph, and inputs that it lacks."""
    if not settings.example:
        return []
    try:
        spec = parts.graph_as_written(settings.graph)
    except CompoundError as error:
        where = error.where or in_settings(settings.root, "example")
        return [Finding(error.code, error.what, where, error.fix)] if settings.graph not in parts.graph_files else []
    found = [
        _finding(f"the example has {name!r}, which is not an input of {spec.name}", choices(list(spec.input), name), at)
        for name in settings.example
        if name not in spec.input
        for at in [in_settings(settings.root, name)]
    ]
    if not found:
        try:
            need_input(spec, cast("Mapping[str, JsonValue]", settings.example))
        except DataError as error:
            found = [_finding(error.what.partition(",")[0] + ", and the example has no such value", error.fix, None)]
    where = in_settings(settings.root, "example")
    return [one if one.where.line else Finding(one.code, one.what, where, one.fix) for one in found]


def _finding(what: str, fix: str, where: Location | None) -> Finding:
    return Finding("project.bad-example", what, where or Location(MARKER), fix)


def _typed(kind: Type, spec: GraphSpec) -> str:
    value = _sample(kind, spec, _DEPTH)
    if isinstance(value, str):
        return f"'{value}'"
    import orjson

    return shlex.quote(orjson.dumps(value).decode())


def _sample(kind: Type, spec: GraphSpec, depth: int) -> JsonValue:
    """A value of a type, to be replaced by a person."""
    match bare(kind, spec.type_names):
        case Scalar("datetime"):
            return "2026-01-31T12:00:00Z"
        case Scalar(name):
            return _SAMPLES[name]
        case Enum(values):
            return values[0]
        case Many(item):
            return [_sample(item, spec, depth - 1)] if depth else []
        case Record(fields) as record if depth:
            must = record.must_have()
            return {name: _sample(one, spec, depth - 1) for name, one in fields.items() if name in must}
        case _:
            return {}
