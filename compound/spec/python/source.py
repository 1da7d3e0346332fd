"""Converts a graph to the Python program that builds it."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from compound.language.conditions import ExpressionError, parse_reference
from compound.language.references import Ref
from compound.language.types import ANY, Type, field_type
from compound.spec.nodes import NODE_KINDS, NODE_MODELS
from compound.spec.python.arguments import OPTIONS, kind_of

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec.graph_file import GraphSpec

_PARAMETERS: Final = frozenset({"name", "inputs", "self", *OPTIONS})
_WIDTH: Final = 110


def to_python(spec: GraphSpec) -> str:
    """A module whose `graph.build()` is the same graph; references to earlier nodes become attributes.

    References that Python cannot express as attributes (to later nodes, `?`, `??`) stay text as in the graph file.
    """
    data = spec.to_data()
    writer = _Writer(spec)
    nodes = cast("Mapping[str, Mapping[str, JsonValue]]", data.pop("nodes"))
    ends = [(key, cast("Mapping[str, JsonValue]", data.pop(key))) for key in ("shows", "output") if key in data]
    del data["compound"]
    head = [repr(data.pop("name")), *(f"{key}={value!r}" for key, value in data.items())]
    body = [*_call("graph = Graph", head, ""), *writer.level(nodes, "graph", "")]
    for key, fields in ends:
        body += ["", *_call(f"graph.{key}", _keywords({k: writer.value(v) for k, v in fields.items()}), "")]
    words = "Graph, maybe" if writer.uses_maybe else "Graph"
    return "\n".join([f"from compound import {words}", "", *body]) + "\n"


class _Writer:
    def __init__(self, spec: GraphSpec) -> None:
        self._names = spec.type_names
        self._kinds: dict[str, Type] = {"input": spec.input_type, "context": spec.context_type}
        self.uses_maybe = False
        self._known: dict[str, str] = {"input": "graph.input", "context": "graph.context", "run": "graph.run"}

    def level(self, nodes: Mapping[str, Mapping[str, JsonValue]], on: str, indent: str) -> list[str]:
        lines: list[str] = []
        for name, node in nodes.items():
            lines += [""] if not indent else []
            lines += self._node(name, node, on, indent)
        return lines

    def value(self, value: JsonValue) -> str:
        """A binding as Python source."""
        if isinstance(value, str):
            return self._reference(value) or repr(value)
        if isinstance(value, list):
            return "[" + ", ".join(self.value(item) for item in value) + "]"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key!r}: {self.value(item)}" for key, item in value.items()) + "}"
        return repr(value)

    def _reference(self, text: str) -> str | None:
        if not text.startswith("$") or text.startswith("$$"):
            return None
        try:
            expr = parse_reference(text)
        except ExpressionError:
            return None
        if not isinstance(expr, Ref) or expr.root not in self._known or not self._leads_somewhere(expr):
            return None
        steps = [f".{s}" if isinstance(s, str) and _is_attribute(s) else f"[{s!r}]" for s in expr.steps]
        made = self._known[expr.root] + "".join(steps)
        # Only if converting back returns the very same text.
        plain = "$" + expr.root + "".join(f".{s}" if isinstance(s, str) else f"[{s}]" for s in expr.steps)
        if expr.is_optional:
            self.uses_maybe |= plain + "?" == text
            return f"maybe({made})" if plain + "?" == text else None
        return made if plain == text else None

    def _leads_somewhere(self, ref: Ref) -> bool:
        """Whether the builder accepts the field; one that it refuses stays text, a finding of `check`."""
        kind: Type | None = self._kinds.get(ref.root, ANY)
        for step in ref.steps:
            kind = None if kind is None else field_type(kind, step, self._names)
        return kind is not None

    def _node(self, name: str, node: Mapping[str, JsonValue], on: str, indent: str) -> list[str]:
        variable = name if _is_variable(name) else f"{name}_"
        if "nodes" in node:
            return self._block(name, variable, node, on, indent)
        lines = _call(f"{indent}{variable} = {on}.{node['use']}", self._arguments(name, variable, node), indent)
        self._known[name] = variable
        self._kinds[name] = kind_of(node)
        return lines

    def _arguments(self, name: str, variable: str, node: Mapping[str, JsonValue]) -> list[str]:
        use = str(node["use"])
        own = _own_keys(use)
        lead = None if use == "review" else own[0]
        arguments = [repr(node[lead])] if lead is not None and lead in node else []
        if variable != name:
            arguments.append(f"name={name!r}")
        for key in (*own, *OPTIONS):
            if key in node and key != lead:
                arguments.append(f"{key}={self._own(key, node[key])}")
        given = cast("Mapping[str, JsonValue]", node.get("in", {}))
        plain = {k: self.value(v) for k, v in given.items() if _is_argument(k, own)}
        rest = {k: v for k, v in given.items() if k not in plain}
        arguments += _keywords(plain)
        return [*arguments, f"inputs={self.value(rest)}"] if rest else arguments

    def _own(self, key: str, value: JsonValue) -> str:
        return self.value(value) if key in {"where", "show", "versions", "risk", "tools"} else repr(value)

    def _block(self, name: str, variable: str, node: Mapping[str, JsonValue], on: str, indent: str) -> list[str]:
        word = "map" if "map" in node else "repeat"
        rule = dict(cast("Mapping[str, JsonValue]", node[word]))
        lead = "max" if word == "repeat" else "each"
        arguments = [self.value(rule.pop(lead))]
        if "as" in rule:
            arguments.append(f"item={rule.pop('as')!r}")
        arguments += [f"{key}={value!r}" for key, value in rule.items()]
        arguments += [f"name={name!r}"] if variable != name else []
        arguments += [f"{key}={node[key]!r}" for key in OPTIONS if key in node and key != "out"]
        outer, kinds = dict(self._known), dict(self._kinds)
        first, *more = _call(f"{indent}with {on}.{word}", arguments, indent)
        lines = [first, *more]
        lines[-1] += f" as {variable}:"
        below = f"{indent}    "
        inner = cast("Mapping[str, Mapping[str, JsonValue]]", node["nodes"])
        body = self.level(inner, variable, below)
        if "out" in node:
            body.append(f"{below}{variable}.out({self.value(node['out'])})")
        self._known, self._kinds = {**outer, name: f"{variable}.value"}, {**kinds, name: ANY}
        return [*lines, *(body or [f"{below}pass"])]


@cache
def _own_keys(use: str) -> tuple[str, ...]:
    """The keys of one kind of node; the first is the first argument, except for a review."""
    fields = NODE_MODELS[use].model_fields
    return tuple(key for name, field in fields.items() if (key := field.alias or name) not in {"use", "in", *OPTIONS})


def _is_variable(name: str) -> bool:
    return not keyword.iskeyword(name) and name not in {"graph", "Graph", "maybe"}


def _is_attribute(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")


def _is_argument(name: str, own: tuple[str, ...]) -> bool:
    taken = {*_PARAMETERS, *own, *(_own_keys(use)[0] for use in NODE_KINDS if use != "review")}
    return name.isidentifier() and not keyword.iskeyword(name) and name not in taken


def _keywords(values: Mapping[str, str]) -> list[str]:
    plain = [f"{key}={value}" for key, value in values.items() if key.isidentifier() and not keyword.iskeyword(key)]
    rest = [f"{key!r}: {value}" for key, value in values.items() if not key.isidentifier() or keyword.iskeyword(key)]
    return [*plain, "**{" + ", ".join(rest) + "}"] if rest else plain


def _call(head: str, arguments: list[str], indent: str) -> list[str]:
    line = f"{head}({', '.join(arguments)})"
    if len(line) <= _WIDTH:
        return [line]
    return [f"{head}(", *(f"{indent}    {one}," for one in arguments), f"{indent})"]
