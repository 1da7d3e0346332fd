"""The references of a node with their places, and the closures that resolve them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from compound.language.conditions import parse_condition, parse_reference
from compound.language.references import ABSENT, Evaluate, Expr, Maybe, Ref, Scope, compile_expr, references
from compound.spec.nodes import AnyNode, EffectNode, MapBlock, RepeatBlock, ReviewNode
from compound.spec.words import FallbackValue
from compound.spec.yaml.reading import DataPath

if TYPE_CHECKING:
    from pydantic import JsonValue

Role = Literal["in", "when", "show", "auto", "versions", "until", "out", "each", "fallback"]
Inputs: TypeAlias = "Callable[[Scope], dict[str, JsonValue] | str]"
"""Resolved inputs, or the name of the first input that is absent."""

GIVEN: Final = frozenset({"input", "context", "run", "previous"})
"""Roots of references that are not nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One reference of a node.

    Attributes:
        ref: What it refers to.
        is_shielded: Whether absence is handled (`?`, an earlier side of `??`, or a place that accepts null).
        path: Data path of the text in the file.
        role: The key of the node that contains it.
    """

    ref: Ref
    is_shielded: bool
    path: DataPath
    role: Role


def parse_binding(value: JsonValue) -> Expr | None:
    """The tree of a reference; None for a literal."""
    if isinstance(value, str) and value.startswith("$") and not value.startswith("$$"):
        return parse_reference(value)
    return None


def iter_bindings(value: JsonValue, path: DataPath) -> Iterator[tuple[Expr, DataPath]]:
    """Every reference inside a value with its place."""
    expr = parse_binding(value)
    if expr is not None:
        yield expr, path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from iter_bindings(item, (*path, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from iter_bindings(item, (*path, name))


def uses(node: AnyNode, path: DataPath) -> Iterator[Use]:
    """Every reference of a node; for a block also those of its nodes, with roots as these see them."""
    if node.when is not None:
        yield from _expression_uses(parse_condition(node.when), (*path, "when"), "when")
    match node:
        case ReviewNode():
            yield from _review_uses(node, path)
        case RepeatBlock():
            for name, inner in node.nodes.items():
                yield from uses(inner, (*path, "nodes", name))
            if node.repeat.until is not None:
                place = (*path, "repeat", "until")
                yield from _expression_uses(parse_condition(node.repeat.until), place, "until", is_shielded=True)
            yield from _value_uses(cast("JsonValue", node.out), (*path, "out"), "out", is_shielded=True)
        case MapBlock():
            yield from _value_uses(node.map.each, (*path, "map", "each"), "each")
            for name, inner in node.nodes.items():
                yield from uses(inner, (*path, "nodes", name))
            yield from _value_uses(node.out, (*path, "out"), "out", is_shielded=True)
        case _:
            for key, value in node.given():
                yield from _value_uses(value, (*path, *key), "in")
    if isinstance(node, EffectNode):
        yield from _value_uses(node.versions, (*path, "versions"), "versions", is_shielded=True)
    yield from _fallback_uses(node, path)


def _review_uses(node: ReviewNode, path: DataPath) -> Iterator[Use]:
    yield from _value_uses(cast("JsonValue", node.show), (*path, "show"), "show", is_shielded=True)
    yield from _value_uses(node.versions, (*path, "versions"), "versions", is_shielded=True)
    yield from _value_uses(node.risk, (*path, "risk"), "versions", is_shielded=True)
    if node.auto is not None:
        place = (*path, "auto", "when")
        yield from _expression_uses(parse_condition(node.auto.when), place, "auto", is_shielded=True)
        for name, text in (("score", node.auto.score), ("key", node.auto.key)):
            yield from _value_uses(text, (*path, "auto", name), "auto", is_shielded=True)


def _fallback_uses(node: AnyNode, path: DataPath) -> Iterator[Use]:
    other = node.fallback
    if isinstance(other, FallbackValue):
        yield from _value_uses(other.value, (*path, "fallback", "value"), "fallback", is_shielded=True)
    elif other is not None:
        for use in uses(other, (*path, "fallback")):
            yield Use(ref=use.ref, is_shielded=True, path=use.path, role="fallback")


def needed(node: AnyNode, path: DataPath) -> Iterator[tuple[Expr, DataPath]]:
    """Every value that a node itself needs to run, with its place; without its condition."""
    for key, value in node.given():
        yield from iter_bindings(value, (*path, *key))


def _expression_uses(expr: Expr, path: DataPath, role: Role, *, is_shielded: bool = False) -> Iterator[Use]:
    for ref, shielded in references(expr, is_shielded=is_shielded):
        yield Use(ref=ref, is_shielded=shielded, path=path, role=role)


def _value_uses(value: JsonValue, path: DataPath, role: Role, *, is_shielded: bool = False) -> Iterator[Use]:
    for expr, place in iter_bindings(value, path):
        yield from _expression_uses(expr, place, role, is_shielded=is_shielded)


def inner_names(node: AnyNode) -> frozenset[str]:
    """Names that a block declares, at any depth; they are not dependencies of the block."""
    if not isinstance(node, RepeatBlock | MapBlock):
        return frozenset()
    names = frozenset(node.nodes) | ({node.map.item} if isinstance(node, MapBlock) else set[str]())
    for inner in node.nodes.values():
        names |= inner_names(inner)
    return names


def dependencies(node: AnyNode) -> dict[str, None]:
    """Names of the nodes this one waits for, in the order they are mentioned."""
    own = inner_names(node) | GIVEN
    names: dict[str, None] = {}
    for use in uses(node, ()):
        if use.ref.root not in own:
            names[use.ref.root] = None
    names.update(dict.fromkeys(node.after))
    if isinstance(node, EffectNode) and node.review is not None:
        names[node.review] = None
    return names


def compile_value(value: JsonValue) -> Evaluate:
    """A closure that builds a value from a scope; `ABSENT` if a required part is."""
    expr = parse_binding(value)
    if expr is not None:
        return compile_expr(expr)
    if isinstance(value, str):
        text = value.removeprefix("$") if value.startswith("$$") else value
        return lambda _scope: text
    if isinstance(value, list) and any(True for _ in iter_bindings(value, ())):
        return _compile_list([compile_value(item) for item in value])
    if isinstance(value, dict) and any(True for _ in iter_bindings(value, ())):
        return _compile_record({name: compile_value(item) for name, item in value.items()})
    return lambda _scope: value


def _compile_list(items: list[Evaluate]) -> Evaluate:
    def build(scope: Scope) -> Maybe:
        values: list[JsonValue] = []
        for item in items:
            value = item(scope)
            if value is ABSENT:
                return ABSENT
            values.append(cast("JsonValue", value))
        return values

    return build


def _compile_record(items: Mapping[str, Evaluate]) -> Evaluate:
    def build(scope: Scope) -> Maybe:
        record: dict[str, JsonValue] = {}
        for name, item in items.items():
            value = item(scope)
            if value is ABSENT:
                return ABSENT
            record[name] = cast("JsonValue", value)
        return record

    return build


def compile_inputs(bindings: Mapping[str, JsonValue]) -> Inputs:
    """A closure that resolves a node's `in`."""
    items = tuple((name, compile_value(value)) for name, value in bindings.items())

    def build(scope: Scope) -> dict[str, JsonValue] | str:
        resolved: dict[str, JsonValue] = {}
        for name, item in items:
            value = item(scope)
            if value is ABSENT:
                return name
            resolved[name] = cast("JsonValue", value)
        return resolved

    return build


def compile_lenient(bindings: Mapping[str, JsonValue]) -> Callable[[Scope], dict[str, JsonValue]]:
    """Like `compile_inputs`, with null for absent values."""
    items = tuple((name, compile_value(value)) for name, value in bindings.items())

    def build(scope: Scope) -> dict[str, JsonValue]:
        resolved: dict[str, JsonValue] = {}
        for name, item in items:
            value = item(scope)
            resolved[name] = None if value is ABSENT else cast("JsonValue", value)
        return resolved

    return build


def shown_names(show: list[JsonValue] | dict[str, JsonValue]) -> dict[str, JsonValue]:
    """What a review shows, by name: `$answer.draft` as `answer.draft`, `$input.letter` as `letter`."""
    if isinstance(show, dict):
        return show
    named: dict[str, JsonValue] = {}
    for index, value in enumerate(show):
        expr = parse_binding(value)
        name = f"item {index + 1}"
        if isinstance(expr, Ref):
            name = ".".join(str(step) for step in (expr.root, *expr.steps)).removeprefix("input.")
        named[name if name not in named else f"{name} ({index + 1})"] = value
    return named
