"""A run as a tree of spans, for people."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from textwrap import wrap
from typing import TYPE_CHECKING, cast

import orjson

from compound.errors import DataError
from compound.project.view.times import moment
from compound.trace.prune import PRUNED

if TYPE_CHECKING:
    from compound.trace import TraceReader

Span = Mapping[str, object]
_RANDOM_ID = 32
_OPERATIONS = ("node ", "invoke_workflow ", "execute_tool ", "retrieval ", "classify ", "chat ")


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceTree:
    """The spans of one run, parents before children."""

    run_id: str
    spans: Sequence[Span]

    def text(self, width: int = 100) -> str:
        """The tree as text, one span per line: name, milliseconds, kind, details.

        Args:
            width: Width of a line; longer lines are wrapped with hanging indentation.
        """
        found = [(f"{'  ' * depth}{_title(span)}", f"{_ms(span):.1f} ms", _about(span)) for depth, span in self._walk()]
        name_wide, took_wide = (max((len(row[column]) for row in found), default=0) for column in (0, 1))
        lead = name_wide + took_wide + 4
        lines: list[str] = []
        for name, took, about in found:
            head = f"{name:<{name_wide}}  {took:>{took_wide}}  "
            first, *more = wrap(about, max(width - lead, 20)) or [""]
            lines += [(head + first).rstrip(), *(" " * lead + line for line in more)]
        return "\n".join(lines)

    def _walk(self) -> Iterator[tuple[int, Span]]:
        below: dict[object, list[Span]] = {}
        known = {span["span_id"] for span in self.spans}
        for span in self.spans:
            parent = span.get("parent_span_id")
            below.setdefault(parent if parent in known else None, []).append(span)

        def walk(parent: object, depth: int) -> Iterator[tuple[int, Span]]:
            for span in sorted(below.get(parent, []), key=_start):
                yield depth, span
                yield from walk(span["span_id"], depth + 1)

        return walk(None, 0)


def _start(span: Span) -> int:
    return int(str(span["start_time_unix_nano"]))


def _ms(span: Span) -> float:
    return (int(str(span["end_time_unix_nano"])) - _start(span)) / 1e6


def _title(span: Span) -> str:
    """The span's name without the operation, which its kind implies; in a block with its round or item."""
    key = cast("Mapping[str, object]", span.get("attributes") or {}).get("journal_key")
    if key is not None and span.get("kind") == "node":
        return str(key)
    name = str(span["name"])
    return next((name.removeprefix(one) for one in _OPERATIONS if name.startswith(one)), name)


def _about(span: Span) -> str:
    """Details of a span: data and versions, model and tokens, skips, pauses, errors."""
    parts = [str(span.get("node_kind") or span.get("kind") or ""), *_data(span), *_model(span), *_course(span)]
    if span.get("status_code") not in {"OK", None}:
        parts.append(f"{span['status_code']} {span.get('status_message') or ''}".strip())
    return " · ".join(parts)


def _data(span: Span) -> Iterator[str]:
    inputs = cast("Sequence[Mapping[str, object]]", span.get("data_inputs") or ())
    if inputs and span.get("kind") == "node":  # its child call read the same data
        yield ", ".join(f"{PurePath(str(one.get('uri'))).name}@{one.get('version')}" for one in inputs)
    if span.get("sql_rows") is not None:
        yield f"{span['sql_rows']} row{'s' * (span['sql_rows'] != 1)}"
    retrieved = cast("Sequence[object] | None", span.get("retrieved"))
    if retrieved is not None and span.get("kind") == "retrieve":
        yield f"{len(retrieved)} passages of {str(span.get('index_version') or '')[:8]}"


def _model(span: Span) -> Iterator[str]:
    if span.get("response_model") or span.get("request_model"):
        yield str(span.get("response_model") or span.get("request_model"))
    if span.get("input_tokens"):
        yield f"{span['input_tokens']} + {span.get('output_tokens') or 0} tokens"
    if span.get("cost_usd"):
        yield f"{float(str(span['cost_usd'])):.4f} USD"
    known = cast("Mapping[str, object]", span.get("attributes") or {}).get("known_cost_usd")
    if known is not None:
        yield f"at least {float(str(known)):.4f} USD, the rest is unknown"
    if span.get("cached_result"):
        yield "answered from the journal"


