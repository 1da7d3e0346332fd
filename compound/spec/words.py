"""The building blocks of a graph file: durations, conditions, bindings, small records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from compound.language.conditions import ExpressionError, parse_condition, parse_reference
from compound.language.types import TypeError_, parse_external, parse_type

WORD: Final = "x-compound-word"
RESERVED: Final = ("input", "context", "run", "previous", "item")
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_AGE: Final = re.compile(r"(\d+(?:\.\d+)?)(h|d)")
_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*%")
DAY_S: Final = 86400.0
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str | float) -> float:
    """Seconds in `500ms`, `30s`, `4h`, `2d`; a bare number is seconds.

    Raises:
        ValueError: It is not a duration, or not above zero.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        seconds = float(text)
    else:
        seconds = _seconds(text, _DURATION)
        if seconds is None:
            raise ValueError(f"{text!r} is not a duration: write 500ms, 30s, 5m, 4h or 2d")
    if not 0 < seconds <= 366 * 86400:
        raise ValueError(f"{text!r}: a duration must be above zero and at most a year")
    return seconds


def parse_age(text: object) -> float:
    """Seconds in `36h` or `90d`: an age, from a day to a hundred years.

    Raises:
        ValueError: It is not such an age.
    """
    seconds = _seconds(text, _AGE)
    if seconds is None:
        raise ValueError(f"{text!r} is not an age: write 36h or 90d")
    if not DAY_S <= seconds <= 36_525 * DAY_S:
        raise ValueError(f"{text!r}: an age must be at least a day and at most a hundred years")
    return seconds


def _seconds(text: object, pattern: re.Pattern[str]) -> float | None:
    found = pattern.fullmatch(text.strip()) if isinstance(text, str) else None
    return None if found is None else float(found[1]) * _UNITS[found[2]]


def _duration(value: str | float) -> str | float:
    try:
        parse_duration(value)
    except ValueError as error:
        raise PydanticCustomError("graph.bad-duration", "{why}", {"why": str(error)}) from None
    return value


def _age(value: object) -> object:
    parse_age(value)
    return value


def _condition(value: object) -> object:
    text = str(value).lower() if isinstance(value, bool) else value
    if not isinstance(text, str):
        raise PydanticCustomError("graph.bad-condition", "a condition must be text")
    try:
        parse_condition(text)
    except ExpressionError as error:
        why = {"text": repr(text[:80]), "why": str(error)}
        raise PydanticCustomError("graph.bad-condition", "the condition {text}: {why}", why) from None
    return text


def iter_references(value: JsonValue) -> Iterator[str]:
    """Every text inside a value that is a reference."""
    match value:
        case str() if value.startswith("$") and not value.startswith("$$"):
            yield value
        case list():
            for item in value:
                yield from iter_references(item)
        case dict():
            for item in value.values():
                yield from iter_references(item)
        case _:
            return


def _bindings(value: JsonValue) -> JsonValue:
    for text in iter_references(value):
        try:
            parse_reference(text)
        except ExpressionError as error:
            why = {"text": repr(text[:80]), "why": str(error)}
            raise PydanticCustomError("graph.bad-reference", "the reference {text}: {why}", why) from None
    return value


def _reference(value: object) -> object:
    if not isinstance(value, str) or not value.startswith("$") or value.startswith("$$"):
        raise PydanticCustomError("graph.bad-reference", "it is a reference: $node.field")
    return _bindings(value)


def parse_share(value: object) -> float:
    """The share in `2%`, or in 0.02: from 0 to 1.

    Raises:
        ValueError: It is not a share.
    """
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is not None:
        share = float(found[1]) / 100
    elif isinstance(value, int | float) and not isinstance(value, bool):
        share = float(value)
    else:
        raise ValueError(f"{value!r} is not a share: write 2% or 0.02")
    if not 0 <= share <= 1:
        raise ValueError(f"{value!r}: a share must be from 0 to 1; 2 percent is 2% or 0.02")
    return share


def _type(value: JsonValue) -> JsonValue:
    try:
        parse_type(value)
    except TypeError_ as error:
        raise PydanticCustomError("graph.bad-type", "{why}", {"why": str(error)}) from None
    return value


def _declared(value: JsonValue) -> JsonValue:
    return value if parse_external(value) is not None else _type(value)


def _word(name: str) -> WithJsonSchema:
    """The schema name of a word for editors, see `compound.spec.form.schemas`."""
    return WithJsonSchema({WORD: name})


Duration = Annotated["str | float", AfterValidator(_duration), _word("duration")]
"""`500ms`, `30s`, `5m`, `4h`, `2d`, or seconds as a number."""
Age = Annotated[str, BeforeValidator(_age), _word("age")]
"""`36h`, `90d`: an age."""
ConditionText = Annotated[str, BeforeValidator(_condition), _word("condition")]
"""An expression over references: `intent.label != 'other'`."""
Binding = Annotated[JsonValue, AfterValidator(_bindings), _word("binding")]
"""A literal, or a reference, or lists and records of them."""
ReferenceText = Annotated[str, BeforeValidator(_reference), _word("reference")]
"""One reference: `$node.field`."""
Percent = Annotated[float, BeforeValidator(parse_share), _word("share")]
"""`2%` or 0.02: a number from 0 to 1."""
TypeText = Annotated[JsonValue, AfterValidator(_type), _word("type")]
"""A type: `str`, `list[Draft]`, `enum(a, b)?`, or a mapping of field to type."""
TypeDeclaration = Annotated[JsonValue, AfterValidator(_declared), _word("declaration")]
"""A type, or `{from: types.py:Letter}`: a pydantic model of the project."""
NodeName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


