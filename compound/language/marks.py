"""Marks of parameters and fields that matter for data of unknown origin: words for `compound check`.

They are annotations (`Annotated[str, RECIPIENT]`) and become `x-compound` in the JSON schema, so that a
hand-written schema can have them too:

- a `CALLER` parameter selects whose rows are read: never chosen by a model, never taken from a text;
- a `RECIPIENT` parameter selects who gets a message of an effect: the same;
- a `SQL_TEXT` parameter is run as SQL: never taken from a text, never written by a model;
- a `PROVEN` result or field was looked up or proved by the tool itself: its content is trusted, whatever the
  tool's inputs were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import JsonValue

KEY: Final = "x-compound"
Meaning = Literal["caller", "recipient", "sql", "proven"]


@dataclass(frozen=True, slots=True)
class Mark:
    """An annotation that puts `x-compound` into the JSON schema; it does not change the value."""

    meaning: Meaning

    def __get_pydantic_json_schema__(self, schema: object, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {**handler(schema), KEY: self.meaning}


CALLER: Final = Mark("caller")
"""Whose rows are read or changed."""
RECIPIENT: Final = Mark("recipient")
"""Who gets the message."""
SQL_TEXT: Final = Mark("sql")
"""Text that is run as SQL."""
PROVEN: Final = Mark("proven")
"""Looked up or proved by the tool itself."""


def meaning_of(schema: Mapping[str, JsonValue]) -> str:
    """The mark in a schema; empty if it has none."""
    found = schema.get(KEY)
    return found if isinstance(found, str) else ""
