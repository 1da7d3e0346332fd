"""Values that fit a JSON schema: what stands in for tools, models and people, chosen so that branches are taken.

A sample depends on the world, on who gives it, and on what that one was given: equal questions have equal answers,
and another question shows in the answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from compound.language.references import Both, Calc, Coalesce, Compare, Constant, Expr, Length, ListOf, Not, Ref
from compound.language.schema import SchemaPart

if TYPE_CHECKING:
    from pydantic import JsonValue

T = TypeVar("T")
Schema = Mapping[str, "JsonValue"]
FULL: Final = 0
"""The world in which everything is there, and everybody says yes."""
BARE: Final = 1
"""The world in which whatever may be missing is, and everybody says no."""
NUMBERS: Final = (30.0, 0.0, 120.0, 1.0, 7.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One way in which things may come out.

    Attributes:
        number: `FULL`, `BARE`, or any other: a choice for each thing.
        abstains: Models may give no usable answer; a node's value is then null.
        hints: Field to the values that conditions compare it with: else no world would ever meet one.
        given: Field to the values that it may have, for fields that their schema leaves open.
    """

    number: int
    abstains: bool = True
    hints: Mapping[str, Sequence[JsonValue]] = field(default_factory=dict[str, "Sequence[JsonValue]"])
    given: Mapping[str, Sequence[JsonValue]] = field(default_factory=dict[str, "Sequence[JsonValue]"])

    def pick(self, options: Sequence[T], *about: object) -> T:
        """One of the options, always the same for the same question."""
        if self.number == FULL:
            return options[0]
        if self.number == BARE:
            return options[-1]
        return options[int(digest(self.number, *about), 16) % len(options)]

    def value(self, schema: Schema, name: str, asked: object, *, leaves_out: bool = False) -> JsonValue:
        """A value of a schema.

        Args:
            schema: What it must fit.
            name: Who gives it.
            asked: What that one was given.
            leaves_out: Fields that are not required may be missing; a tool writes every field of its result.
        """
        return self._value(SchemaPart.of(schema), (name,), digest(asked) + "!" * leaves_out)

    def _value(self, part: SchemaPart | None, path: tuple[str, ...], salt: str) -> JsonValue:  # noqa: PLR0911
        if path[-1] in self.given:
            return self.pick(list(self.given[path[-1]]), path, salt)
        if part is None:
            return None
        part = part.resolved()
        if part.choices:
            return self._value(self.pick(part.choices, path, salt), path, salt)
        if isinstance(values := part.body.get("enum"), list):
            return self.pick(values, path, salt)
        if "const" in part.body:
            return part.body["const"]
        match self.pick(part.kinds, path, salt) if part.kinds else None:
            case "array":
                count = self.pick((2, 1, 3, 0), path, salt)
                return [self._value(part.one("items"), path, f"{at}{salt}") for at in range(count)]
            case "object":
                return self._record(part, path, salt)
            case kind:
                return self._plain(part.body, str(kind), path, salt)

    def _record(self, part: SchemaPart, path: tuple[str, ...], salt: str) -> JsonValue:
        return {
            name: self._value(kind, (*path, name), salt)
            for name, kind in part.properties.items()
            if name in part.required or not salt.endswith("!") or self.pick((True, False), path, name, salt)
        }

    def _plain(self, schema: Schema, kind: str, path: tuple[str, ...], salt: str) -> JsonValue:
        hints = self.hints.get(path[-1], ())
        match kind:
            case "string" if schema.get("format") == "date":
                return "2026-11-25"
            case "string" if schema.get("format") == "date-time":
                return "2026-11-25T12:00:00Z"
            case "string":
                texts = [one for one in hints if isinstance(one, str)]
                return self.pick([*texts, f"{path[-1]} {digest(path, salt)[:6]}"], path, salt)
            case "integer" | "number":
                known = [float(one) for one in hints if isinstance(one, int | float) and not isinstance(one, bool)]
                near = [one + step for one in known for step in (0, 1, -1)] or list(NUMBERS)
                low, high = (schema.get(key) for key in ("minimum", "maximum"))
                chosen = self.pick(near, path, salt)
                chosen = max(chosen, float(low)) if isinstance(low, int | float) else chosen
                chosen = min(chosen, float(high)) if isinstance(high, int | float) else chosen
                return int(chosen) if kind == "integer" else chosen
            case "boolean":
                return self.pick((True, False), path, salt)
            case _:
                return None


def digest(*values: object) -> str:
    """A short name of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:12]


def compared(expr: Expr) -> Iterator[tuple[str, JsonValue]]:
    """What a condition compares fields with: the field's own name, the constant."""
    match expr:
        case Compare(first, rest):
            sides = [first, *(side for _, side in rest)]
            names = [name for side in sides for name in _fields(side)]
            for side in sides:
                items = side.items if isinstance(side, ListOf) else (side,)
                for item in items:
                    if isinstance(item, Constant):
                        yield from ((name, item.value) for name in names)
        case Both(_, items) | Coalesce(items) | ListOf(items):
            for item in items:
                yield from compared(item)
        case Not(item) | Length(item):
            yield from compared(item)
        case _:
            return


def _fields(side: Expr) -> Iterator[str]:
    match side:
        case Ref(root, steps):
            yield next((one for one in reversed(steps) if isinstance(one, str)), root)
        case Coalesce(items):
            for item in items:
                yield from _fields(item)
        case Calc(_, left, right):
            yield from _fields(left)
            yield from _fields(right)
        case _:
            return
