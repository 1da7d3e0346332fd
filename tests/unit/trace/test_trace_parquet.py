from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from compound.errors import DataError
from compound.trace.active import child
from compound.trace.otel import OtelExport
from compound.trace.parquet import ParquetStore
from compound.trace.recorder import Recorder

ROOT = Path(__file__).resolve().parents[3]

WRITER = """
import os, sys, time
from compound.trace.parquet import ParquetStore
from compound.trace.recorder import Recorder
recorder = Recorder(ParquetStore(sys.argv[1]))
for n in range(40):
    with recorder.run(graph_name="g", graph_hash="h", run_id=f"killed-{n}", thread_id="t"):
        with recorder.node("a", kind="tool") as node:
            node.input({"n": n})
time.sleep(0.6)
print("ready", flush=True)
time.sleep(60)
"""


def _record(folder: Path, runs: int, *, prefix: str = "r") -> None:
    recorder = Recorder(ParquetStore(folder, auto_compact=False))
    for n in range(runs):
        run = recorder.run(graph_name="g", graph_hash="h", run_id=f"{prefix}{n}", thread_id="t")
        with run, recorder.node("orders", kind="sql", sql_rows=n) as node:
            node.set(data_inputs=[{"uri": "orders", "format": "delta", "version": n, "snapshot_ts": "x"}])
            node.input({"same": True})
    recorder.close()
    assert recorder.dropped == 0


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.parquet") if not path.name.startswith("."))


def test_a_process_that_stays_shows_its_rows_at_once_and_writes_files_later(tmp_path: Path) -> None:
    store = ParquetStore(tmp_path)
    recorder = Recorder(store)
    recorder.stay()
    with recorder.run(graph_name="g", graph_hash="h", run_id="r1", thread_id="t"):
        pass
    recorder.flush()
    assert _files(tmp_path) == []
    assert [row["run_id"] for row in store.spans("r1")] == ["r1"]
    with recorder.run(graph_name="g", graph_hash="h", run_id="r2", thread_id="t"):
        pass
    recorder.flush()
    assert ParquetStore(tmp_path).spans("r2") == []
    recorder.close()
    assert [row["run_id"] for row in ParquetStore(tmp_path).spans("r2")] == ["r2"]


def test_the_query_of_the_readme(tmp_path: Path) -> None:
    _record(tmp_path, 3)
    answer = ParquetStore(tmp_path).sql(
        "select node_name, count(*), avg(end_time_unix_nano - start_time_unix_nano)/1e6 as ms from spans group by 1"
    )
    assert answer.columns == ("node_name", "count_star()", "ms")
    assert {row[0]: row[1] for row in answer.rows} == {None: 3, "orders": 3}
    versions = ParquetStore(tmp_path).sql(
        "select data_inputs[1].version v from spans where node_kind = 'sql' order by v"
    )
    assert versions.rows == ((0,), (1,), (2,))


def test_files_are_zstd_by_day_and_nothing_else_is_left(tmp_path: Path) -> None:
    import duckdb

    _record(tmp_path, 2)
    files = _files(tmp_path)
    assert [path.parts[-3] for path in files] == ["blobs", "spans"]
    assert all(path.parent.name.startswith("date=20") for path in files)
    with duckdb.connect() as connection:
        codecs = connection.execute("SELECT DISTINCT compression FROM parquet_metadata(?)", [str(files[1])]).fetchall()
    assert codecs == [("ZSTD",)]
    assert list((tmp_path / ".spool").iterdir()) == []


def test_several_writers_and_compaction_lose_and_double_nothing(tmp_path: Path) -> None:
    for n in range(4):
        _record(tmp_path, 2, prefix=f"w{n}-")
    store = ParquetStore(tmp_path)
    before = store.sql("SELECT count(*), count(DISTINCT span_id) FROM spans").rows
    assert before == ((16, 16),)
    assert store.sql("SELECT count(*) FROM blobs").rows == ((1,),)
    assert store.compact() == 6
    assert len(_files(tmp_path)) == 2
    assert store.sql("SELECT count(*), count(DISTINCT span_id) FROM spans").rows == before
    assert store.compact() == 0
    assert ParquetStore(tmp_path / "absent").compact() == 0


