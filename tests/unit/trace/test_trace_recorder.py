from __future__ import annotations

import threading
from contextvars import copy_context
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compound.errors import DataError, NodeError
from compound.trace.active import ActiveSpan, child, current, event
from compound.trace.parquet import ParquetStore
from compound.trace.payload import digest
from compound.trace.recorder import Recorder, trace_id_of
from compound.trace.store import MemoryStore


def _run(recorder: Recorder, run_id: str = "r1") -> ActiveSpan:
    return recorder.run(graph_name="g", graph_hash="h", run_id=run_id, thread_id="t1", example_id="e1")


def _by_name(store: MemoryStore) -> dict[str, dict[str, object]]:
    return {str(row["name"]): dict(row) for row in store.rows()}


def test_nothing_records_outside_a_run() -> None:
    with child("chat x", kind="chat", input_tokens=3) as span:
        span.set(output_tokens=1)
        span.input({"a": 1})
        span.output({"a": 1})
        span.skip("no")
        span.pause("no")
    event(x=1)
    assert current() is None
    assert span.fields == {}


def test_names_columns_and_parents() -> None:
    store = MemoryStore()
    recorder = Recorder(store, service_name="desk")
    with _run(recorder), recorder.node("plan", kind="llm", attempt=2, config_hash="c") as node:
        node.input({"q": 1})
        with child("chat claude", kind="chat", cache_creation_input_tokens=5) as chat:
            chat.set(input_tokens=7, cost_usd=0.25, colour="red", nothing=None)
            with child("inner", kind="tool"):
                event(depth=3)
        node.output({"a": 2})
    rows = _by_name(store)
    root, plan, call, inner = (rows[k] for k in ("invoke_workflow g", "node plan", "chat claude", "inner"))
    assert (plan["parent_span_id"], call["parent_span_id"]) == (root["span_id"], plan["span_id"])
    assert inner["node_span_id"] == call["node_span_id"] == plan["node_span_id"] == plan["span_id"]
    assert {row["trace_id"] for row in rows.values()} == {trace_id_of("r1")}
    assert {row["run_id"] for row in rows.values()} == {"r1"}
    assert (plan["node_name"], plan["node_kind"], plan["attempt"], plan["node_config_hash"]) == (
        "plan",
        "llm",
        2,
        "c",
    )
    assert (call["input_tokens"], call["cache_write_tokens"], call["attributes"]) == (7, 5, {"colour": "red"})
    assert inner["attributes"] == {"depth": 3}
    assert root["service_name"] == "desk"
    assert recorder.dropped == 0


def test_an_error_is_marked_and_raised_and_a_pause_is_not_an_error() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    with _run(recorder) as run:
        with pytest.raises(NodeError), recorder.node("a", kind="llm"):
            raise NodeError("node.broken", "it broke", node="a", run_id="r1")
        with pytest.raises(ValueError, match="x"), recorder.node("b", kind="llm"):
            raise ValueError("x" * 5000)
        node = recorder.node("review", kind="review")
        node.pause("item 7")
        with pytest.raises(RuntimeError), node:
            raise RuntimeError("interrupt")
        with recorder.node("skipped", kind="sql") as node:
            node.skip("when: intent.label != 'other'")
        run.pause("review")
    rows = _by_name(store)
    assert (rows["node a"]["status_code"], rows["node a"]["error_type"]) == ("ERROR", "node.broken")
    assert rows["node b"]["error_type"] == "ValueError"
    assert len(str(rows["node b"]["status_message"])) == 500
    assert (rows["node review"]["status_code"], rows["node review"]["attributes"]) == (
        "OK",
        {"paused": "item 7"},
    )
    assert rows["node skipped"]["status_code"] == "OK"
    assert store.list_runs()[0]["status"] == "paused"


def test_a_resume_goes_on_in_the_trace_of_its_run() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    with _run(recorder) as run:
        run.pause("review")
    with _run(recorder), recorder.node("send", kind="effect"):
        pass
    (summary,) = store.list_runs()
    assert (summary["legs"], summary["status"]) == (2, "done")
    assert [node.name for node in store.tree("r1")] == ["invoke_workflow g"] * 2
    assert store.tree("r1")[1].children[0].duration_ms >= 0
    assert store.tree(trace_id_of("r1")) == store.tree("r1")


def test_a_node_carries_the_data_that_was_read_below_it() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    pin = {"uri": "lake/orders", "format": "delta", "version": 4, "snapshot_ts": None}
    other = {"uri": "lake/items", "format": "delta", "version": 1, "snapshot_ts": None}
    with _run(recorder), recorder.node("orders", kind="sql"):
        with child("execute_tool a", kind="sql", data_inputs=[pin]):
            pass
        with child("execute_tool b", kind="sql", data_inputs=[pin, other]):
            pass
        with child("retrieval x", kind="retrieval", index_name="handbook", index_version="v2"):
            pass
    rows = _by_name(store)
    assert rows["node orders"]["data_inputs"] == [pin, other]
    assert rows["node orders"]["index_version"] == "v2"
    assert "data_inputs" not in rows["invoke_workflow g"]