def _course(span: Span) -> Iterator[str]:
    attributes = cast("Mapping[str, object]", span.get("attributes") or {})
    if PRUNED in attributes and span.get("kind") == "workflow":
        yield f"pruned: its content was removed on {moment(float(str(attributes[PRUNED])))} by policy"
    for word in ("skipped", "paused"):
        if word in attributes:
            yield f"{word}: {attributes[word]}" if attributes[word] is not True else word
    if attributes.get("abstained") and span.get("kind") == "node":
        yield f"no answer: {attributes.get('abstain_reason') or 'it abstained'}"
    if span.get("review_decision"):
        yield f"decided: {span['review_decision']}{' by the policy' * bool(span.get('auto_approved'))}"


def trace_row(run: Mapping[str, object], *, now: float | None = None) -> tuple[object, ...]:
    """A recorded run as a list row: run, of, graph, status, ago, ms, spans, usd; `0.1+` is a partial cost."""
    began = int(str(run["start_time_unix_nano"])) / 1e9
    cost = run.get("cost_usd")
    name, of = str(run["run_id"]), str(run.get("example_id") or run.get("thread_id") or "")
    return (
        name[:12] if len(name) == _RANDOM_ID else name.removesuffix(f"-{of}"),
        "" if of == name else of,
        run.get("graph_name"),
        run.get("status"),
        ago((time.time() if now is None else now) - began),
        f"{float(str(run.get('run_ms') or 0)):.0f}",
        run.get("spans"),
        f"{float(str(cost)):.4f}{'+' * bool(run.get('unknown_costs'))}" if cost or run.get("unknown_costs") else None,
    )


def ago(seconds: float) -> str:
    """A duration in its largest unit: `40 s`, `2 min`, `3 h`, `5 d`."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(int(seconds), 0)} s"


_PINS = (
    "graph_hash",
    "node_config_hash",
    "data_inputs",
    "index_name",
    "index_version",
    "index_source_version",
    "sql_fingerprint",
    "sql_result_hash",
    "adapter_id",
    "request_model",
    "response_model",
    "prompt_name",
    "prompt_version",
    "prompt_hash",
    "params_hash",
    "price_table_version",
)
"""Columns with the versions of code, data, prompt and model of a span."""


def trace_document(store: TraceReader, tree: TraceTree) -> list[dict[str, object]]:
    """The spans of a run with the `input` and `output` of each node, and its `pins` (versions).

    `input` and `output` are left out if the content was not stored or was pruned; their hashes stay.
    """
    keys = {str(key) for span in tree.spans for name in ("input", "output") if (key := span.get(f"{name}_sha256"))}
    rows = store.sql(
        "select sha256, any_value(content) from blobs where list_contains($keys, sha256) and content is not null "
        "group by sha256",
        {"keys": sorted(keys)},
    ).rows
    contents = {str(key): orjson.loads(str(content)) for key, content in rows}
    return [_with_content(span, contents) for span in tree.spans]


def _with_content(span: Span, contents: Mapping[str, object]) -> dict[str, object]:
    document = dict(span)
    for name in ("input", "output"):
        if (key := str(span.get(f"{name}_sha256"))) in contents:
            document[name] = contents[key]
    document["pins"] = {name: span[name] for name in _PINS if span.get(name) is not None}
    return document


def trace_tree(store: TraceReader, run: str) -> TraceTree:
    """The spans of a run, by its id, a prefix of it, or the id of its item or case.

    Raises:
        DataError: `trace.unknown-run`, `trace.ambiguous-run`.
    """
    answer = store.sql(
        "select run_id from spans "
        "where starts_with(run_id, $run) or starts_with(trace_id, $run) or thread_id = $run or example_id = $run "
        "group by run_id order by max(start_time_unix_nano) desc",
        {"run": run},
    )
    found = [str(row[0]) for row in answer.rows]
    if not found:
        raise DataError("trace.unknown-run", f"no recorded run matches {run!r}", fix="compound traces list")
    if len(found) > 1:
        shown = ", ".join(one[:12] if len(one) == _RANDOM_ID else one for one in found[:6])
        raise DataError(
            "trace.ambiguous-run",
            f"{run!r} matches {len(found)} runs: {shown}",
            fix="use one of them; the first is the newest",
        )
    return TraceTree(run_id=found[0], spans=store.spans(found[0]))
