"""Fields of a decision are typed inputs, and a submitted form is values of the declared types."""

from __future__ import annotations

from typing import Any, Literal, cast

import pytest
from pydantic import BaseModel, Field

from compound.web.reviews.one.form import Input, inputs_of
from compound.web.reviews.one.pens import flat
from compound.web.reviews.one.submitted import Submitted, read_form


class Address(BaseModel):
    street: str
    floor: int | None = None


class Move(BaseModel):
    order: str = Field(pattern=r"^#W\d+$", description="The order.")
    why: Literal["moved", "typo"]
    amount: float = Field(ge=0)
    fast: bool
    on: str = Field(json_schema_extra={"format": "date"})
    items: list[str]
    to: Address
    more: list[Address]


ARGUMENTS: dict[str, Any] = {
    "order": "#W1",
    "why": "moved",
    "amount": 12.5,
    "fast": True,
    "on": "2026-01-31",
    "items": ["1", "2"],
    "to": {"street": "Elm", "floor": None},
    "more": [{"street": "Oak", "floor": 2}],
}
PRESENT: dict[str, Any] = {
    "text": "Hello.",
    "actions": [{"name": "move", "arguments": ARGUMENTS, "confidence": 0.9}, {"name": "other", "arguments": {"a": 1}}],
}
OFFER: dict[str, Any] = {
    "text": {"type": "string"},
    "actions": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
}


def schema_of(name: str) -> dict[str, Any] | None:
    return Move.model_json_schema() if name == "move" else None


INPUTS = inputs_of(OFFER, PRESENT, schema_of, letter="Hello.")


def shown() -> dict[str, str]:
    """The form as a browser sends it when nobody changed anything."""
    return {one.name: one.value for one in flat(INPUTS)}


def sent(**changes: str) -> Submitted:
    paths = {name.replace("__", "."): value for name, value in changes.items()}
    return read_form(INPUTS, PRESENT, {**shown(), **{f"field.{name}": value for name, value in paths.items()}})


def found(path: str) -> Input:
    return next(one for one in flat(INPUTS) if one.path == path)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("text", "text"),
        ("actions.0.arguments.order", "line"),
        ("actions.0.arguments.why", "choice"),
        ("actions.0.arguments.amount", "number"),
        ("actions.0.arguments.fast", "yes_no"),
        ("actions.0.arguments.on", "date"),
        ("actions.0.arguments.items.1", "line"),
        ("actions.0.arguments.to.floor", "whole"),
        ("actions.0.arguments.more.0.street", "line"),
    ],
)
def test_every_declared_type_has_an_input_of_its_own(path: str, kind: str) -> None:
    assert found(path).kind == kind
    assert not [one for one in flat(INPUTS) if one.kind == "json" and "arguments" in one.path]


def test_a_form_that_nobody_changed_gives_nothing() -> None:
    assert sent() == Submitted()


@pytest.mark.parametrize(
    ("path", "typed", "value"),
    [
        ("order", "#W22", "#W22"),
        ("why", "typo", "typo"),
        ("amount", "13", 13),
        ("fast", "false", False),
        ("on", "2026-02-01", "2026-02-01"),
    ],
)
def test_a_change_has_the_declared_type_and_the_rest_stays(path: str, typed: str, value: object) -> None:
    first, second = cast("list[Any]", sent(**{f"actions__0__arguments__{path}": typed}).given["actions"])
    assert first == {"name": "move", "arguments": {**ARGUMENTS, path: value}, "confidence": 0.9}
    assert second == PRESENT["actions"][1]


def test_entries_of_lists_are_changed_added_and_left_out() -> None:
    form = {**shown(), "field.actions.0.arguments.items.0": "", "field.actions.0.arguments.items.2": "9"}
    form |= {"field.actions.0.arguments.more.1.street": "Ash", "drop.actions.1": "on"}
    read = read_form(INPUTS, PRESENT, form)
    (one,) = cast("list[Any]", read.given["actions"])
    assert one["arguments"]["items"] == ["2", "9"]
    assert one["arguments"]["more"] == [{"street": "Oak", "floor": 2}, {"street": "Ash"}]


@pytest.mark.parametrize(
    ("path", "typed", "why"),
    [
        ("amount", "a lot", "“a lot” is not a number"),
        ("amount", "nan", "“nan” is not a number"),
        ("why", "bored", "“bored” is not one of moved, typo"),
        ("on", "31.1.", "“31.1.” is not a date"),
        ("order", "W22", r"does not look as declared: ^#W\d+$"),
        ("order", " ", "is needed"),
    ],
)
def test_what_is_wrong_is_said_beside_the_input(path: str, typed: str, why: str) -> None:
    read = sent(**{f"actions__0__arguments__{path}": typed})
    assert read.errors == {f"actions.0.arguments.{path}": why}


def test_hidden_characters_are_not_sent() -> None:
    assert sent(text="pay\u202e \u200bnow\U000e0041").given == {"text": "pay now"}