def test_spans_keep_their_parent_in_tasks_and_threads() -> None:
    store = MemoryStore()
    recorder = Recorder(store)

    def blocking() -> None:
        with child("in thread", kind="sql"):
            pass

    async def node(name: str) -> None:
        with recorder.node(name, kind="sql"):
            await anyio.lowlevel.checkpoint()
            with child(f"child of {name}", kind="sql"):
                await anyio.sleep(0.001)
            if name == "n0":
                await anyio.to_thread.run_sync(blocking)

    async def main() -> None:
        with _run(recorder):
            async with anyio.create_task_group() as group:
                for n in range(5):
                    group.start_soon(node, f"n{n}")

    anyio.run(main)
    rows = _by_name(store)
    for n in range(5):
        assert rows[f"child of n{n}"]["parent_span_id"] == rows[f"node n{n}"]["span_id"]
        assert rows[f"node n{n}"]["parent_span_id"] == rows["invoke_workflow g"]["span_id"]
    assert rows["in thread"]["parent_span_id"] == rows["node n0"]["span_id"]


def test_blobs_deduplicate_whatever_the_order_of_keys() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    with _run(recorder):
        with recorder.node("a", kind="tool") as a:
            a.output({"x": 1, "y": [1, 2]})
        with recorder.node("b", kind="tool") as b:
            b.input({"y": [1, 2], "x": 1})
    (blob,) = store.rows("blobs")
    rows = _by_name(store)
    assert rows["node a"]["output_sha256"] == rows["node b"]["input_sha256"] == blob["sha256"]
    assert store.blob(str(blob["sha256"])) == {"x": 1, "y": [1, 2]}
    assert digest({"y": [1, 2], "x": 1}) == blob["sha256"]


def test_redaction_runs_before_hashing_and_fails_closed() -> None:
    def redact(value: object) -> object:
        if value == "bad":
            raise RuntimeError("cannot read this")
        return "***"

    store = MemoryStore()
    recorder = Recorder(store, redact=redact, redaction_policy="pii/1")
    with _run(recorder), recorder.node("a", kind="tool") as a:
        a.input("secret")
        a.output("bad")
    (blob,) = store.rows("blobs")
    row = _by_name(store)["node a"]
    assert blob["content"] == '"***"'
    assert (row["input_sha256"], row["redaction_policy"]) == (digest("***"), "pii/1")
    assert "output_sha256" not in row
    assert recorder.dropped == 1


def test_the_mode_without_content_keeps_hash_and_size() -> None:
    store = MemoryStore()
    recorder = Recorder(store, keep_content=False)
    with _run(recorder), recorder.node("a", kind="tool") as a:
        a.input("secret")
    (blob,) = store.rows("blobs")
    assert (blob["content"], blob["bytes"]) == (None, len('"secret"'))
    assert store.blob(str(blob["sha256"])) is None


class _Full:
    is_immediate = False

    def append(self, table: str, lines: object) -> None:
        raise OSError(28, "No space left on device")

    def publish(self) -> None:
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_full_disk_or_queue_never_reaches_the_node() -> None:
    recorder = Recorder(_Full(), max_queued=3)
    for n in range(10):
        with _run(recorder, f"r{n}"):
            pass
    recorder.flush()
    recorder.close()
    recorder.close()
    with _run(recorder):
        pass
    assert recorder.dropped == 11


def test_what_json_cannot_hold_is_stored_as_well_as_possible(tmp_path: Path) -> None:
    store = ParquetStore(tmp_path)
    recorder = Recorder(store)
    with _run(recorder), recorder.node("a", kind="tool") as node:
        node.input({"text": "broken \ud800", "big": 2**80, "set": {1}, "path": tmp_path, 3: b"\xff", "n": "a\x00b"})
        node.set(
            attempt="third",
            sql_rows="12",
            graph_name=5,
            data_inputs="nonsense",
            retrieved=[{"id": 1, "rank": "x"}],
        )
    recorder.close()
    (row,) = [span for span in store.spans("r1") if span["node_name"] == "a"]
    assert (row["attempt"], row["graph_name"]) == (None, "5")
    attributes = row["attributes"]
    assert isinstance(attributes, dict)
    assert attributes["attempt"] == "third"
    assert attributes["data_inputs"] == "nonsense"
    content = store.blob(str(row["input_sha256"]))
    assert isinstance(content, dict)
    assert content["text"] == "broken ?"
    assert recorder.dropped == 0


def test_scores_are_rows_and_an_absent_value_stays_absent() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    recorder.score(run_id="r1", name="outcome", value=1.0, source="CODE")
    recorder.score(run_id="r1", name="judge", value=None, source="LLM", explanation="abstained")
    (row,) = store.sql("SELECT run_id, outcome, judge FROM scores_wide").records()
    assert row == {"run_id": "r1", "outcome": 1.0, "judge": None}


