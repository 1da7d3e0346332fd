"""Content of runs is taken out of stored traces, then their spans; what others need stays, and writers may go on."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from compound.trace.parquet import ParquetStore
from compound.trace.payload import SEEN_S, Seen  # pyright: ignore[reportPrivateUsage]
from compound.trace.recorder import Recorder

DAY = 86_400.0
LATER = 10_000_000_000.0


def record(store: ParquetStore, run_id: str, texts: Sequence[str]) -> None:
    """A run of one node for each text, written by a process of its own."""
    recorder = Recorder(store)
    with recorder.run(graph_name="g", graph_hash="h", run_id=run_id, thread_id="t"):
        for text in texts:
            with recorder.node(f"n-{text}", kind="tool") as span:
                span.input({"text": text})
                span.set(note=f"said {text}", rounds=2)
    recorder.flush()


def contents(store: ParquetStore) -> set[str]:
    return {str(row[0]) for row in store.sql("select content from blobs where content is not null").rows}


def test_only_hashes_sizes_and_plain_facts_stay(tmp_path: Path) -> None:
    store = ParquetStore(tmp_path)
    record(store, "a", ["secret"])
    before = store.sql("select span_id, input_sha256, bytes from spans order by 1").rows
    cuts = store.prune(emptied=["a"], dropped=[], now=LATER)
    assert (cuts.blobs, cuts.spans_emptied, cuts.spans) == (1, 2, 0)
    assert store.sql("select span_id, input_sha256, bytes from spans order by 1").rows == before
    node = next(span for span in store.spans("a") if span["kind"] == "node")
    assert node["attributes"] == {"rounds": 2, "pruned_at": LATER}
    assert contents(store) == set()
    assert [one.is_emptied for one in store.ages()] == [True]


def test_what_was_stored_lately_stays_for_spans_that_nobody_sees_yet(tmp_path: Path) -> None:
    store = ParquetStore(tmp_path)
    record(store, "a", ["shared"])
    began = store.ages()[0].ended_at
    store.prune(emptied=["a"], dropped=[], now=began + 60)
    record(store, "b", ["other"])  # its recorder knows `shared` as little as any other process does
    assert any("shared" in one for one in contents(store))


def test_a_process_stores_a_text_again_after_a_while() -> None:
    now = [0.0]
    seen = Seen(clock=lambda: now[0])
    assert seen.add("a")
    now[0] = SEEN_S - 1
    assert not seen.add("a")
    now[0] = SEEN_S
    assert seen.add("a")
    assert not seen.add("a")


def test_a_text_that_comes_again_after_its_removal_is_found_again(tmp_path: Path) -> None:
    store = ParquetStore(tmp_path)
    record(store, "a", ["again"])
    store.prune(emptied=["a"], dropped=[], now=LATER)
    record(store, "b", ["again"])
    assert any("again" in one for one in contents(store))
    store.compact()
    assert any("again" in one for one in contents(store))


runs = st.dictionaries(
    st.sampled_from("abcdef"), st.lists(st.sampled_from("uvwxyz"), min_size=1, max_size=3), min_size=1
)


@settings(max_examples=15, deadline=None)
@given(runs=runs, fates=st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["emptied", "dropped"])))
def test_what_a_kept_run_needs_is_never_removed(runs: dict[str, list[str]], fates: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = ParquetStore(folder)
        for run_id, texts in runs.items():
            record(store, run_id, texts)
        kept = {run_id: store.spans(run_id) for run_id in runs if run_id not in fates}
        emptied = [run_id for run_id, fate in fates.items() if fate == "emptied"]
        dropped = [run_id for run_id, fate in fates.items() if fate == "dropped"]
        store.prune(emptied=emptied, dropped=dropped, now=LATER)
        assert {run_id: store.spans(run_id) for run_id in kept} == kept
        needed = {text for run_id in kept for text in runs[run_id]}
        assert contents(store) == {f'{{"text":"{text}"}}' for text in needed}
        assert {one.run_id for one in store.ages()} == set(runs) - set(dropped)
        again = store.prune(emptied=emptied, dropped=dropped, now=LATER)
        assert (again.blobs, again.spans_emptied, again.spans, again.scores) == (0, 0, 0, 0)
