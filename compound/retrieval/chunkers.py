"""Chunkers: Markdown by headings and paragraphs, plain text, or whole documents."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from compound.retrieval.types import Chunk

_HEADING: Final = re.compile(r"^(#{1,6})[ \t]+([^ \t\n].*|)$", re.MULTILINE)
_FENCE: Final = re.compile(r"^(```|~~~).*?(?:^\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_PARAGRAPH_END: Final = re.compile(r"\n[ \t]*\n")
_SENTENCE_END: Final = re.compile(r"[.!?][\"')\]]*\s|[\u3002\uff01\uff1f]|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeChunker:
    """One passage per document: messages, past cases, abstracts."""

    @property
    def fingerprint(self) -> str:
        """`whole/1`."""
        return "whole/1"

    def chunk(self, text: str) -> list[Chunk]:
        """The text without surrounding white space; empty for a blank text."""
        return [Chunk(start, end) for start, end in _trimmed(text, 0, len(text))]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChunker:
    """Joins paragraphs up to a size; long ones are cut at sentences.

    Attributes:
        max_chars: Maximum length of a passage, in characters; about 4 per word piece.
    """

    max_chars: int = 1_000

    @property
    def fingerprint(self) -> str:
        """Name and size."""
        return f"text/1/{self.max_chars}"

    def chunk(self, text: str) -> list[Chunk]:
        """Spans of at most `max_chars`, in order, that cover every character except white space."""
        return [Chunk(start, end) for start, end in _packed(text, 0, len(text), self.max_chars)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkdownChunker:
    """Sections by heading, each cut like plain text; every passage has the headings above it.

    Attributes:
        max_chars: Maximum length of a passage, in characters.
    """

    max_chars: int = 1_000

    @property
    def fingerprint(self) -> str:
        """Name and size."""
        return f"markdown/2/{self.max_chars}"

    def chunk(self, text: str) -> list[Chunk]:
        """Spans in order; `#` in a code fence is text.

        A heading line is part of `heading`, not of a span, unless its section is empty: then it is the span.
        """
        chunks: list[Chunk] = []
        for start, end, heading in _sections(text):
            chunks.extend(Chunk(a, b, heading) for a, b in _packed(text, start, end, self.max_chars))
        return chunks


def _sections(text: str) -> Iterator[tuple[int, int, str]]:
    fences = [match.span() for match in _FENCE.finditer(text)]
    begins = [begin for begin, _ in fences]
    headings = [m for m in _HEADING.finditer(text) if not _is_inside(m.start(), begins, fences)]
    trail: list[tuple[int, str]] = []
    yield 0, headings[0].start() if headings else len(text), ""
    for match, after in zip_longest(headings, headings[1:]):
        level, end = len(match.group(1)), after.start() if after else len(text)
        above = [each for each in trail if each[0] < level]
        title = match.group(2).rstrip(" \t").rstrip("#").rstrip(" \t")
        trail = [*above, (level, title)]
        if text[match.end() : end].strip() or (after and len(after.group(1)) > level):
            yield match.end(), end, _path(trail)
        elif title:
            yield match.start(2), match.start(2) + len(title), _path(above)


def _is_inside(place: int, begins: list[int], spans: list[tuple[int, int]]) -> bool:
    before = bisect_right(begins, place) - 1
    return before >= 0 and place < spans[before][1]


def _path(trail: list[tuple[int, str]]) -> str:
    return " > ".join(title for _, title in trail if title)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _packed(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Join neighbouring pieces while they fit."""
    begin = last = -1
    for a, b in _pieces(text, start, end, limit):
        if begin >= 0 and b - begin > limit:
            yield begin, last
            begin = -1
        begin, last = (a if begin < 0 else begin), b
    if begin >= 0:
        yield begin, last


def _pieces(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Paragraphs; longer ones as sentences; longer sentences cut at the limit."""
    for a, b in _split(text, start, end, _PARAGRAPH_END):
        if b - a <= limit:
            yield a, b
            continue
        for c, d in _split(text, a, b, _SENTENCE_END):
            for cut in range(c, d, limit):
                yield from _trimmed(text, cut, min(cut + limit, d))


def _split(text: str, start: int, end: int, boundary: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    at = start
    for match in boundary.finditer(text, start, end):
        yield from _trimmed(text, at, match.end())
        at = match.end()
    yield from _trimmed(text, at, end)
