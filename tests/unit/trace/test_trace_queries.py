"""Queries read the files where they lie: only what they need, and nothing but the traces."""

from __future__ import annotations

from pathlib import Path

import pytest

from compound.errors import DataError
from compound.trace.columns import SPANS
from compound.trace.parquet import ParquetStore
from compound.trace.query.listing import RunFilter
from compound.trace.recorder import Recorder

DAY_NS = 86_400 * 10**9
HOUR_NS = 3_600 * 10**9


def _record(folder: Path, *names: str, graph: str = "answer", thread_id: str = "", fails: bool = False) -> None:
    recorder = Recorder(ParquetStore(folder, auto_compact=False))
    for name in names:
        with recorder.run(graph_name=graph, graph_hash="h", run_id=name, thread_id=thread_id or f"of-{name}") as root:
            with recorder.node("draft", kind="llm") as node:
                node.input({"run": name})
                node.set(cost_usd=0.5 if name.startswith("dear") else None)
            if fails:
                root.set(status_code="ERROR")
    recorder.close()


def _write(folder: Path, day: str, rows: str, name: str = "a") -> None:
    """Spans as an older or another program wrote them: a file with only these columns."""
    import duckdb

    target = folder / "spans" / f"date={day}" / f"{name}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM (VALUES {rows})) TO '{target}' (FORMAT parquet)")


@pytest.mark.parametrize(
    "statement",
    [
        "EXPLAIN ANALYZE COPY (SELECT 1 AS a) TO '{file}' (USE_TMP_FILE false)",
        "EXPLAIN (ANALYZE, FORMAT json) COPY (SELECT 1 AS a) TO '{file}' (USE_TMP_FILE false)",
        "explain /* x */ analyze COPY (SELECT 1 AS a) TO '{file}' (USE_TMP_FILE false)",
        "EXPLAIN ANALYZE /* x */ (COPY (SELECT 1 AS a) TO '{file}' (USE_TMP_FILE false))",
        "EXPLAIN EXPLAIN ANALYZE COPY (SELECT 1 AS a) TO '{file}' (USE_TMP_FILE false)",
        "COPY (SELECT 1 AS a) TO '{file}' (USE_TMP_FILE false)",
        "WITH x AS (COPY (SELECT 1 AS a) TO '{file}' (USE_TMP_FILE false)) SELECT * FROM spans",
        "EXPLAIN ANALYZE WITH x AS (COPY (SELECT 1 AS a) TO '{file}' (USE_TMP_FILE false)) SELECT 1",
        "WITH x AS (/* ' */ COPY (SELECT 1 AS a) TO '{file}' (USE_TMP_FILE false)) SELECT 1 -- '",
        "WITH x AS (COPY(SELECT E'\\'' AS a) TO '{file}' (USE_TMP_FILE false)) SELECT ''",
        "SELECT * FROM query('WITH x AS (CO' || 'PY (SELECT 1 AS a) TO ''{file}'' (USE_TMP_FILE false)) SELECT 1')",
        "ATTACH '{file}' AS other",
        "EXPORT DATABASE '{file}'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_text('/etc/passwd')",
    ],
)
def test_a_statement_changes_no_file_and_reads_no_other(tmp_path: Path, statement: str) -> None:
    _record(tmp_path, "r1")
    (file,) = (tmp_path / "spans").rglob("*.parquet")
    before = file.read_bytes()
    with pytest.raises(DataError) as caught:
        ParquetStore(tmp_path).sql(statement.format(file=file))
    assert caught.value.code == "trace.query"
    assert file.read_bytes() == before


def test_a_text_may_name_what_a_statement_may_not_do(tmp_path: Path) -> None:
    _record(tmp_path, "copy")
    found = ParquetStore(tmp_path).sql("SELECT DISTINCT run_id FROM spans WHERE run_id IN ('copy', 'it''s an export')")
    assert found.rows == (("copy",),)


def test_explain_shows_that_only_the_needed_columns_are_read(tmp_path: Path) -> None:
    _record(tmp_path, "r1")
    plan = ParquetStore(tmp_path).sql("EXPLAIN SELECT graph_name FROM spans WHERE date >= '2026-01-01'")
    assert "PARQUET" in str(plan.rows).upper()
    assert "output_sha256" not in str(plan.rows)
    analyzed = ParquetStore(tmp_path).sql("EXPLAIN ANALYZE SELECT count(*) FROM spans")
    assert analyzed.columns == ("explain_key", "explain_value")


