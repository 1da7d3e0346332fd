"""One run as a tree of spans, for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.errors import DataError

if TYPE_CHECKING:
    from compound.trace import ParquetStore


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceTree:
    """The spans of one run, parents before children."""

    run_id: str
    spans: Sequence[Mapping[str, object]]

    def text(self) -> str:
        """The tree, one span a line: name, milliseconds, status."""
        children: dict[object, list[Mapping[str, object]]] = {}
        known = {span["span_id"] for span in self.spans}
        for span in self.spans:
            parent = span.get("parent_span_id")
            children.setdefault(parent if parent in known else None, []).append(span)
        lines: list[str] = []

        def walk(parent: object, depth: int) -> None:
            for span in sorted(children.get(parent, []), key=_start):
                lines.append(f"{'  ' * depth}{_line(span)}")
                walk(span["span_id"], depth + 1)

        walk(None, 0)
        return "\n".join(lines)


def _start(span: Mapping[str, object]) -> int:
    return int(str(span["start_time_unix_nano"]))


def _line(span: Mapping[str, object]) -> str:
    took = (int(str(span["end_time_unix_nano"])) - _start(span)) / 1e6
    status = (
        "" if span.get("status_code") in {"OK", None} else f"  {span['status_code']} {span.get('status_message') or ''}"
    )
    return f"{span['name']}  {took:.1f} ms{status}"


def trace_tree(store: ParquetStore, run: str) -> TraceTree:
    """The spans of the run that an id, or the beginning of one, names.

    Raises:
        DataError: `trace.unknown-run`, `trace.ambiguous-run`.
    """
    answer = store.sql(
        "select distinct run_id from spans where starts_with(run_id, $run) or starts_with(trace_id, $run)",
        {"run": run},
    )
    found = [str(row[0]) for row in answer.rows]
    if len(found) != 1:
        code = "trace.ambiguous-run" if found else "trace.unknown-run"
        what = f"{len(found)} runs begin with {run!r}" if found else f"no recorded run begins with {run!r}"
        raise DataError(code, what, fix="compound traces list")
    return TraceTree(run_id=found[0], spans=store.spans(found[0]))
