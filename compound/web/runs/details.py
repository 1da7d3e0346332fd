"""The side panel of a node: its values, model, data, attempts and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from compound.project.view.times import moment
from compound.web.runs.figures import cost_of, time_of

if TYPE_CHECKING:
    from compound.web.runs.story import NodeStory, RunStory

Span = Mapping[str, Any]
TABS: Final = ("input", "output", "model", "data", "attempts", "scores")
_MODEL: Final = (
    "provider", "request_model", "response_model", "adapter_id", "prompt_name", "prompt_version", "prompt_hash",
    "params_hash", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
    "ttft_s", "price_table_version", "cached_result",
)  # fmt: skip
_PINS: Final = ("graph_hash", "node_config_hash", "index_name", "index_version", "index_source_version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A row of the tab Attempts."""

    number: int
    key: str
    state: str
    at: str
    took: str
    cost: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the panel shows of a node.

    Attributes:
        tab: The open tab, one of `TABS`.
        tabs: Those that have something to show.
        value: Content of the tabs Input and Output.
        is_kept: Whether that content is stored; else only its hash and size are.
        models: One record a model call.
        queries: One record an SQL query: `text`, `rows`, `tables`.
        passages: What was retrieved.
        pins: Versions of graph, node, data and index.
    """

    path: str
    kind: str
    state: str
    why: str
    took: str
    cost: str
    tab: str
    tabs: Sequence[str]
    value: object = None
    is_kept: bool = False
    sha256: str = ""
    models: Sequence[Mapping[str, object]] = ()
    queries: Sequence[Mapping[str, object]] = ()
    passages: Sequence[Mapping[str, object]] = ()
    pins: Mapping[str, object] | None = None
    attempts: Sequence[Attempt] = ()
    scores: Sequence[Span] = ()


def details_of(story: RunStory, path: str, tab: str) -> Details | None:
    """The panel of a node; None if the run did not reach it."""
    node = story.nodes.get(path)
    if node is None:
        return None
    own = {str(span["span_id"]) for span in (*node.attempts, *node.inner)}
    scores = [score for score in story.scores if score["span_id"] in own]
    models = [
        _some(span, _MODEL, cost=span["cost_usd"]) for span in node.inner if span["kind"] in ("chat", "embeddings")
    ]
    has = {
        "input": node.last["input_sha256"],
        "output": node.last["output_sha256"],
        "model": models,
        "data": _has_data(node),
        "attempts": True,
        "scores": scores,
    }
    tabs = [name for name in TABS if has[name]]
    chosen = tab if tab in tabs else "output" if "output" in tabs else tabs[0]
    sha256 = str(node.last[f"{chosen}_sha256"]) if chosen in ("input", "output") else ""
    return Details(
        path=path,
        kind=node.kind,
        state=node.state,
        why=node.why,
        took=time_of(node.ms),
        cost=node.cost,
        tab=chosen,
        tabs=tabs,
        value=story.values.get(sha256),
        is_kept=sha256 in story.values,
        sha256=sha256,
        models=models,
        queries=_queries(node),
        passages=[passage for span in (node.last, *node.inner) for passage in span["retrieved"] or ()],
        pins=_some(node.last, _PINS),
        attempts=_attempts(node),
        scores=scores,
    )


def _some(span: Span, names: Sequence[str], **more: object) -> dict[str, object]:
    found = {name: span[name] for name in names} | more
    return {name: value for name, value in found.items() if value not in (None, "")}


def _has_data(node: NodeStory) -> bool:
    spans = (*node.attempts, *node.inner)
    return any(span["sql_text"] or span["data_inputs"] or span["retrieved"] or span["index_name"] for span in spans)


def _queries(node: NodeStory) -> list[Mapping[str, object]]:
    found: list[Mapping[str, object]] = []
    for span in (*node.attempts, *node.inner):
        if span["sql_text"] or span["data_inputs"]:
            pinned = [f"{one['uri']}@{one['version']}" for one in span["data_inputs"] or ()]
            record = {"text": span["sql_text"] or "", "rows": span["sql_rows"], "tables": pinned}
            if record not in found:
                found.append(record)
    has_text = any(record["text"] for record in found)
    return [record for record in found if record["text"] or not has_text]


def _attempts(node: NodeStory) -> list[Attempt]:
    found: list[Attempt] = []
    for span in node.attempts:
        attributes = span["attributes"] or {}
        is_failed = span["status_code"] == "ERROR"
        words = next((word for word in ("skipped", "paused") if word in attributes), "")
        found.append(
            Attempt(
                number=int(span["attempt"] or 1),
                key=str(attributes.get("journal_key") or node.path),
                state="failed" if is_failed else {"skipped": "skipped", "paused": "waiting"}.get(words, "done"),
                at=moment(int(span["start_time_unix_nano"]) / 1e9),
                took=time_of((int(span["end_time_unix_nano"]) - int(span["start_time_unix_nano"])) / 1e6),
                cost=cost_of(span["cost_usd"]),
                why=str(span["status_message"] or span["error_type"] or "")
                if is_failed
                else str(attributes.get(words, "")),
            )
        )
    return found
