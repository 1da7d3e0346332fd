"""Finds the JSON value in a model's text: bare, in a fence, between words, or as JSON in a JSON string."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from compound.language.json_text import read_json
from compound.language.schema import SchemaPart
from compound.model.typed.schema import problems

if TYPE_CHECKING:
    from pydantic import JsonValue

_MARK: Final = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*[\w+.-]*[ \t]*\Z")
_OPENS: Final = re.compile(r"[{\[]")
_MAX_TRIES: Final = 64


def find_json(text: str, problems_of: Callable[[JsonValue], Sequence[str]]) -> JsonValue:
    """The value in a text: the whole text, a fence in it, or an object or list that matches.

    A string that contains JSON is parsed again if the string itself does not match. Of several values between words,
    the last match is used: models think aloud before they answer.

    Args:
        text: The model's text.
        problems_of: Returns the problems of a value; empty if it matches.

    Raises:
        ValueError: The text contains no JSON.
    """
    first: list[JsonValue] = []
    for found in _candidates(text):
        for value in _unwrapped(found):
            if not problems_of(value):
                return value
            first.append(value)
    if first:
        return first[0]
    read_json(text)
    raise ValueError("it is empty")


def fitted(arguments: dict[str, JsonValue], schema: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Arguments of a tool, in which invalid texts are replaced by the matching JSON that they contain."""
    known = SchemaPart.of(schema).properties
    return {name: _fitted(value, known[name]) if name in known else value for name, value in arguments.items()}


def _fitted(value: JsonValue, part: SchemaPart) -> JsonValue:
    if not isinstance(value, str) or not problems(value, part, limit=1):
        return value
    try:
        inside = find_json(value, lambda found: problems(found, part, limit=1))
    except ValueError:
        return value
    return value if problems(inside, part, limit=1) else inside


def _unwrapped(value: JsonValue) -> Iterator[JsonValue]:
    yield value
    if isinstance(value, str):
        try:
            yield read_json(value)
        except ValueError:
            return


def _candidates(text: str) -> Iterator[JsonValue]:
    whole = text.strip().removeprefix("\ufeff")
    try:
        yield read_json(whole)
    except ValueError:
        pass
    else:
        return
    for fence in reversed(list(_fences(whole))):
        try:
            yield read_json(fence)
        except ValueError:
            continue
    yield from reversed(list(_inside(whole)))


def _fences(text: str) -> Iterator[str]:
    """The content of fences, in one pass over the lines."""
    mark, inside = "", list[str]()
    for line in text.splitlines():
        found = _MARK.match(line)
        if not mark:
            mark, inside = (found.group(1), []) if found else ("", inside)
        elif found and found.group(1) == mark:
            yield "\n".join(inside)
            mark = ""
        else:
            inside.append(line)


def _inside(text: str) -> Iterator[JsonValue]:
    """The outermost objects and lists in a text."""
    decoder, at = json.JSONDecoder(), 0
    for _ in range(_MAX_TRIES):
        opened = _OPENS.search(text, at)
        if opened is None:
            return
        try:
            _, at = decoder.raw_decode(text, opened.start())
            yield read_json(text[opened.start() : at])
        except (ValueError, RecursionError):
            at = opened.end()
