"""Evidence as a flat list of texts and values, each with its place."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from pydantic import JsonValue

Path: TypeAlias = tuple[str | int, ...]
"""Place of a value in evidence: `("orders", 0, "total")`."""

_PASSAGE: Final = frozenset({"id", "text", "title", "source_version"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text, number or truth value of the evidence.

    Attributes:
        path: Its place.
        text: As it is written.
        kind: `passage` inside a retrieved passage, `source` inside the source item, else `data`.
    """

    path: Path
    text: str
    kind: str


def leaves_of(evidence: Mapping[str, JsonValue], source: Mapping[str, JsonValue]) -> list[Leaf]:
    """Every text and value of the evidence and of the source item; one that stands in both counts for the source."""
    own = list(_walk(("item",), dict(source), "source"))
    known = {leaf.text for leaf in own if len(leaf.text) > 40}
    shown = [leaf for name, value in evidence.items() for leaf in _walk((name,), value, "data")]
    return own + [leaf for leaf in shown if leaf.text not in known]


def _walk(path: Path, value: JsonValue, kind: str) -> Iterator[Leaf]:
    if isinstance(value, dict):
        inner = "passage" if kind == "data" and value.keys() >= _PASSAGE else kind
        for name, one in value.items():
            yield from _walk((*path, name), one, inner)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _walk((*path, index), one, kind)
    elif value is not None and value != "":
        yield Leaf(path, value if isinstance(value, str) else str(value), kind)


class Folded:
    """A text for comparing, with the way back to the original: compatible characters are one, case does not count.

    Attributes:
        text: Composed by compatibility (NFKC), case folded, white space as one blank.
    """

    def __init__(self, original: str) -> None:
        parts: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in _clusters(original):
            folded = unicodedata.normalize("NFKC", original[start:end]).casefold()
            folded = " " if folded.isspace() else folded
            if folded == " " and parts and parts[-1] == " ":
                self._ends[-1] = end
                continue
            for character in folded:
                parts.append(character)
                self._starts.append(start)
                self._ends.append(end)
        self.text = "".join(parts)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that stands for a part of `text`."""
        return self._starts[start], self._ends[end - 1]


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """A character with the marks that combine with it."""
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not unicodedata.combining(text[index]):
            yield start, index
            start = index


def folded(text: str) -> str:
    """A text for comparing; see `Folded`."""
    return Folded(text).text.strip()
