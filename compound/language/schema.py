"""Reads, changes and writes JSON schemas: the one place that knows which keywords hold other schemas."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from pydantic import JsonValue

Schema: TypeAlias = "Mapping[str, JsonValue]"

NULL: Final[dict[str, JsonValue]] = {"type": "null"}
_NEVER: Final[dict[str, JsonValue]] = {"not": {}}
"""What `false` means: nothing matches."""

_KEYWORDS: Final[Mapping[str, Literal["one", "list", "named"]]] = {
    "items": "one", "additionalProperties": "one", "not": "one", "if": "one", "then": "one", "else": "one",
    "contains": "one", "propertyNames": "one", "unevaluatedItems": "one", "unevaluatedProperties": "one",
    "anyOf": "list", "oneOf": "list", "allOf": "list", "prefixItems": "list",
    "properties": "named", "patternProperties": "named", "dependentSchemas": "named", "$defs": "named",
    "definitions": "named",
}  # fmt: skip
"""Keywords of draft 2020-12 that hold one schema, a list of schemas, or schemas by name."""


@dataclass(frozen=True, slots=True)
class SchemaPart:
    """A schema inside the root schema where its references point.

    Attributes:
        body: Its keywords; empty for `true` and for what is not a schema.
        root: The whole schema.
    """

    body: Schema
    root: Schema

    @classmethod
    def of(cls, schema: Schema | None) -> SchemaPart:
        """A whole schema; None matches everything."""
        body: Schema = {} if schema is None else schema
        return cls(body, body)

    def part(self, schema: JsonValue | Schema) -> SchemaPart:
        """Another schema of the same root."""
        body = _NEVER if schema is False else schema if isinstance(schema, Mapping) else {}
        return SchemaPart(body, self.root)

    def one(self, keyword: str) -> SchemaPart | None:
        """The schema under a keyword: `items`; None if there is none."""
        found = self.body.get(keyword)
        return self.part(found) if isinstance(found, Mapping | bool) else None

    def listed(self, keyword: str) -> list[SchemaPart]:
        """The schemas under a keyword with a list: `allOf`."""
        found = self.body.get(keyword)
        return [self.part(one) for one in found] if isinstance(found, list) else []

    def named(self, keyword: str) -> dict[str, SchemaPart]:
        """The schemas under a keyword with names: `$defs`."""
        found = self.body.get(keyword)
        return {name: self.part(one) for name, one in found.items()} if isinstance(found, Mapping) else {}

    @property
    def properties(self) -> dict[str, SchemaPart]:
        """The declared properties, in order."""
        return self.named("properties")

    @property
    def required(self) -> list[str]:
        """The properties that an object must have."""
        found = self.body.get("required")
        return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []

    @property
    def choices(self) -> list[SchemaPart]:
        """The alternatives of `anyOf` or `oneOf`; empty without."""
        return self.listed("anyOf") or self.listed("oneOf")

    @property
    def kinds(self) -> list[str]:
        """The allowed JSON types; empty if every type is."""
        found = self.body.get("type")
        return [found] if isinstance(found, str) else [str(one) for one in found] if isinstance(found, list) else []

    @property
    def is_never(self) -> bool:
        """Whether nothing matches: `false`."""
        return self.body == _NEVER

    @property
    def is_null(self) -> bool:
        """Whether only null matches."""
        return self.kinds == ["null"]

    @property
    def may_be_null(self) -> bool:
        """Whether null is one of its types or alternatives."""
        return "null" in self.kinds or any(one.is_null for one in self.choices)

    @property
    def target(self) -> SchemaPart | None:
        """The schema that its `$ref` points to; None without a reference, or if nothing is there."""
        reference = self.body.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        found: JsonValue = cast("JsonValue", self.root)
        for step in reference.removeprefix("#").strip("/").split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping) and name:
                found = found.get(name)
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            elif name:
                return None
        return self.part(found) if isinstance(found, Mapping | bool) else None

    def links(self) -> Iterator[SchemaPart]:
        """This schema, the target of its reference, the target of that one, and so on; each once."""
        here, seen = self, list[Schema]()
        while here.body not in seen:
            yield here
            seen.append(here.body)
            if (target := here.target) is None:
                return
            here = target

    def resolved(self) -> SchemaPart:
        """The schema with its reference replaced by the target; keywords beside the reference are kept.

        A reference that leads back to itself, or to nothing, stays.
        """
        links = list(self.links())
        if len(links) == 1:
            return self
        beside = [{key: value for key, value in one.body.items() if key != "$ref"} for one in links[:-1]]
        body = dict(links[-1].body)
        for keywords in reversed(beside):
            body |= keywords
        return SchemaPart(body, self.root)

    def all(self) -> Iterator[SchemaPart]:
        """This schema and every schema inside; references are not followed."""
        yield self
        for keyword in self.body:
            match _KEYWORDS.get(keyword):
                case "one" if (found := self.one(keyword)) is not None:
                    yield from found.all()
                case "list":
                    yield from chain.from_iterable(part.all() for part in self.listed(keyword))
                case "named":
                    yield from chain.from_iterable(part.all() for part in self.named(keyword).values())
                case _:
                    pass


def changed(schema: Schema, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> dict[str, Any]:
    """The schema with every schema inside, and at last itself, replaced by what `change` returns for it."""

    def one(value: object) -> object:
        return changed(cast("Schema", value), change) if isinstance(value, Mapping) else value

    made: dict[str, Any] = {}
    for keyword, value in schema.items():
        match _KEYWORDS.get(keyword), value:
            case "one", _:
                made[keyword] = one(value)
            case "list", list():
                made[keyword] = [one(item) for item in value]
            case "named", dict():
                made[keyword] = {name: one(item) for name, item in value.items()}
            case _:
                made[keyword] = value
    return dict(change(made))


def without(schema: Schema, names: Container[str]) -> dict[str, JsonValue]:
    """The schema of an object without some of its properties."""
    whole, made = SchemaPart.of(schema), dict(schema)
    if "properties" in schema:
        made["properties"] = {
            name: cast("JsonValue", one.body) for name, one in whole.properties.items() if name not in names
        }
    if "required" in schema:
        made["required"] = [name for name in whole.required if name not in names]
    return made


def closed_record(properties: Mapping[str, Schema], required: Sequence[str] | None = None) -> dict[str, JsonValue]:
    """The schema of an object with exactly these properties.

    Definitions of the properties are moved to the root, where references look.

    Args:
        properties: Name to schema.
        required: The properties that must be there; None: all.
    """
    shared: dict[str, JsonValue] = {}
    fields: dict[str, JsonValue] = {}
    for name, schema in properties.items():
        shared |= cast("Schema", schema.get("$defs") or {})
        fields[name] = {key: value for key, value in schema.items() if key != "$defs"}
    made: dict[str, JsonValue] = {
        "type": "object",
        "properties": fields,
        "required": list(properties if required is None else required),
        "additionalProperties": False,
    }
    return {**made, "$defs": shared} if shared else made


def nullable(schema: Schema) -> dict[str, JsonValue]:
    """The schema that also allows null; its definitions stay at the root."""
    own = {key: value for key, value in schema.items() if key != "$defs"}
    made: dict[str, JsonValue] = {"anyOf": [cast("JsonValue", own), dict(NULL)]}
    return {**made, "$defs": schema["$defs"]} if "$defs" in schema else made