_STATEMENTS = (
    "COPY (SELECT 1) TO '{path}'",
    "WITH a AS (COPY spans TO '{path}') SELECT * FROM a",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "ATTACH '{path}' AS x",
    "SET enable_external_access = true",
    "SELECT 1; SELECT 2",
    "INSTALL httpfs",
    "SELECT * FROM nowhere",
    "SELECT getenv('HOME')",
    "",
)


@pytest.mark.parametrize("statement", _STATEMENTS)
def test_a_query_cannot_leave_its_database(statement: str, tmp_path: Path) -> None:
    path = tmp_path / "out"
    with pytest.raises(DataError) as caught:
        MemoryStore().sql(statement.format(path=path))
    assert caught.value.code == "trace.query"
    assert not path.exists()


def test_an_unknown_run_is_named() -> None:
    with pytest.raises(DataError, match="r9") as caught:
        MemoryStore().tree("r9")
    assert caught.value.code == "trace.unknown-run"


def test_the_beginning_of_a_run_id_is_enough_when_it_is_the_only_one() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    for name in ("alpha-1", "alpha-2", "beta-1"):
        with _run(recorder, name):
            pass
    assert store.tree("beta")[0].span["run_id"] == "beta-1"
    with pytest.raises(DataError, match="alpha-1, alpha-2"):
        store.tree("alpha")


def test_node_stats_roll_up_what_ran_inside() -> None:
    store = MemoryStore()
    recorder = Recorder(store)
    with _run(recorder):
        for attempt in (1, 2):
            with (
                recorder.node("plan", kind="llm", attempt=attempt),
                child("chat m", kind="chat") as chat,
            ):
                chat.set(input_tokens=10, output_tokens=2, cost_usd=0.5)
    (stats,) = store.sql("SELECT * FROM node_stats").records()
    assert (stats["n"], stats["retries"], stats["input_tokens"], stats["cost_usd"]) == (2, 1, 20, 1.0)
    assert store.list_runs(graph="g")[0]["cost_usd"] == 1.0
    assert store.list_runs(graph="other") == []


def test_what_a_killed_leg_began_and_a_later_one_did_again_is_not_counted_twice() -> None:
    """A killed leg has no root span. Its nodes count unless a later leg did them again; what was paid always counts."""
    store = MemoryStore()
    recorder = Recorder(store)
    copy_context().run(_killed_leg, recorder, "read", "plan")
    assert [(run["status"], run["unfinished_legs"]) for run in store.list_runs()] == [("unfinished", 1)]
    with _run(recorder), recorder.node("plan", kind="llm"), child("chat m", kind="chat") as chat:
        chat.set(cost_usd=0.5)
    stats = {row["node_name"]: row for row in store.sql("SELECT * FROM node_stats").records()}
    assert {name: (row["n"], row["aborted"]) for name, row in stats.items()} == {"read": (1, 0), "plan": (1, 1)}
    assert stats["plan"]["cost_usd"] == 1.0
    (run,) = store.list_runs()
    assert (run["status"], run["legs"], run["unfinished_legs"]) == ("done", 1, 1)


def _killed_leg(recorder: Recorder, *nodes: str) -> None:
    _run(recorder).__enter__()  # never ended: its row never reaches the store
    for name in nodes:
        with recorder.node(name, kind="llm"), child("chat m", kind="chat") as chat:
            chat.set(cost_usd=0.5)


Shape = list["Shape"]
_SHAPES = st.recursive(st.just([]), lambda inner: st.lists(inner, max_size=3), max_leaves=8)


@settings(max_examples=25, deadline=None)
@given(shape=_SHAPES)
def test_a_trace_is_one_well_formed_tree(shape: list[object]) -> None:
    store = MemoryStore()
    recorder = Recorder(store)

    def grow(children: list[object]) -> None:
        for below in children:
            with child("x", kind="tool"):
                assert isinstance(below, list)
                grow(below)

    with _run(recorder):
        grow(shape)
    rows = store.rows()
    ids = {str(row["span_id"]) for row in rows}
    assert len(ids) == len(rows)
    assert [row["span_id"] for row in rows if row.get("parent_span_id") not in ids] == [rows[-1]["span_id"]]
    (root,) = store.tree("r1")
    assert len(list(root.walk())) == len(rows)
    for node in root.walk():
        for below in node.children:
            assert int(str(below.span["start_time_unix_nano"])) >= int(str(node.span["start_time_unix_nano"]))


def test_no_thread_is_left_behind(tmp_path: Path) -> None:
    before = threading.active_count()
    recorder = Recorder(ParquetStore(tmp_path))
    with _run(recorder):
        pass
    recorder.close()
    assert threading.active_count() == before
