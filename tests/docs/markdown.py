"""The little Markdown that the pages' tests and the writer need: fenced blocks, sections, generated parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_FENCE = re.compile(r"^(?P<ticks>```+)(?P<info>[^`\n]*)\n(?P<text>.*?)^(?P=ticks)[ ]*$", re.MULTILINE | re.DOTALL)
_PART = re.compile(r"^<!-- (?P<name>[a-z-]+) -->\n.*?^<!-- /(?P=name) -->$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(?P<marks>#{1,4}) (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block.

    Attributes:
        language: First word after the ticks.
        words: The other words: `fails`, `run`; `key=value` words are in `options`.
        line: Line of the page on which its text begins.
    """

    language: str
    words: tuple[str, ...]
    options: Mapping[str, str]
    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with what stands below it, up to the next heading of its level or above."""

    title: str
    text: str
    line: int


def blocks(page: str) -> list[Block]:
    """Every fenced block, in order."""
    found: list[Block] = []
    for match in _FENCE.finditer(page):
        language, *words = match["info"].split() or [""]
        options = dict(word.split("=", 1) for word in words if "=" in word)
        line = page.count("\n", 0, match.start()) + 2
        plain = tuple(word for word in words if "=" not in word)
        found.append(Block(language=language, words=plain, options=options, text=match["text"], line=line))
    return found


def headings(page: str) -> Iterator[tuple[int, str, int]]:
    """Level, title and offset of every heading outside fenced blocks."""
    fenced = [match.span() for match in _FENCE.finditer(page)]
    for match in _HEADING.finditer(page):
        if not any(begin <= match.start() < end for begin, end in fenced):
            yield len(match["marks"]), match["title"].strip(), match.start()


def sections(page: str, level: int = 2) -> list[Section]:
    """The sections of one level."""
    marks = [(depth, title, start) for depth, title, start in headings(page) if depth <= level]
    found: list[Section] = []
    for index, (depth, title, start) in enumerate(marks):
        if depth == level:
            end = marks[index + 1][2] if index + 1 < len(marks) else len(page)
            body = page[start:end].partition("\n")[2]
            found.append(Section(title=title, text=body, line=page.count("\n", 0, start) + 1))
    return found


def prose(text: str) -> str:
    """What a person wrote: without fenced blocks, generated parts and comments."""
    text = _PART.sub("", text)
    text = _FENCE.sub("", text)
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).strip()


def part(name: str, text: str) -> str:
    """A generated part, between its two marks."""
    return f"<!-- {name} -->\n{text.rstrip()}\n<!-- /{name} -->"


def with_part(page: str, name: str, text: str) -> str:
    """The page with a generated part replaced, or added at the end where it has none."""
    made = part(name, text)
    pattern = re.compile(rf"^<!-- {name} -->\n.*?^<!-- /{name} -->$", re.MULTILINE | re.DOTALL)
    if pattern.search(page):
        return pattern.sub(lambda _: made, page, count=1)
    return page.rstrip("\n") + "\n\n" + made + "\n"


def fenced(text: str, info: str = "text") -> str:
    """Text in a fence that is longer than any inside it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}{info}\n{text.rstrip()}\n{ticks}"


def link_targets(page: str) -> list[str]:
    """Where the links and pictures of a page lead, without their anchors' page part resolved."""
    bare = _FENCE.sub("", page)
    return re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", bare) and [
        a or b for a, b in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", bare)
    ]
