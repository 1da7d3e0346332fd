"""Family 2, roles: what `item` and `shows` name is there, and is what it is taken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.errors import choices
from compound.graph.checks.values import use_findings
from compound.graph.wiring.references import Use, iter_bindings, references
from compound.language.types import ANY, Many, Record, Scalar, bare, parse_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compound.graph.inspection.inspection import Inspection
    from compound.language.findings import Finding
    from compound.language.types import Type
    from compound.spec.graph_file import GraphSpec

_NAMES = (Scalar("str"), Scalar("int"), ANY)


def role_findings(inspection: Inspection) -> Iterator[Finding]:
    """Names that lead nowhere, and an id, a title or a key that is no text."""
    spec = inspection.spec
    if spec.item is not None and spec.item.input is not None and spec.item.input not in spec.input:
        what = f"item.input: the graph has no input {spec.item.input!r}"
        fix = f"name an input; {choices(list(spec.input), spec.item.input)}"
        yield inspection.finding("graph.bad-role", what, ("item", "input"), fix)
    for role in ("id", "title", "key"):
        path = None if spec.item is None else getattr(spec.item, role)
        if path is not None and (wrong := _wrong(spec, path)) is not None:
            yield inspection.finding("graph.bad-role", f"item.{role}: {wrong[0]}", ("item", role), wrong[1])
    for role, text in ({} if spec.shows is None else spec.shows.model_dump(exclude_none=True)).items():
        for expr, place in iter_bindings(text, ("shows", role)):
            for ref, is_shielded in references(expr):
                use = Use(ref=ref, is_shielded=is_shielded, path=place, role="out")
                yield from use_findings(inspection, inspection.top, use)


def _wrong(spec: GraphSpec, path: str) -> tuple[str, str] | None:
    """What is wrong with a path into the input, and what to write; None when nothing is."""
    kind: Type = Record({name: parse_type(declared) for name, declared in spec.input.items()})
    for step in path.split("."):
        kind = bare(kind, spec.type_names)
        if kind == ANY:
            return None
        if not isinstance(kind, Record) or (step not in kind.fields and not kind.is_open):
            known = list(kind.fields) if isinstance(kind, Record) else []
            return f"{path}: there is no field {step!r}", f"name a field of the input; {choices(known, step)}"
        kind = kind.fields.get(step, ANY)
    found = bare(kind, spec.type_names)
    if isinstance(found, (Many, Record)) or (isinstance(found, Scalar) and found not in _NAMES):
        return f"{path} is no text and no whole number", "name a field that is text, an enum or an int"
    return None
