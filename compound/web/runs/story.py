"""One run as its page shows it: each node with its attempts, values, model, data and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast

from compound.errors import DataError
from compound.trace.prune import PRUNED
from compound.web.runs.figures import cost_of

if TYPE_CHECKING:
    from compound.graph.store.runs import RunRecord
    from compound.project import Project
    from compound.trace.query.session import TraceSession

Span = Mapping[str, Any]
LIVE: Final = {"running": "running", "waiting_review": "paused", "cancelled": "cancelled", "stopped": "done"}
"""Status of a stored run to that of the pages, where the traces cannot know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStory:
    """What a run did at a node.

    Attributes:
        path: Its name; `block.node` inside blocks.
        state: A state of the picture: `done`, `failed`, `waiting`, `skipped`, `running`.
        why: Why it failed, was skipped or waits.
        attempts: Its spans, oldest first: attempts, rounds, items, and those after a resume.
        inner: The spans below them: model calls, queries, retrievals.
        ms: Working time.
        cost: Known cost in words, with a plus if a part of it is unknown; empty without one.
    """

    path: str
    kind: str
    state: str
    why: str
    attempts: Sequence[Span]
    inner: Sequence[Span]
    ms: float
    cost: str

    @property
    def last(self) -> Span:
        """The newest attempt."""
        return self.attempts[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStory:
    """One run.

    Attributes:
        status: `done`, `paused`, `failed`, `unfinished`, `running`, `cancelled`.
        spans: Every span, by start.
        nodes: Path to what happened there.
        values: Hash of a stored input or output to its content, of the nodes that were asked for.
        pruned_at: When its content was removed, UTC seconds; None if it was not.
    """

    run_id: str
    trace_id: str
    graph: str
    graph_hash: str
    item_id: str
    status: str
    is_replay: bool
    error: str
    spans: Sequence[Span]
    nodes: Mapping[str, NodeStory]
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    scores: Sequence[Span] = ()
    record: RunRecord | None = None
    pruned_at: float | None = None

    @property
    def began_ns(self) -> int:
        """Start of the run; 0 without a span."""
        return int(self.spans[0]["start_time_unix_nano"]) if self.spans else 0

    @property
    def ms(self) -> float:
        """Working time: without the time in which it waited for people."""
        return sum(_ms(span) for span in self.spans if span["kind"] == "workflow")

    @property
    def cost(self) -> str:
        """Known cost in words, with a plus if a part of it is unknown; empty without one."""
        return _cost(self.spans)

    def value(self, path: str, which: str) -> object | None:
        """The `input` or `output` of a node's newest attempt; None if it is not kept or was not asked for."""
        node = self.nodes.get(path)
        return None if node is None else self.values.get(str(node.last.get(f"{which}_sha256")))


def story_of(project: Project, run_id: str, *, of: Sequence[str] | None = (), graph: str = "") -> RunStory:
    """A run of the project, by its id.

    Args:
        project: The project.
        run_id: Its id or its trace id.
        of: Nodes whose values are read; None for all.
        graph: The graph of a run that starts now: nothing of it may be stored yet.

    Raises:
        DataError: `trace.unknown-run`.
    """
    record = project.run_record(run_id)
    story = project.traces().read(lambda session: read_story(session, run_id, record, of))
    if not story.spans and record is None and graph:
        return replace(story, graph=graph, status="running")
    if not story.spans and record is None:
        raise DataError("trace.unknown-run", f"run {run_id!r} has no trace", fix="/runs lists the runs")
    return story


def read_story(session: TraceSession, run_id: str, record: RunRecord | None, of: Sequence[str] | None) -> RunStory:
    """A run as its traces and its row in the state store tell it; see `story_of`."""
    spans = _without_rehearsals(session.spans(run_id))
    nodes = _nodes(spans)
    keys = {
        str(span[f"{which}_sha256"])
        for path, node in nodes.items()
        if of is None or path in of
        for span in (node.attempts if of else (node.last,))
        for which in ("input", "output")
        if span[f"{which}_sha256"]
    }
    known = str(spans[0]["run_id"]) if spans else run_id
    scores = session.sql("SELECT * FROM scores WHERE run_id = $id ORDER BY time_unix_nano", {"id": known}).records()
    roots = [span for span in spans if span["kind"] == "workflow"]
    first: Span = spans[0] if spans else {}
    return RunStory(
        run_id=known,
        trace_id=str(first.get("trace_id") or ""),
        graph=str(first.get("graph_name") or (record.graph_name if record else "")),
        graph_hash=str(first.get("graph_hash") or (record.graph_hash if record else "")),
        item_id=_item(first, record, known),
        status=_status(spans, roots, record),
        is_replay=any(root["is_replay"] or "is_replay" in _attributes(root) for root in roots),
        error=_error(roots),
        spans=spans,
        nodes=nodes,
        values=session.contents(keys),
        scores=scores,
        record=record,
        pruned_at=next((float(at) for root in roots if (at := _attributes(root).get(PRUNED))), None),
    )


def _item(first: Span, record: RunRecord | None, run_id: str) -> str:
    thread = str(first.get("example_id") or first.get("thread_id") or (record.thread_id if record else "") or "")
    return "" if thread == run_id else thread


def _without_rehearsals(spans: Sequence[Span]) -> list[Span]:
    """A rehearsed decision is no part of what happened."""
    tried = {span["leg_id"] for span in spans if "is_rehearsal" in _attributes(span)}
    tried |= {span["leg_id"] for span in spans if str(_attributes(span).get("paused", "")).startswith("tries ")}
    return [span for span in spans if span["leg_id"] not in tried or span["leg_id"] is None]


def _status(spans: Sequence[Span], roots: Sequence[Span], record: RunRecord | None) -> str:
    if record is not None and record.status in LIVE:
        return LIVE[record.status]
    rooted = {root["leg_id"] for root in roots}
    if not roots or spans[-1]["leg_id"] not in rooted:
        return "unfinished"
    last = roots[-1]
    if last["status_code"] == "ERROR":
        return "failed"
    return "paused" if "paused" in _attributes(last) else "done"


def _error(roots: Sequence[Span]) -> str:
    return str(roots[-1]["status_message"] or roots[-1]["error_type"] or "") if roots else ""


def _nodes(spans: Sequence[Span]) -> dict[str, NodeStory]:
    attempts: dict[str, list[Span]] = {}
    for span in spans:
        if span["kind"] == "node":
            attempts.setdefault(str(span["node_name"]), []).append(span)
    inner: dict[object, list[Span]] = {}
    for span in spans:
        if span["kind"] != "node" and span["node_span_id"] is not None:
            inner.setdefault(span["node_span_id"], []).append(span)
    below = {
        path: [one for span in found for one in inner.get(span["span_id"], ())] for path, found in attempts.items()
    }
    return {path: _node(path, found, below) for path, found in attempts.items()}


def _node(path: str, attempts: Sequence[Span], below: Mapping[str, Sequence[Span]]) -> NodeStory:
    last = attempts[-1]
    state, why = _state(last)
    paid = [one for inner, spans in below.items() if inner == path or inner.startswith(f"{path}.") for one in spans]
    return NodeStory(
        path=path,
        kind=str(last["node_kind"] or ""),
        state=state,
        why=why,
        attempts=attempts,
        inner=below[path],
        ms=sum(_ms(span) for span in attempts if "paused" not in _attributes(span)),
        cost=_cost(paid),
    )


def _state(span: Span) -> tuple[str, str]:
    attributes = _attributes(span)
    if span["status_code"] == "ERROR":
        return "failed", str(span["status_message"] or span["error_type"] or "")
    if "skipped" in attributes:
        return "skipped", str(attributes["skipped"])
    if "paused" in attributes:
        return "waiting", str(attributes["paused"])
    return "done", str(attributes.get("abstain_reason") or "")


def _attributes(span: Span) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", span.get("attributes") or {})


def _ms(span: Span) -> float:
    return (int(span["end_time_unix_nano"]) - int(span["start_time_unix_nano"])) / 1e6


def _cost(spans: Sequence[Span]) -> str:
    whole = [float(usd) for span in spans if (usd := span["cost_usd"]) is not None]
    parts = [float(usd) for span in spans if (usd := _attributes(span).get("known_cost_usd")) is not None]
    return f"{cost_of(sum(whole) + sum(parts))}{'+' * bool(parts)}" if whole or parts else ""
