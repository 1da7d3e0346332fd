"""Family 2, literals: texts that look like references but are not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, cast

from compound.language.findings import Finding
from compound.language.types import Many, Record, bare
from compound.spec.nodes import MapBlock, RepeatBlock, ReviewNode
from compound.spec.words import FallbackValue

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.levels import Level
    from compound.spec.nodes import AnyNode
    from compound.spec.yaml.reading import DataPath

_PATH: Final = r"([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*|\[-?\d+\])*)\??"
_BARE: Final = re.compile(rf"{_PATH}(?:\s*\?\?.*)?")
_BRACES: Final = re.compile(rf"\{{\{{\s*\$?{_PATH}\s*\}}\}}")
_INSIDE: Final = re.compile(rf"(?<![\w$])\$\{{?{_PATH}\}}?")
_STEP: Final = re.compile(r"[A-Za-z_]\w*|-?\d+")


def literal_findings(inspection: Inspection) -> Iterator[Finding]:
    """Every text that looks like a reference in a place where it is a literal."""
    for level, name, path, node in inspection.nodes:
        for value, place, is_out in _values(node):
            inner = level.below(name, node) if is_out and isinstance(node, RepeatBlock | MapBlock) else level
            yield from _texts(inspection, inner, value, (*path, *place), is_out=is_out)
    output = cast("JsonValue", inspection.spec.output)
    yield from _texts(inspection, inspection.top, output, ("output",), is_out=True)


def _values(node: AnyNode) -> Iterator[tuple[JsonValue, DataPath, bool]]:
    """Inputs and values of a node, each with its place, and whether only a reference makes sense there."""
    for key, value in node.given() if not isinstance(node, MapBlock) else ():
        yield value, key, False
    other = node.fallback
    if isinstance(other, FallbackValue):
        yield other.value, ("fallback", "value"), False
    match node:
        case ReviewNode():
            yield cast("JsonValue", node.show), ("show",), True
        case RepeatBlock() | MapBlock():
            yield cast("JsonValue", node.out), ("out",), True
        case _:
            return


def _texts(
    inspection: Inspection, level: Level, value: JsonValue, path: DataPath, *, is_out: bool
) -> Iterator[Finding]:
    match value:
        case str() if not value.startswith("$"):
            # `orders: orders` matches a node; any other word may be meant literally.
            meant = _meant(level, value, is_out=is_out or value.rstrip("?") == path[-1])
            if meant:
                what = f"{value!r} is a literal text; it looks like the value of {meant}"
                fix = f"write ${meant}; only a value that starts with $ is a reference, and it is the whole value"
                yield inspection.finding("graph.literal-reference", what, path, fix, severity="warning")
        case list():
            for index, item in enumerate(value):
                yield from _texts(inspection, level, item, (*path, index), is_out=is_out)
        case dict():
            for key, item in value.items():
                yield from _texts(inspection, level, item, (*path, key), is_out=is_out)
        case _:
            return


def _meant(level: Level, text: str, *, is_out: bool) -> str:
    """The reference that a text looks like; empty if none."""
    whole = _BARE.fullmatch(text)
    if whole is not None:
        # One word is a text like any other, unless only a reference makes sense in its place.
        is_one_word = not whole[2]
        return f"{whole[1]}{whole[2]}" if _leads(level, whole) and (is_out or not is_one_word) else ""
    for match in (*_BRACES.finditer(text), *_INSIDE.finditer(text)):
        if _leads(level, match):
            return f"{match[1]}{match[2]}"
    return ""


def _leads(level: Level, match: re.Match[str]) -> bool:
    """Whether every step is declared: a `json` value may have any field, and proves nothing."""
    kind = level.types.root(match[1])
    for step in _STEP.findall(match[2]):
        inside = None if kind is None else bare(kind, level.types.names)
        match inside:
            case Record(fields) if step in fields:
                kind = fields[step]
            case Many(item) if not step.isidentifier():
                kind = item
            case _:
                return False
    return kind is not None
