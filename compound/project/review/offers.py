"""Offers of a review, for people: the effects of each action, and the commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from compound.review.stored.call_json import call_to_json
from compound.review.stored.offer import WITHOUT_EFFECTS

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.review.stored.types import Draft

    Does = Sequence[Mapping[str, JsonValue]]

AGAIN: Final = "already done with other arguments; it would be done again"
_COMMANDS: Final = ("approve", "edit", "reject")

_WRITTEN: Final = {"date": "2026-01-31", "datetime": "2026-01-31T12:00:00Z"}
"""Types whose values are text of one form: an example says it."""


def effects_json(draft: Draft) -> dict[str, tuple[Mapping[str, JsonValue], ...]]:
    """Action to its effects, as JSON records."""
    return {action: tuple(call_to_json(one) for one in does) for action, does in draft.effects.items()}


def offer_lines(
    offers: Mapping[str, Mapping[str, str]],
    effects: Mapping[str, Does],
    fields: Mapping[str, JsonValue],
    done: Does = (),
    first: str = "",
) -> Iterator[str]:
    """The effects of each action with target and arguments; then further editable fields."""
    told: list[tuple[str, Does]] = []
    for action in sorted(offers, key=lambda one: one != first):
        does = effects.get(action, ())
        twin = next((name for name, same in told if same == does and does), None)
        if twin is not None:
            changes = [name for name in offers[action] if name in fields]
            aside = f", with your changes of {', '.join(changes)}" if changes else ""
            yield from ("", f"{action} does the same as {twin}{aside}")
        elif does:
            told.append((action, does))
            yield from ("", f"{action} does:", *does_lines(does))
        else:
            yield from ("", f"{action} {'does nothing' if action in WITHOUT_EFFECTS else 'has no effects'}")
    shown = [value for _, does in told for one in does for value in _values(one["arguments"])]
    for name, value in fields.items():
        if value not in shown and not _is_list_of_effects(value, told, done):
            yield from ("", f"{name}:", *value_lines(value, "  "))


def does_lines(does: Does) -> Iterator[str]:
    """Effects with their targets and arguments."""
    for one in does:
        yield from _effect_lines(one)


def _effect_lines(one: Mapping[str, JsonValue]) -> Iterator[str]:
    target = f" ({one['target']})" if one.get("target") else ""
    condition = f", if {one['when']}" if one.get("when") else ""
    again = f": {AGAIN}" if one.get("done_before") else ""
    yield f"  - {one['name']}{target}{condition}{again}"
    for name, value in cast("Mapping[str, JsonValue]", one["arguments"]).items():
        lines = list(value_lines(value, ""))
        if len(lines) == 1:
            yield f"      {name}: {lines[0]}"
        else:
            yield f"      {name}:"
            yield from (f"        {line}" for line in lines)


def value_lines(value: JsonValue, lead: str) -> Iterator[str]:
    """A text line by line, any other value as JSON."""
    import orjson

    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    yield from (f"{lead}{line}" for line in text.splitlines() or [""])


def _values(arguments: JsonValue) -> list[JsonValue]:
    return list(arguments.values()) if isinstance(arguments, dict) else []


def _is_list_of_effects(value: JsonValue, told: Sequence[tuple[str, Does]], done: Does) -> bool:
    """Whether every entry is among the shown or already done effects."""
    shown = [(one["name"], one["arguments"]) for does in (*(does for _, does in told), done) for one in does]
    return isinstance(value, list) and all(
        isinstance(one, dict) and (one.get("name"), one.get("arguments")) in shown for one in value
    )


def next_steps(
    offers: Mapping[str, Mapping[str, str]], fields: Mapping[str, JsonValue], name: str, version: int
) -> list[str]:
    """The decision commands with their fields."""
    steps: list[str] = []
    for action, declared in offers.items():
        command = action if action in _COMMANDS else "decide"
        own = f" {action}" if command == "decide" else ""
        takes = "".join(f" {_option(command, field, kind, field in fields)}" for field, kind in declared.items())
        steps.append(f"compound review {command} {name}{own} --version {version}{takes}")
    return steps


def _option(command: str, name: str, kind: str, is_shown: bool) -> str:
    value = _placeholder(kind)
    option = f"--field {name}={value}"
    if command == "edit" and name in ("text", "actions"):
        option = "--text-file FILE" if name == "text" else f"--actions {value}"
    elif command == "reject" and name == "reason":
        option = f"--reason {value}"
    return f"[{option}]" if is_shown or kind.endswith("?") else option


def _placeholder(kind: str) -> str:
    bare = kind.removesuffix("?")
    if bare.startswith("enum("):
        return "|".join(value.strip() for value in bare[5:-1].split(","))
    return {"str": "TEXT", "int": "NUMBER", "float": "NUMBER", "bool": "true|false", **_WRITTEN}.get(bare, "JSON")
