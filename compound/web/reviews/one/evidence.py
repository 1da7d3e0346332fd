"""Evidence of a review as a tree to render: rows with the used cells marked, passages, verdicts, texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from markupsafe import Markup

from compound.web.reviews.one.marks import Span, marked

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project.review.sight.grounds import Ground
    from compound.review.evidence.leaves import Path

    Record = Mapping[str, JsonValue]

SHOWN: Final = 20
"""Rows of a list that are shown, beside those that a claim rests on."""
NOTHING: Final = Markup("")
_PASSAGE: Final = frozenset({"id", "text", "title", "source_version"})
MODELS: Final = frozenset({"llm", "agent", "ensemble"})
"""Kinds of nodes whose answers a model wrote: they prove nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A value to render.

    Attributes:
        kind: `text`, `number`, `yes_no`, `none`, `record`, `table`, `list` or `passage`.
        html: A text or a number, with its marks.
        fields: Of a record: name and value. Of a passage: what is known of it.
        columns: Of a table.
        rows: Of a table, by its columns; of a list, one value each.
        left: Rows that are not shown.
        is_used: Whether a claim rests on it, or on something inside.
    """

    kind: str
    html: Markup = NOTHING
    fields: Sequence[tuple[str, Shown]] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Shown]] = ()
    left: int = 0
    is_used: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of evidence.

    Attributes:
        key: Its name, as the graph shows it.
        kind: `query`, `passages`, `check`, `model` or `data`.
        query: The text of the query, as its file writes it.
        count: Number of rows or passages; None for anything else.
        problems: Of a check that does not hold.
        ok: Whether a check holds; None for anything else.
    """

    key: str
    kind: str
    shown: Shown
    query: str = ""
    count: int | None = None
    problems: Sequence[str] = ()
    ok: bool | None = None


def without_own_words(
    evidence: Record, grounds: Mapping[str, Ground], own: Sequence[JsonValue]
) -> dict[str, JsonValue]:
    """Evidence that can prove a claim: without what a model wrote, what checks say, and the draft itself.

    Args:
        evidence: What the review shows.
        grounds: Where each piece comes from, as far as it is known.
        own: The drafted values: the text, the fields of the offer, the arguments of the effects.
    """
    kept = {name: value for name, value in evidence.items() if _proves(grounds.get(name))}
    return {name: _emptied(value, own) for name, value in kept.items()}


def _proves(ground: Ground | None) -> bool:
    return ground is None or ground.kind not in (*MODELS, "check")


def _emptied(value: JsonValue, own: Sequence[JsonValue]) -> JsonValue:
    """The value with null where the draft itself stands; other places keep their paths."""
    if isinstance(value, str | dict | list) and value and any(value == one for one in own):
        return None
    if isinstance(value, dict):
        return {name: _emptied(one, own) for name, one in value.items()}
    if isinstance(value, list):
        return [_emptied(one, own) for one in value]
    return value


def pieces_of(evidence: Record, grounds: Mapping[str, Ground], spans: Mapping[Path, Sequence[Span]]) -> Sequence[Piece]:
    """The evidence in the order of the graph file; what claims rest on first, what a model wrote last."""
    found = [_piece(name, value, grounds.get(name), spans) for name, value in evidence.items()]
    return sorted(found, key=lambda one: (one.kind == "model", not one.shown.is_used, one.kind == "check"))


def _piece(name: str, value: JsonValue, ground: Ground | None, spans: Mapping[Path, Sequence[Span]]) -> Piece:
    shown = show(value, (name,), spans)
    rows = cast("list[JsonValue]", value) if isinstance(value, list) else None
    kind = "" if ground is None else ground.kind
    if isinstance(value, dict) and {"ok", "problems"} <= value.keys():
        problems = [str(one) for one in cast("list[JsonValue]", value["problems"] or [])]
        return Piece(key=name, kind="check", shown=shown, ok=bool(value["ok"]), problems=problems)
    if kind in MODELS:
        return Piece(key=name, kind="model", shown=shown)
    if rows and all(is_passage(one) for one in rows):
        return Piece(key=name, kind="passages", shown=shown, count=len(rows))
    if kind == "sql":
        count = len(rows) if rows is not None else int(value is not None)
        return Piece(key=name, kind="query", shown=shown, query=ground.sql if ground else "", count=count)
    return Piece(key=name, kind="data", shown=shown, count=None if rows is None else len(rows))


def is_passage(value: JsonValue) -> bool:
    """Whether a value is a retrieved passage."""
    return isinstance(value, dict) and value.keys() >= _PASSAGE


def show(value: JsonValue, path: Path, spans: Mapping[Path, Sequence[Span]]) -> Shown:
    """A value with its marks."""
    if value is None:
        return Shown(kind="none")
    if isinstance(value, dict):
        return _record(value, path, spans)
    if isinstance(value, list):
        return _list(value, path, spans)
    mine = spans.get(path, ())
    kind = "text" if isinstance(value, str) else "yes_no" if isinstance(value, bool) else "number"
    return Shown(kind=kind, html=marked(str(value), mine), is_used=bool(mine))


def _record(value: Record, path: Path, spans: Mapping[Path, Sequence[Span]]) -> Shown:
    fields = [(name, show(one, (*path, name), spans)) for name, one in value.items()]
    kind = "passage" if is_passage(dict(value)) else "record"
    return Shown(kind=kind, fields=fields, is_used=any(one.is_used for _, one in fields))


def _list(value: Sequence[JsonValue], path: Path, spans: Mapping[Path, Sequence[Span]]) -> Shown:
    used = {key[len(path)] for key in spans if len(key) > len(path) and key[: len(path)] == path}
    indexes = [index for index in range(len(value)) if index < SHOWN or index in used]
    left = len(value) - len(indexes)
    is_table = bool(value) and all(isinstance(one, dict) and not is_passage(one) for one in value)
    if not is_table:
        rows = [[show(value[index], (*path, index), spans)] for index in indexes]
        return Shown(kind="list", rows=rows, left=left, is_used=bool(used))
    records = cast("Sequence[Record]", value)
    columns = list(dict.fromkeys(name for index in indexes for name in records[index]))
    rows = [[show(records[index].get(name), (*path, index, name), spans) for name in columns] for index in indexes]
    return Shown(kind="table", columns=columns, rows=rows, left=left, is_used=bool(used))