def test_files_of_an_older_version_have_null_in_newer_columns(tmp_path: Path) -> None:
    _record(tmp_path, "r1")
    _write(tmp_path, "2020-01-01", "('old', 'r0', 7)) t(trace_id, run_id, extra")
    rows = ParquetStore(tmp_path).sql("SELECT * FROM spans WHERE run_id = 'r0'").records()
    assert list(rows[0]) == list(SPANS)
    assert {name: value for name, value in rows[0].items() if value is not None and name != "date"} == {
        "trace_id": "old",
        "run_id": "r0",
    }


def test_a_damaged_part_of_a_file_is_named(tmp_path: Path) -> None:
    _record(tmp_path, "r1", "r2", "r3")
    (file,) = (tmp_path / "spans").rglob("*.parquet")
    data = bytearray(file.read_bytes())
    data[8 : len(data) // 2] = bytes(len(data) // 2 - 8)
    file.write_bytes(data)
    with pytest.raises(DataError) as caught:
        ParquetStore(tmp_path).sql("SELECT * FROM spans")
    assert caught.value.code == "trace.unreadable"


def test_pages_follow_each_other_without_a_gap(tmp_path: Path) -> None:
    _record(tmp_path, *(f"r{number}" for number in range(7)))
    store = ParquetStore(tmp_path)
    seen: list[object] = []
    after = None
    for _ in range(4):
        page = store.runs(limit=2, after=after)
        seen += [row["run_id"] for row in page.rows]
        after = page.next
    assert seen == [f"r{number}" for number in reversed(range(7))]
    assert after is None
    assert [row["run_id"] for row in store.list_runs(limit=3)] == seen[:3]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (RunFilter(graph="triage"), ["t1"]),
        (RunFilter(status="failed"), ["f1"]),
        (RunFilter(status="paused"), []),
        (RunFilter(text="W48"), ["t1"]),
        (RunFilter(text="no such", run_ids=["r1"]), ["r1"]),
        (RunFilter(min_usd=0.5), ["dear1"]),
        (RunFilter(status="done", graph="answer"), ["dear1", "r1"]),
        (RunFilter(until=1), []),
    ],
)
def test_runs_are_found_by(tmp_path: Path, wanted: RunFilter, found: list[str]) -> None:
    _record(tmp_path, "r1", "dear1")
    _record(tmp_path, "f1", fails=True)
    _record(tmp_path, "t1", graph="triage", thread_id="#W4881966")
    store = ParquetStore(tmp_path)
    assert [row["run_id"] for row in store.runs(wanted).rows] == found
    if not wanted.status and not wanted.until:
        assert sum(store.run_counts(wanted).values()) == len(found)
    assert store.run_counts() == {"done": 3, "failed": 1}


def test_a_time_reads_only_files_of_its_days(tmp_path: Path) -> None:
    columns = "trace_id, leg_id, run_id, kind, status_code, start_time_unix_nano, end_time_unix_nano, attributes"
    start = 1_790_000_000 * 10**9  # 2026-09-21
    row = "('{0}', 'l{2}', 'run-{0}', 'workflow', 'OK', {1}, {1} + 5, '{3}'::JSON)"
    rows = row.format("new", start, 1, "{}"), row.format("waited", start, 2, '{"resumed": true}')
    _write(tmp_path, "2026-09-21", f"{', '.join(rows)}) t({columns}")
    _write(tmp_path, "2026-09-11", f"{row.format('waited', start - 10 * DAY_NS, 1, '{}')}) t({columns}")
    broken = tmp_path / "spans" / "date=2026-09-01" / "broken.parquet"
    broken.parent.mkdir()
    broken.write_bytes(b"nobody reads this")
    store = ParquetStore(tmp_path)
    recent = RunFilter(since=start - HOUR_NS)
    assert [row["run_id"] for row in store.runs(recent).rows] == ["run-new"]  # the other one began ten days before
    assert store.run_counts(recent) == {"done": 1}
    broken.unlink()
    waited = store.runs(RunFilter(until=start)).rows
    assert [(row["run_id"], row["legs"], row["wall_ms"]) for row in waited] == [
        ("run-waited", 2, 10 * DAY_NS / 1e6 + 5e-6)
    ]


def test_a_run_and_its_contents_are_found_by_hash(tmp_path: Path) -> None:
    _record(tmp_path, "r1", "r2")
    store = ParquetStore(tmp_path)
    spans = store.spans("r2")
    assert {span["run_id"] for span in spans} == {"r2"}
    keys = [str(span["input_sha256"]) for span in spans if span["input_sha256"]]
    assert list(store.contents([*keys, "absent"]).values()) == [{"run": "r2"}]
    assert store.contents([]) == {}
