"""What a parameter or a field stands for when data of unknown origin flows into it: words for `compound check`.

They are written as annotations (`Annotated[str, RECIPIENT]`) and travel as `x-compound` in the JSON schema, so
that a schema written by hand can say the same:

- a parameter that is `CALLER` says whose rows are read: never a model's choice, never out of a text;
- one that is `RECIPIENT` says who gets what an effect sends: the same;
- one that is `SQL_TEXT` is run as SQL: never out of a text, never written by a model;
- a result, or a field of one, that is `PROVEN` was looked up or proved by the tool itself: what it names may be
  trusted, whatever the tool was given.
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
    """An annotation that puts `x-compound` into the JSON schema; it changes no value."""

    meaning: Meaning

    def __get_pydantic_json_schema__(self, schema: object, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {**handler(schema), KEY: self.meaning}


CALLER: Final = Mark("caller")
"""Whose rows are read or changed."""
RECIPIENT: Final = Mark("recipient")
"""Who gets what is sent."""
SQL_TEXT: Final = Mark("sql")
"""Text that is run as SQL."""
PROVEN: Final = Mark("proven")
"""Looked up or proved by the tool itself."""


def meaning_of(schema: Mapping[str, JsonValue]) -> str:
    """What a schema says it stands for; empty when it says nothing."""
    found = schema.get(KEY)
    return found if isinstance(found, str) else ""
