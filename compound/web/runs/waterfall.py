"""The waterfall of a run: one row a span on a time axis that shortens the time in which nobody worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from compound.web.runs.figures import cost_of, time_of
from compound.web.site.names import named
from compound.web.site.visible import without_hidden
from compound.web.site.words import ENGLISH

if TYPE_CHECKING:
    from compound.web.runs.story import RunStory
    from compound.web.site.words import Words

Span = Mapping[str, Any]
MOST_ROWS: Final = 300
_GAP: Final = 6.0
"""Percent of the axis that a waiting time has, however long it was."""
_TICKS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A row: a span.

    Attributes:
        name: Of the node, the model, the tool.
        depth: Levels below the run.
        x: Begin of the bar in percent of the axis.
        width: Length in percent.
        state: `done`, `failed`, `skipped`, `waiting`.
        node: The node whose details the row leads to; empty for none.
        said: Times in words, for a reader without the picture.
    """

    name: str
    kind: str
    depth: int
    x: float
    width: float
    took: str
    cost: str
    state: str
    node: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A time in which the run waited for a person.

    Attributes:
        x: Begin in percent.
        width: Length in percent.
        took: How long it was.
    """

    x: float
    width: float
    took: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """All rows.

    Attributes:
        ticks: Position in percent, and the working time there.
        more: Number of spans that are not shown.
    """

    bars: Sequence[Bar]
    waits: Sequence[Wait]
    ticks: Sequence[tuple[float, str]]
    more: int = 0


class _Axis:
    """Time to percent: working times share the axis, each waiting time has the same short piece."""

    def __init__(self, parts: Sequence[tuple[int, int]], *, is_waiting: bool) -> None:
        self._parts = parts
        self._gaps = len(parts) - 1 + is_waiting
        worked = sum(end - begin for begin, end in parts)
        self._per_ns = (100.0 - _GAP * self._gaps) / max(worked, 1)
        self._worked = worked

    def at(self, ns: int) -> float:
        x = 0.0
        for number, (begin, end) in enumerate(self._parts):
            if ns <= end or number == len(self._parts) - 1:
                return x + max(0, min(ns, end) - begin) * self._per_ns
            x += (end - begin) * self._per_ns + _GAP
        return x

    def waits(self, now_ns: int, *, is_waiting: bool) -> list[Wait]:
        ends = [*(begin for begin, _ in self._parts[1:]), *([now_ns] if is_waiting else [])]
        return [
            Wait(x=self.at(end), width=_GAP, took=time_of((until - end) / 1e6))
            for (_, end), until in zip(self._parts, ends, strict=False)
        ]

    def ticks(self) -> list[tuple[float, str]]:
        found: list[tuple[float, str]] = []
        for number in range(_TICKS + 1):
            left, x = self._worked * number // _TICKS, 0.0
            for begin, end in self._parts:
                if left <= end - begin:
                    found.append((x + left * self._per_ns, time_of(self._worked * number / _TICKS / 1e6)))
                    break
                left -= end - begin
                x += (end - begin) * self._per_ns + _GAP
        return found


def waterfall(story: RunStory, now_ns: int, words: Words = ENGLISH) -> Waterfall:
    """The spans of a run in the order of their tree."""
    if not story.spans:
        return Waterfall(bars=(), waits=(), ticks=())
    is_waiting = story.status == "paused"
    axis = _Axis(_legs(story.spans), is_waiting=is_waiting)
    nodes = {
        str(node.attempts[index]["span_id"]): path
        for path, node in story.nodes.items()
        for index in range(len(node.attempts))
    }
    rows = _walk(story.spans)
    bars = [_bar(span, depth, axis, nodes, words) for depth, span in rows[:MOST_ROWS]]
    return Waterfall(
        bars=bars,
        waits=axis.waits(now_ns, is_waiting=is_waiting),
        ticks=axis.ticks(),
        more=max(0, len(rows) - MOST_ROWS),
    )


def _legs(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Begin and end of each time in which the run worked."""
    found: list[tuple[int, int]] = []
    for span in spans:
        begin, end = int(span["start_time_unix_nano"]), int(span["end_time_unix_nano"])
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif found and span["parent_span_id"] is not None:
            found[-1] = (found[-1][0], end)  # within a leg: the pieces between two nodes
        else:
            found.append((begin, end))
    return found


def _walk(spans: Sequence[Span]) -> list[tuple[int, Span]]:
    below: dict[object, list[Span]] = {}
    known = {span["span_id"] for span in spans}
    for span in spans:
        parent = span["parent_span_id"]
        below.setdefault(parent if parent in known else None, []).append(span)
    found: list[tuple[int, Span]] = []
    todo = [(0, span) for span in reversed(below.get(None, []))]
    while todo:
        depth, span = todo.pop()
        found.append((depth, span))
        todo += [(depth + 1, one) for one in reversed(below.get(span["span_id"], []))]
    return found


def _bar(span: Span, depth: int, axis: _Axis, nodes: Mapping[str, str], words: Words) -> Bar:
    begin, end = int(span["start_time_unix_nano"]), int(span["end_time_unix_nano"])
    x = axis.at(begin)
    attributes = span["attributes"] or {}
    state = "failed" if span["status_code"] == "ERROR" else "skipped" if "skipped" in attributes else "done"
    state = "waiting" if state == "done" and "paused" in attributes and span["kind"] == "node" else state
    took = time_of((end - begin) / 1e6)
    name = str(span["name"]).removeprefix("node ")
    attempt = int(span["attempt"] or 1)
    again = f" ({words.text('attempt %(n)s') % {'n': attempt}})" if attempt > 1 else ""
    return Bar(
        name=f"{name.removeprefix('invoke_workflow ')}{again}",
        kind=str(span["node_kind"] or span["kind"]),
        depth=min(depth, 8),
        x=round(x, 3),
        width=round(max(axis.at(end) - x, 0.25), 3),
        took=took,
        cost=cost_of(span["cost_usd"]),
        state=state,
        node=nodes.get(str(span["span_id"])) or nodes.get(str(span["node_span_id"])) or "",
        said=without_hidden(f"{name}, {named(state, words)}, {took}"),
    )
