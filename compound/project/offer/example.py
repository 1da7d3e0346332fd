"""`compound run` without an input: the project's example, else instructions."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from compound.errors import CompoundError, DataError, choices
from compound.language import Finding
from compound.language.types import Enum, Many, Record, Scalar, Type, bare, is_optional
from compound.project.settings.settings import MARKER, in_settings

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project.settings.settings import Settings
    from compound.project.source.parts import ProjectParts
    from compound.spec import GraphSpec

_SAMPLES: Mapping[str, JsonValue] = {
    "str": "...", "int": 1, "float": 1.0, "bool": True, "any": {}, "date": "2026-01-31",
    "datetime": "2026-01-31T12:00:00Z",
}  # fmt: skip
_DEPTH = 3


def example_of(settings: Settings, spec: GraphSpec) -> dict[str, JsonValue]:
    """The input for the project's graph from `[tool.compound] example`.

    Raises:
        DataError: `project.no-input`: there is no example, and the graph needs an input.
    """
    given = cast("dict[str, JsonValue]", dict(settings.example))
    if not given and spec.item is not None and list(spec.input) == [spec.item.input]:
        raise DataError("item.missing", "no item is given", fix="--text '...', or --item FILE, JSON or -")
    if not given:
        need_input(spec, given, f"; or write example = {{ ... }} below [tool.compound] in {MARKER}")
    return given


def need_input(spec: GraphSpec, given: Mapping[str, JsonValue], more: str = "") -> None:
    """Refuse a run that lacks inputs, and show the command with them.

    Raises:
        DataError: `project.no-input`.
    """
    missing = _missing(spec, given)
    if missing:
        typed = " ".join(f"{name}={_typed(kind, spec)}" for name, kind in _needed(spec).items())
        what = f"the graph {spec.name} needs {', '.join(missing)}, and no value is given"
        raise DataError("project.no-input", what, fix=f"compound run {spec.name} {typed}{more}")


def example_findings(settings: Settings, parts: ProjectParts) -> Iterator[Finding]:
    """Names in the project's example that are not inputs of its graph, and inputs that the example lacks."""
    if not settings.example or settings.graph not in parts.graph_files:
        return
    try:
        spec = parts.graph_as_written(settings.graph)
    except CompoundError:  # errors of the graph are findings already
        return
    unknown = [name for name in settings.example if name not in spec.input]
    for name in unknown:
        what = f"the example has {name!r}, which is not an input of the graph {spec.name}"
        where = in_settings(settings.root, name)
        yield Finding("project.bad-example", what, where, choices(list(spec.input), name))
    missing = [] if unknown else _missing(spec, settings.example)
    if missing:
        what = f"the example lacks {', '.join(missing)}, which the graph {spec.name} needs"
        where = in_settings(settings.root, "example")
        yield Finding("project.bad-example", what, where, f"write {missing[0]} = ... into `example`")


def _missing(spec: GraphSpec, given: Mapping[str, object]) -> list[str]:
    return [name for name in _needed(spec) if name not in given]


def _needed(spec: GraphSpec) -> dict[str, Type]:
    """The required inputs of a run."""
    kinds = spec.input_type.fields
    return {name: kind for name, kind in kinds.items() if not is_optional(kind, spec.type_names)}


def _typed(kind: Type, spec: GraphSpec) -> str:
    value = _sample(kind, spec, _DEPTH)
    if isinstance(value, str):
        return f"'{value}'"
    import orjson

    return shlex.quote(orjson.dumps(value).decode())


def _sample(kind: Type, spec: GraphSpec, depth: int) -> JsonValue:
    """A placeholder value of a type."""
    match bare(kind, spec.type_names):
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
