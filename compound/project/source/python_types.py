"""Python types in graph files: `{from: types.py:Letter}` is `Letter` of `graphs/types.py`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from compound.errors import Location, ProjectError, choices
from compound.language.types import ANY, Many, Named, Nullable, Record, Type, parse_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from compound.project.source.modules import ProjectModules

_DEPTH: Final = 8
GRAPHS: Final = "graphs"


def python_type(modules: ProjectModules, place: str) -> Type:
    """The type at a place: a pydantic model, a dataclass, a TypedDict, an enum of texts, `Literal[...]`.

    Types are structural, like types in graph files: fields, their types, and which are optional.

    Raises:
        ProjectError: ``project.unknown-type``: unknown file or name; ``project.bad-module``: the file cannot be
            imported; ``graph.bad-type``: it is not a JSON type.
    """
    from compound.spec.python.types import to_type

    file, _, name = place.partition(":")
    folder = modules.root / GRAPHS
    if not (folder / file).is_file():
        known = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.py"))]
        raise ProjectError("project.unknown-type", f"{GRAPHS}/{file} does not exist", fix=choices(known, file))
    module = modules.load(".".join((GRAPHS, *Path(file).with_suffix("").parts)))
    found = getattr(module, name, None)
    where = Location(f"{GRAPHS}/{file}")
    if found is None:
        own = [key for key, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
        raise ProjectError("project.unknown-type", f"{name!r} does not exist", fix=choices(own, name), where=where)
    declared: dict[str, JsonValue] = {}
    try:
        written = to_type(found, declared)
    except ProjectError as error:
        raise ProjectError(error.code, f"{name}: {error.what}", fix=error.fix, where=where) from error
    return _whole(parse_type(written), {one: parse_type(kind) for one, kind in declared.items()}, 0)


def _whole(kind: Type, names: Mapping[str, Type], depth: int) -> Type:
    """The type without names; a recursive model becomes `any` below some depth."""
    if depth > _DEPTH:
        return ANY
    match kind:
        case Named(name):
            return _whole(names.get(name, ANY), names, depth + 1)
        case Nullable(item):
            inner = _whole(item, names, depth + 1)
            return inner if isinstance(inner, Nullable) else Nullable(inner)
        case Many(item):
            return Many(_whole(item, names, depth + 1))
        case Record(fields):
            return Record({key: _whole(item, names, depth + 1) for key, item in fields.items()})
        case _:
            return kind
