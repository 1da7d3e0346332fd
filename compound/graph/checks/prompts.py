"""Family 4, prompts: placeholders against `in`, both ways, and the fields that a template uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from compound.errors import Location, ProjectError, choices
from compound.graph.prompt.reading import Template, column_of, read_template
from compound.graph.prompt.typing_walk import problems_of
from compound.graph.wiring.references import parse_binding
from compound.language.findings import Finding
from compound.language.types import Nullable, Type
from compound.spec.nodes import AgentNode, LlmNode

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.levels import Level
    from compound.spec.yaml.reading import DataPath

_CODES: Final = {
    "name": "graph.unknown-filter",
    "field": "graph.unknown-field",
    "null": "graph.may-be-null",
    "template": "graph.bad-prompt",
}


def prompt_findings(inspection: Inspection) -> Iterator[Finding]:
    """All findings between prompts and the nodes that fill them."""
    for level, _, path, node in inspection.nodes:
        if isinstance(node, LlmNode | AgentNode):
            yield from _Prompts(inspection, level, path, node).findings()


class _Prompts:
    """The prompt files of one node."""

    def __init__(self, inspection: Inspection, level: Level, path: DataPath, node: LlmNode | AgentNode) -> None:
        self._inspection = inspection
        self._level = level
        self._path = path
        self._node = node

    def findings(self) -> Iterator[Finding]:
        """Findings of both files, and inputs that neither uses."""
        wanted: set[str] = set()
        is_known = True
        for key, file in (("prompt", self._node.prompt), ("system", self._node.system)):
            text = None if file is None else self._inspection.catalogue.prompt(file)
            if file is None or text is None:
                is_known = is_known and file is None
                continue
            try:
                template = read_template(text, self._inspection.catalogue.prompt_file(file))
            except ProjectError as error:
                what = f"{error.where}: {error.what}"
                yield self._inspection.finding(error.code, what, (*self._path, key), "correct the template")
                is_known = False
                continue
            is_known = is_known and not any(one.kind == "name" for one in template.problems)
            wanted |= template.names
            yield from self._missing(template, file, key)
            yield from self._inside(template, file, text)
        if is_known:
            yield from self._unused(wanted)

    def _missing(self, template: Template, file: str, key: str) -> Iterator[Finding]:
        for name in sorted(template.names - set(self._node.inputs)):
            what = f"{file} uses {{{{ {name} }}}}, which is not in `in`"
            spare = [one for one in self._node.inputs if one not in template.names] or list(self._node.inputs)
            fix = f"add {name}: $... to `in`, or remove it; {choices(spare, name)}"
            yield self._inspection.finding("graph.missing-placeholder", what, (*self._path, key), fix)

    def _inside(self, template: Template, file: str, text: str) -> Iterator[Finding]:
        given: dict[str, Type] = {name: self._type(value) for name, value in self._node.inputs.items()}
        shown = self._inspection.catalogue.prompt_file(file)
        for problem in (*template.problems, *problems_of(template, given, self._level.types.names)):
            where = Location(shown, problem.line, column_of(text, problem))
            yield Finding(_CODES[problem.kind], problem.what, where, problem.fix)

    def _type(self, value: JsonValue) -> Type:
        kind, expr = self._level.types.of_value(value), parse_binding(value)
        known = self._level.facts.get(str(self._path[-1]), self._level.around)
        is_there = expr is not None and isinstance(kind, Nullable) and not self._level.may_be_null(expr, known)
        return kind.item if is_there and isinstance(kind, Nullable) else kind

    def _unused(self, wanted: set[str]) -> Iterator[Finding]:
        unused = [name for name in self._node.inputs if name not in wanted]
        # A misspelt input is missing in the prompt, and not also unused.
        for name in unused[len(wanted - set(self._node.inputs)) :]:
            what = f"the prompt never uses {name!r}"
            fix, path = f"use {{{{ {name} }}}}, or drop it", (*self._path, "in", name)
            yield self._inspection.finding("graph.unused-input", what, path, fix, at="key", severity="warning")