def test_a_merge_that_died_before_deleting_doubles_nothing(tmp_path: Path) -> None:
    _record(tmp_path, 2, prefix="a")
    (old,) = [path for path in _files(tmp_path) if "spans" in str(path)]
    kept = old.read_bytes()
    _record(tmp_path, 1, prefix="b")
    store = ParquetStore(tmp_path)
    names = [path.name for path in _files(tmp_path) if "spans" in str(path)]
    store.compact()
    (merged,) = [path for path in _files(tmp_path) if "spans" in str(path)]
    old.write_bytes(kept)
    note = merged.with_name(f"{merged.stem}.replaces.json")
    note.write_text(json.dumps(names))
    assert store.sql("SELECT count(*) FROM spans").rows == ((6,),)
    store.compact()
    assert store.sql("SELECT count(*) FROM spans").rows == ((6,),)
    assert not old.exists()
    assert not note.exists()


def test_a_merge_that_died_before_renaming_loses_nothing(tmp_path: Path) -> None:
    _record(tmp_path, 2, prefix="a")
    (old,) = [path for path in _files(tmp_path) if "spans" in str(path)]
    old.with_name("m-dead.replaces.json").write_text(json.dumps([old.name]))
    old.with_name("broken.replaces.json").write_text("[")
    old.with_name(".m-dead.parquet.123456.tmp").write_bytes(b"PAR1half")
    store = ParquetStore(tmp_path)
    assert store.sql("SELECT count(*) FROM spans").rows == ((4,),)
    store.compact()
    assert store.sql("SELECT count(*) FROM spans").rows == ((4,),)


def test_a_killed_writer_loses_nothing_that_it_spooled(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    spools = sorted((tmp_path / ".spool").glob("*.spans.ndjson"))
    assert len(spools) == 1
    with spools[0].open("ab") as file:
        file.write(b'{"trace_id": "half')
    store = ParquetStore(tmp_path)
    assert store.sql("SELECT count(*), count(DISTINCT run_id) FROM spans").rows == ((80, 40),)
    assert store.sql("SELECT count(*) FROM blobs").rows == ((40,),)
    assert list((tmp_path / ".spool").iterdir()) == []


def test_an_empty_folder_answers_with_nothing(tmp_path: Path) -> None:
    store = ParquetStore(tmp_path / "none")
    assert store.list_runs() == []
    assert store.sql("SELECT count(*) FROM scores_wide").rows == ((0,),)
    assert not (tmp_path / "none").exists()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    _record(tmp_path, 1)
    broken = next(path for path in _files(tmp_path) if "spans" in str(path)).with_name("broken.parquet")
    broken.write_bytes(b"not parquet at all")
    with pytest.raises(DataError, match=r"broken\.parquet") as caught:
        ParquetStore(tmp_path).sql("SELECT count(*) FROM spans")
    assert caught.value.code == "trace.unreadable"


def test_spans_leave_for_opentelemetry_under_conventional_names(tmp_path: Path) -> None:
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from opentelemetry.trace import StatusCode

    exporter = InMemorySpanExporter()
    recorder = Recorder(ParquetStore(tmp_path), exporters=[OtelExport(exporter)])
    run = recorder.run(graph_name="g", graph_hash="h", run_id="r", thread_id="t")
    with run, pytest.raises(ValueError, match="x"), child("chat m", kind="chat", input_tokens=3):
        raise ValueError("x")
    recorder.flush()
    chat, root = exporter.get_finished_spans()
    recorder.close()
    assert chat.parent is not None
    assert root.context is not None
    assert chat.parent.span_id == root.context.span_id
    assert chat.status.status_code is StatusCode.ERROR
    assert chat.attributes is not None
    assert chat.attributes["gen_ai.usage.input_tokens"] == 3
    assert chat.attributes["error.type"] == "ValueError"
    assert chat.attributes["gen_ai.conversation.id"] == "t"
