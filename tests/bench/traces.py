"""What it costs to ask the traces of a store with a million spans; beside DuckDB alone on the same Parquet files.

The peer opens a database, reads the files with `read_parquet` and knows which columns it needs; it publishes no spools,
closes no door to other files and has no views. Both run in this process, in turn.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench._rows import Bar, Pair, Row, at_most, in_turn, reported

ROUNDS = 5
RUNS, SPANS = 100_000, 10
START_NS = 1_790_000_000 * 10**9
ANY = Bar(
    3, "private database, views and the doors that are closed cost at most twice what DuckDB needs for a million spans"
)
ONE = Bar(2, "one run of a hundred thousand is found by its id: nothing else is read")
NEWEST = Bar(3, "a page of the list has 23 columns of 50 runs; DuckDB alone only finds which runs they are")
KNOWN = {
    "trace_id": "md5('trace' || run)",
    "leg_id": "md5('leg' || run)[:16]",
    "span_id": "md5(run || '-' || n)[:16]",
    "parent_span_id": "CASE WHEN n > 0 THEN md5(run || '-0')[:16] END",
    "name": "CASE n WHEN 0 THEN 'invoke_workflow answer' ELSE 'node n' || n END",
    "kind": "CASE n WHEN 0 THEN 'workflow' WHEN 5 THEN 'chat' ELSE 'node' END",
    "start_time_unix_nano": f"{START_NS} + run * 700_000_000 + n * 1_000_000",
    "end_time_unix_nano": f"{START_NS} + run * 700_000_000 + n * 1_000_000 + 900_000",
    "service_name": "'bench'",
    "status_code": "CASE WHEN run % 97 = 0 AND n = 0 THEN 'ERROR' ELSE 'OK' END",
    "graph_name": "CASE WHEN run % 3 = 0 THEN 'triage' ELSE 'answer' END",
    "graph_hash": "md5('graph')",
    "node_name": "CASE WHEN n NOT IN (0, 5) THEN 'n' || n END",
    "node_kind": "CASE WHEN n NOT IN (0, 5) THEN 'tool' END",
    "run_id": "md5('run' || run)",
    "thread_id": "'item-' || run",
    "input_tokens": "CASE n WHEN 5 THEN 500 + run % 100 END",
    "cost_usd": "CASE n WHEN 5 THEN 0.0012 END",
    "input_sha256": "CASE WHEN n <> 5 THEN md5('i' || run || n) || md5('j' || run || n) END",
    "output_sha256": "CASE WHEN n <> 5 THEN md5('o' || run || n) || md5('p' || run || n) END",
    "attributes": "CASE WHEN n = 0 AND run % 11 = 0 THEN '{\"paused\": \"review\"}' ELSE '{}' END",
}
AVERAGE = "SELECT graph_name, count(*), avg(end_time_unix_nano - start_time_unix_nano) FROM {} GROUP BY 1"
FIRST = "SELECT trace_id, min(start_time_unix_nano) AS began FROM {} GROUP BY 1 ORDER BY 2 DESC LIMIT 50"


def rows() -> list[Row]:
    """CPU of a query over all spans, of one run, and of the newest runs."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        return judged(*measure(Path(folder)))


def judged(average: Pair, one: Pair, newest: Pair) -> list[Row]:
    """The figures against their bars."""
    out: list[Row] = []
    for title, pair, bar in (
        ("a query over a million spans", average, ANY),
        ("the spans of one run", one, ONE),
        ("the newest 50 runs", newest, NEWEST),
    ):
        out += [
            reported(f"traces: {title}", statistics.median(pair.ours) * 1e3, "ms of CPU"),
            reported(f"{title}, DuckDB alone", statistics.median(pair.theirs) * 1e3, "ms of CPU"),
            at_most(f"traces: {title} / DuckDB alone", pair.ratio, bar),
        ]
    return out


def fill(folder: Path, runs: int = RUNS) -> None:
    """A day's spans, in one file as a compaction leaves it."""
    import duckdb

    from compound.trace.columns import TABLES
    from compound.trace.compact import write
    from compound.trace.parquet import ROW_GROUP_ROWS

    columns = ", ".join(f'({KNOWN.get(name, "NULL")})::{kind} AS "{name}"' for name, kind in TABLES["spans"].items())
    query = f"SELECT {columns} FROM range({runs}) r(run), range({SPANS}) s(n)"
    with duckdb.connect() as connection:
        write(connection, query, "spans", folder / "spans" / "date=2026-09-21" / "m-1.parquet", ROW_GROUP_ROWS)


def measure(folder: Path, rounds: int = ROUNDS) -> tuple[Pair, Pair, Pair]:
    """Seconds of CPU of each question, both sides."""
    import duckdb

    from compound.trace.parquet import ParquetStore

    store = ParquetStore(folder)
    files = f"read_parquet('{folder}/spans/*/*.parquet')"

    def alone(query: str) -> Callable[[], float]:
        def ask() -> None:
            with duckdb.connect() as connection:
                assert connection.execute(query).fetchall()

        return lambda: cpu(ask)

    newest = store.list_runs(limit=1)[0]
    trace_id, run_id = str(newest["trace_id"]), str(newest["run_id"])
    found = store.spans(trace_id)
    assert len(found) == SPANS
    assert {span["run_id"] for span in found} == {run_id}
    return (
        in_turn(lambda: cpu(lambda: store.sql(AVERAGE.format("spans"))), alone(AVERAGE.format(files)), rounds),
        in_turn(
            lambda: cpu(lambda: store.spans(trace_id)),
            alone(f"SELECT * FROM {files} WHERE trace_id = '{trace_id}'"),
            rounds,
        ),
        in_turn(lambda: cpu(lambda: store.runs(limit=50)), alone(FIRST.format(files)), rounds),
    )


def cpu(do: Callable[[], object]) -> float:
    """Seconds of CPU of all threads."""
    begin = time.process_time()
    do()
    return time.process_time() - begin
