"""Condenses many documents to a few lines, each with its sources: the code around the models in `map_reduce`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import BaseModel
from typing_extensions import TypedDict

from compound.errors import DataError
from compound.tool import tool

from ..shop.documents import Json

GROUP_LINES, GROUP_CHARS = 12, 8_000
"""Lines of one merge, and their characters: the limits of every prompt of the tree."""
MOST_CHARS = 60_000
"""Characters of one document; a longer one is left out and reported, never truncated silently."""


class Page(TypedDict):
    """A document of the set."""

    id: str
    title: str
    text: str


class Point(BaseModel):
    """A statement of a document about the question, with the words that support it."""

    text: str
    quote: str


class Line(BaseModel):
    """A sentence of the result and the ids of its source documents."""

    text: str
    cites: list[str]


class Notes(TypedDict):
    """The points of one document; `unquoted` points were dropped, because their words are not in it."""

    id: str
    lines: list[Line]
    unquoted: int


class Layer(TypedDict):
    """The lines after a round of merging.

    Attributes:
        is_done: Whether they fit one group, or merging does not reduce them.
        rounds: Rounds of merging so far.
        unmerged: Groups whose merge gave no usable result; their lines did not change.
    """

    lines: list[Line]
    is_done: bool
    rounds: int
    unmerged: int


class FailedItem(TypedDict):
    """A document, or a group of lines, that could not be processed."""

    index: int
    item: Json
    code: str
    what: str


class Digest(TypedDict):
    """The result: Markdown lines with the documents they cite, and what is missing from it."""

    text: str
    lines: list[Line]
    silent: list[str]
    skipped: list[str]
    notes: list[str]


@tool
def read_page(document: Page) -> Page:
    """A document that can be processed.

    Raises:
        DataError: ``tool.bad-input``: it has no text, or too much for one call.
    """
    size = len(document["text"])
    if not document["text"].strip() or size > MOST_CHARS:
        what = f"document {document['id']!r} has {size:,} characters; one call takes 1 to {MOST_CHARS:,}"
        raise DataError("tool.bad-input", what, fix="cut it into documents of their own")
    return document


@tool
def quoted_points(document: Page, points: list[Point] | None) -> Notes:
    """The points whose words are in the document, as lines that cite it.

    Raises:
        DataError: ``tool.bad-input``: the model gave no usable answer for it.
    """
    if points is None:
        raise DataError("tool.bad-input", f"the model gave no usable answer for {document['id']!r}")
    text = _plain(document["text"])
    kept = [point for point in points if _plain(point.quote) and _plain(point.quote) in text]
    lines = [Line(text=point.text.strip(), cites=[document["id"]]) for point in kept if point.text.strip()]
    return Notes(id=document["id"], lines=lines, unquoted=len(points) - len(kept))


@tool
def first_layer(notes: list[Notes]) -> list[Line]:
    """Every line of every document, in their order."""
    return [line for note in notes for line in note["lines"]]


@tool
def line_groups(lines: list[Line]) -> list[list[Line]]:
    """Lines in their order, split into groups that one call can merge."""
    return list(groups_of(lines))


def groups_of(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Groups of at most `GROUP_LINES` lines and `GROUP_CHARS` characters; a longer line is a group of its own."""
    group: list[Line] = []
    size = 0
    for line in lines:
        if group and (len(group) >= GROUP_LINES or size + len(line.text) > GROUP_CHARS):
            yield group
            group, size = [], 0
        group.append(line)
        size += len(line.text)
    if group:
        yield group


@tool
def cited_lines(group: list[Line], merged: list[Line] | None) -> list[Line]:
    """The valid lines of a merge: each cites at least one document of its group; without any, the group unchanged.

    A citation that is not in the group is removed: the model did not see that document. A line without any is dropped.
    """
    known = {one for line in group for one in line.cites}
    kept = [
        Line(text=line.text.strip(), cites=sorted(set(line.cites) & known))
        for line in merged or []
        if line.text.strip() and set(line.cites) & known
    ]
    return kept or group


@tool
def next_layer(
    groups: list[list[Line]], merged: list[list[Line]], failed: list[FailedItem], rounds: int | None
) -> Layer:
    """The lines of all groups together, and whether another round would help; a failed group does not change."""
    lost = {one["index"] for one in failed}
    made = iter(merged)
    after = [group if at in lost else next(made) for at, group in enumerate(groups)]
    lines = [line for group in after for line in group]
    unmerged = sum(at in lost or (len(group) > 1 and group == after[at]) for at, group in enumerate(groups))
    is_done = len(groups) <= 1 or len(lines) >= sum(map(len, groups))
    return Layer(lines=lines, is_done=is_done, rounds=(rounds or 0) + 1, unmerged=unmerged)


@tool
def write_digest(notes: list[Notes], failed: list[FailedItem], layer: Layer | None) -> Digest:
    """The lines as Markdown, each with its documents, and notes on everything that is missing."""
    lines = layer["lines"] if layer else []
    said = {one for line in lines for one in line.cites}
    silent = [note["id"] for note in notes if not note["lines"]]
    lost = [note["id"] for note in notes if note["lines"] and note["id"] not in said]
    skipped = [f"{_name(one)}: {one['what']} [{one['code']}]" for one in failed]
    told = [
        f"{len(notes)} documents read, {len(said)} cited, {len(silent)} say nothing about it, {len(skipped)} skipped"
    ]
    if unquoted := sum(note["unquoted"] for note in notes):
        told.append(f"{unquoted} points were dropped: their words are in no document")
    if lost:
        told.append(f"merging left out all that these say: {', '.join(lost)}")
    if layer and layer["unmerged"]:
        told.append(f"{layer['unmerged']} groups of the last round were not merged and are unchanged")
    text = "\n".join(f"- {line.text} [{', '.join(line.cites)}]" for line in lines)
    return Digest(text=text, lines=lines, silent=silent, skipped=skipped, notes=told)


def _name(one: FailedItem) -> str:
    item = one["item"]
    named = item.get("id") if isinstance(item, dict) else None
    return str(named) if named else f"item {one['index']}"


def _plain(text: str) -> str:
    """Words in their order, ignoring line breaks, letter case and Markdown marks."""
    return " ".join(text.replace("*", "").replace("`", "").casefold().split())