class Strict(BaseModel):
    """A part of a declared file: frozen, and refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


ErrorClass = Literal["timeout", "connector", "model", "value", "tool", "any"]
"""`timeout`: an attempt took too long. `connector`: a store did not answer. `model`: a model call failed with an
error that may pass (never a spent budget). `value`: the value does not fit `out`. `tool`: the node's code raised.
`any`: all of these."""


class Retry(Strict):
    """Retries after errors that may pass."""

    attempts: int = Field(ge=1, le=20, description="Attempts in all, including the first.")
    wait: Duration = Field(default="200ms", description="Wait before the second attempt; doubled before each next one.")
    on: tuple[ErrorClass, ...] = Field(
        default=(),
        description="Errors that are retried; default timeout, connector and model.",
    )


class Repeat(Strict):
    """Run a block until a condition holds, at most `max` times."""

    max: int = Field(ge=1, le=100, description="Maximum number of rounds.")
    until: ConditionText | None = Field(default=None, description="Stop after a round in which this holds.")


class AutoRule(Strict):
    """When a review is decided without a person."""

    when: ConditionText = Field(description="Evaluated once, at the review; absent values: ask a person.")
    action: str = Field(default="approve", description="The decision that the rule makes.")
    score: ReferenceText | None = Field(
        default=None, description="A number; the rule fires at the certificate's threshold and above."
    )
    key: ReferenceText | None = Field(
        default=None, description="Key of the case, such as its customer: a certificate counts one per key."
    )


class Escalation(Strict):
    """What happens to a review without a decision in time; it is never approved."""

    escalate: str | None = Field(default=None, description="Queue in which a new review with the same draft is opened.")
    remind: bool = Field(default=False, description="Write a reminder to the audit log and the list, and keep waiting.")
    close: bool = Field(default=False, description="Withdraw it and end the run: nothing is done, nothing is sent.")

    @model_validator(mode="after")
    def _one_of(self) -> Escalation:
        if sum((self.escalate is not None, self.remind, self.close)) != 1:
            raise PydanticCustomError("graph.on-expire", "`on_expire` is one of `escalate`, `remind` and `close`")
        return self


class Map(Strict):
    """Run a block once for each item of a list."""

    each: Binding = Field(description="Reference to the list.")
    item: NodeName = Field(default="item", alias="as", description="Name of the item inside: `$item`.")
    parallel: int = Field(default=8, ge=1, le=1024, description="Maximum number of items in progress.")
    max: int = Field(default=1000, ge=1, le=100_000, description="Maximum number of items; a longer list is an error.")
    on_error: Literal["fail", "skip", "report", "review"] = Field(
        default="fail",
        description="After a failed item: fail the block when all items ended, drop the item, drop it and "
        "report it (`{items, failed}`), or ask a person.",
    )
    queue: str = Field(default="default", description="Review queue for `on_error: review`.")


class Budget(Strict):
    """Limits on spending; checked before each model call, so the excess is at most the calls in progress."""

    usd: float | None = Field(
        default=None, gt=0, description="Limit on model calls; of a cost that is partly known, the known part counts."
    )
    calls: int | None = Field(default=None, ge=1, description="Model calls.")
    seconds: Duration | None = Field(default=None, description="Working time; waiting for a person does not count.")
    on_exceed: Literal["fail", "review"] = Field(
        default="fail",
        description="`fail` the node, or skip it and let a person decide: then no review of the run is automatic.",
    )
    on_unknown: Literal["stop", "allow"] | None = Field(
        default=None,
        description="Effect of calls with unknown cost on `usd`: `stop` makes none, and none after one; "
        "`allow` counts the known costs. Default: the setting in connectors/models.yaml.",
    )

    @model_validator(mode="after")
    def _limits_something(self) -> Budget:
        if self.usd is None and self.calls is None and self.seconds is None:
            raise PydanticCustomError("graph.empty-budget", "a budget limits `usd`, `calls` or `seconds`")
        return self


class Migration(Strict):
    """How a paused run carries a node's value over to a changed graph."""

    source: NodeName | None = Field(default=None, alias="from", description="The node's earlier name; default: same.")
    tool: str | None = Field(
        default=None, description="Function of tools/ that takes the earlier `value` and returns the new one."
    )


class FallbackValue(Strict):
    """The node's value after the last failed attempt."""

    value: Binding = Field(description="A literal or a reference.")
    on: tuple[ErrorClass, ...] = Field(default=(), description="Only for these errors; default all.")


class AgentTool(Strict):
    """A tool of an agent, with arguments that the model can neither see nor change."""

    tool: str = Field(description="`name`, `sql.name` or `retrieve.index`.")
    given: dict[str, Binding] = Field(default_factory=dict, alias="with", description="Argument to value.")
