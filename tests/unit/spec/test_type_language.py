"""The types of a graph file: written, compared, validated, as JSON schema."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from compound.language.json_schema import from_json_schema, to_json_schema
from compound.language.types import (
    ANY,
    Enum,
    Many,
    Named,
    Nullable,
    Record,
    Scalar,
    TypeError_,
    field_type,
    is_cyclic,
    mismatch,
    parse_type,
    show_type,
)
from compound.language.validate import validator

NAMES = {
    "Tree": parse_type({"value": "int", "children": "list[Tree]"}),
    "Loop": parse_type("Loop?"),
    "Draft": parse_type({"text": "str", "cites": "list[str]", "tone": "enum(warm, cool)?"}),
}


@pytest.mark.parametrize("text", ["str", "int?", "list[str]?", "enum(a, b)", "list[enum(a, b)]", "Draft", "json"])
def test_written_and_read_back(text: str) -> None:
    assert show_type(parse_type(text)) == text


@pytest.mark.parametrize("text", ["", "list[", "enum()", "enum(a, a)", "str!", 7, None, [], ["str", "int"], "a b"])
def test_refused(text: object) -> None:
    with pytest.raises(TypeError_):
        parse_type(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "wanted", "fits"),
    [
        ("int", "float", True),
        ("float", "int", False),
        ("enum(a)", "str", True),
        ("str", "enum(a)", True),
        ("enum(a)", "enum(b)", False),
        ("list[int]", "list[str]", False),
        ("json", "Draft", True),
        ("Draft", {"text": "str"}, True),
        ({"text": "str"}, "Draft", False),
        ("int?", "int", True),
        ("str", "bool", False),
        ("Tree", "Tree", True),
        ({"value": "int", "children": "list[Tree]"}, "Tree", True),
        ("list[str]", "str", False),
    ],
)
def test_fits(given: object, wanted: object, fits: bool) -> None:
    why = mismatch(parse_type(given), parse_type(wanted), NAMES)  # type: ignore[arg-type]
    assert (why is None) is fits, why


@pytest.mark.parametrize(
    ("kind", "value", "problems"),
    [
        ("Draft", {"text": "a", "cites": []}, []),
        (
            "Draft",
            {"text": 1, "cites": ["x", 2], "more": 1},
            ["text: expected text, got number", "cites[1]: expected text, got number", "more: is not a field"],
        ),
        ("Draft", {"text": "a"}, ["cites: is missing"]),
        ("Draft", {"text": "a", "cites": [], "tone": "hot"}, ["tone: 'hot' is not one of warm, cool"]),
        (
            "Tree",
            {"value": 1, "children": [{"value": "x", "children": []}]},
            ["children[0].value: expected a whole number, got text"],
        ),
        ("Loop", {"any": "thing"}, []),
        ("int", True, ["the value: expected a whole number, got bool"]),
        ("int", 2.0, []),
        ("float", 2, []),
        ("bool", None, ["the value: expected true or false, got null"]),
        ("date", "2026-01-31", []),
        ("date", "2026-02-30", ["the value: expected a date such as 2026-01-31"]),
        ("datetime", "2026-01-31T12:00:00Z", []),
        ("datetime", "soon", ["the value: expected a time such as 2026-01-31T12:00:00Z"]),
        ("Unknown", 1, []),
    ],
)
def test_validation(kind: str, value: object, problems: list[str]) -> None:
    assert validator(parse_type(kind), NAMES)(value) == problems  # type: ignore[arg-type]


def test_json_schema_of_a_type_and_back() -> None:
    schema = to_json_schema(Named("Draft"), NAMES)
    assert schema["$ref"] == "#/$defs/Draft"
    back = from_json_schema(schema)
    assert isinstance(back, Record)
    assert back.fields["cites"] == Many(Scalar("str"))
    assert back.fields["tone"] == Nullable(Enum(("warm", "cool")))
    assert to_json_schema(Named("Tree"), NAMES)["$defs"]


class Address(BaseModel):
    zip: str
    street: str | None = None


class Person(BaseModel):
    name: str
    address: Address
    tags: list[str] = []


def test_types_of_pydantic_models() -> None:
    kind = from_json_schema(Person.model_json_schema())
    assert isinstance(kind, Record)
    assert kind.must_have() == {"name", "address"}
    assert field_type(kind, "tags", {}) == Many(Scalar("str"))
    assert field_type(kind, "nothing", {}) is None
    assert from_json_schema({"anyOf": [{"type": "string"}, {"type": "integer"}]}) == ANY


def test_cycles() -> None:
    assert is_cyclic("Loop", NAMES)
    assert not is_cyclic("Tree", NAMES)
