"""The one walker over JSON schemas: every schema inside is reached, changed and resolved, whatever its shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, JsonValue

from compound.language.json_schema import from_json_schema
from compound.language.schema import SchemaPart, changed, closed_record, nullable, without
from compound.language.types import ANY
from compound.model.typed.schema import problems, with_root

NAMES: tuple[str, ...] = ("a", "b", "c")
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["", "a", "b", "xyz"]))
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
)
LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.booleans(),
    st.just({}),
    st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"]).map(
        lambda one: {"type": one}
    ),
    st.just({"type": ["string", "null"]}),
    st.lists(SCALARS, min_size=1, max_size=3, unique_by=repr).map(lambda some: {"enum": some}),
    st.just({"type": "string", "minLength": 1}),
    st.just({"minimum": 1}),
    st.sampled_from(["A", "B", "C"]).map(lambda name: {"$ref": f"#/$defs/{name}"}),
)


def _wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
            "required": st.lists(st.sampled_from(NAMES), unique=True, max_size=2),
            "additionalProperties": inner,
            "items": inner,
            "prefixItems": some,
            "anyOf": some,
            "oneOf": some,
            "allOf": some,
        },
    )


PARTS = st.recursive(LEAVES, _wider, max_leaves=8)


def _whole(body: Any, a: Any, b: Any) -> dict[str, Any]:
    return {**(body if isinstance(body, dict) else {}), "$defs": {"A": a, "B": b, "C": {"$ref": "#/$defs/A"}}}


# Every circle of definitions goes through a property or an item: a schema that only refers to itself says nothing.
DEFINED_A = st.sampled_from([{"type": "string"}, {"type": "object", "properties": {"a": {"$ref": "#/$defs/B"}}}])
DEFINED_B = st.sampled_from([{"type": "integer"}, {"type": "array", "items": {"$ref": "#/$defs/A"}}, False])
WHOLE = st.builds(_whole, PARTS, DEFINED_A, DEFINED_B)


def _records(value: object) -> int:
    """Objects of a schema, counted without any keyword but `properties` and `$defs`, which are not schemas."""
    if isinstance(value, dict):
        return (
            sum(
                sum(map(_records, inner.values())) if key in ("properties", "$defs") else _records(inner)
                for key, inner in value.items()
            )
            + 1
        )
    return sum(map(_records, value)) if isinstance(value, list) else 0


@given(WHOLE)
def test_every_schema_inside_is_reached_once(schema: dict[str, Any]) -> None:
    bare = changed(schema, lambda one: {key: value for key, value in one.items() if key != "enum"})
    reached = [part for part in SchemaPart.of(bare).all() if not part.is_never and part.body]
    empty = str(bare).count("{}") - str(bare).count("'properties': {}")
    assert len(reached) + empty == _records(bare)


@given(WHOLE)
def test_a_change_reaches_every_schema_and_no_change_changes_nothing(schema: dict[str, Any]) -> None:
    assert changed(schema, lambda one: one) == schema
    marked = changed(schema, lambda one: {**one, "x-seen": True})
    assert all(part.body.get("x-seen") for part in SchemaPart.of(marked).all() if part.body and not part.is_never)
    assert changed(marked, lambda one: {key: value for key, value in one.items() if key != "x-seen"}) == schema


@given(WHOLE, VALUES)
@example({"enum": [1, [False]]}, True)
@example({"const": {"a": 1}}, {"a": True})
@example({"const": [1, {"a": 2}]}, [1.0, {"a": 2.0}])
def test_problems_are_those_that_the_standard_finds(schema: dict[str, Any], value: JsonValue) -> None:
    assert (problems(value, schema) == []) is Draft202012Validator(schema).is_valid(value)


@given(WHOLE)
def test_a_resolved_schema_has_no_reference_and_keeps_what_stands_beside_it(schema: dict[str, Any]) -> None:
    for part in SchemaPart.of(schema).all():
        resolved = part.resolved()
        assert "$ref" not in resolved.body
        assert {**resolved.body, **{key: value for key, value in part.body.items() if key != "$ref"}} == resolved.body
    assert from_json_schema(schema) is not None


@pytest.mark.parametrize("target", ["#", "#/$defs/A", "#/$defs/none", "#/properties/a/items", "other.json#/A", 7])
def test_a_reference_that_leads_nowhere_or_back_ends(target: object) -> None:
    schema: Any = {"$ref": target, "$defs": {"A": {"$ref": "#/$defs/A"}}, "properties": {"a": {"type": "array"}}}
    assert SchemaPart.of(schema).resolved().body.get("$defs") == schema["$defs"]
    nothing: Any = {"$ref": target, "$defs": schema["$defs"]}
    assert from_json_schema(nothing) == ANY
    assert problems({"a": 1}, schema) == ["$.a: 1 is not array"]


def test_a_reference_may_point_anywhere_in_its_schema() -> None:
    schema: Any = {"properties": {"a/b": {"anyOf": [{"type": "null"}, {"type": "string"}]}, "c": {"$ref": "#"}}}
    schema["properties"]["d"] = {"$ref": "#/properties/a~1b/anyOf/1"}
    assert problems({"c": {"d": 1}}, schema) == ["$.c.d: 1 is not string"]


class Inner(BaseModel):
    n: int


class Outer(BaseModel):
    inner: Inner
    again: list[Inner]


def test_definitions_move_to_the_root_where_references_look() -> None:
    made = closed_record({"answer": nullable(Outer.model_json_schema()), "note": {"type": "string"}}, ["answer"])
    parts = list(SchemaPart.of(made).all())
    assert [part for part in parts if "$defs" in part.body] == parts[:1]
    assert all(part.target is not None for part in parts if "$ref" in part.body)
    value: JsonValue = {"answer": {"inner": {"n": 1}, "again": [{"n": 2}]}}
    assert (problems(value, made), problems({"answer": None}, made)) == ([], [])
    assert problems({"answer": {"inner": {"n": "x"}, "again": []}}, made) != []
    assert problems({"note": "x", "more": 1}, made) == ["$: 'answer' is missing", "$: 'more' is not a known property"]


def test_properties_are_taken_out_with_their_requirement() -> None:
    schema = closed_record({"a": {"type": "string"}, "b": {"type": "string"}})
    assert without(schema, {"a"}) == closed_record({"b": {"type": "string"}})
    assert without({"type": "object"}, {"a"}) == {"type": "object"}


def test_a_root_reference_is_replaced_by_its_definition() -> None:
    schema: Any = {"$ref": "#/$defs/A", "$defs": {"A": {"type": "object"}}}
    assert with_root(schema) == {"type": "object", "$defs": schema["$defs"]}
    assert with_root({"type": "string"}) == {"type": "string"}
