"""`compound batch --to FILE`: one row for each row of the source, the same call again changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable, QueryBuilder

from tests.project.batches.asking import Asking, lines


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    monkeypatch.chdir(tmp_path)
    return Asking(tmp_path)


def read(path: Path) -> list[tuple[Any, ...]]:
    """Id, text and status, in the file's order."""
    import json

    if path.suffix == ".jsonl":
        rows = [(row["id"], row["output"], row["status"], row["run"]) for row in lines(path)]
    elif path.suffix == ".parquet":
        with duckdb.connect() as db:
            rows = db.execute("SELECT id, output, status, run FROM read_parquet(?)", [str(path)]).fetchall()
        rows = [(key, json.loads(output) if output else None, status, run) for key, output, status, run in rows]
    else:
        table = QueryBuilder().register("t", DeltaTable(path)).execute("select id, output, status, run from t")
        rows = []
        for batch in table:
            for key, output, status, run in zip(*batch.columns, strict=True):
                text = output.as_py()
                rows.append((key.as_py(), json.loads(text) if text else None, status.as_py(), run.as_py()))
    assert all(run is None or len(run) == 32 for *_, run in rows)
    return [(key, output and output["text"], status) for key, output, status, _ in rows]


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet", "out"])
def test_the_same_call_again_neither_doubles_nor_loses_rows(desk: Asking, name: str) -> None:
    desk.put("q.csv", "id,question,count\n1,why,\n2,bug,\n3,how,many\n")
    path = desk.root / name
    for _ in range(2):
        desk.ask("q.csv", "--to", name, code=3)
        assert read(path) == [("1", "why", "done"), ("2", None, "dead"), ("3", None, "dead")]
    version = DeltaTable(path).version() if path.is_dir() else None
    desk.ask("q.csv", "--to", name, code=3)
    assert (DeltaTable(path).version() if path.is_dir() else None) == version
    desk.put("q.csv", "id,question,count\n1,why,\n2,when,\n3,how,7\n4,new,\n")
    desk.ask("q.csv", "--to", name)
    assert read(path) == [("1", "why", "done"), ("2", "when", "done"), ("3", "how 7", "done"), ("4", "new", "done")]


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet", "out"])
def test_two_sources_share_a_file_of_results(desk: Asking, name: str) -> None:
    desk.put("a.csv", "id,question\na1,why\n")
    desk.put("b.csv", "id,question\nb1,how\n")
    for source in ("a.csv", "b.csv", "a.csv"):
        desk.ask(source, "--to", name)
    assert sorted(read(desk.root / name)) == [("a1", "why", "done"), ("b1", "how", "done")]


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet", "out"])
def test_only_the_first_rows_do_not_take_away_what_was_written(desk: Asking, name: str) -> None:
    desk.put("q.csv", "id,question\n1,why\n2,how\n")
    desk.ask("q.csv", "--limit", "1", "--to", name)
    assert read(desk.root / name) == [("1", "why", "done")]
    desk.ask("q.csv", "--to", name)
    desk.ask("q.csv", "--limit", "1", "--to", name)
    assert read(desk.root / name) == [("1", "why", "done"), ("2", "how", "done")]


def test_a_batch_that_ran_before_writes_its_results_when_it_is_asked_for_them(desk: Asking) -> None:
    desk.put("q.csv", "id,question\n1,why\n")
    desk.ask("q.csv")
    assert desk.ask("q.csv", "--to", "out.jsonl")["ran"] == 0
    assert read(desk.root / "out.jsonl") == [("1", "why", "done")]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("out.csv", ".jsonl"),
        ("q.jsonl", "q.jsonl"),
        ("notes.jsonl", "notes.jsonl"),
        ("folder", "folder"),
        ("ran.jsonl/out.jsonl", "ran.jsonl"),
    ],
)
def test_what_is_no_place_for_results_is_said_before_anything_runs(desk: Asking, target: str, words: str) -> None:
    desk.write("q.jsonl", [{"id": "1", "question": "why"}])
    desk.put("notes.jsonl", '{"note": "mine"}\n')
    desk.put("ran.jsonl", "")
    desk.put("folder/mine.txt", "mine")
    done = desk.run("batch", "ask", "--from", "q.jsonl", "--to", target)
    assert done.exit_code in (1, 2)
    assert words in done.stderr
    assert "fix:" in done.stderr
    assert desk.ran() == []
    assert (desk.root / "notes.jsonl").read_text() == '{"note": "mine"}\n'


def test_from_python(desk: Asking) -> None:
    from compound.batch import BatchOptions

    desk.put("q.csv", "id,question\n1,why\n")
    project = desk.open()
    try:
        summary = project.batch("ask", "q.csv", BatchOptions(), to=desk.root / "out.jsonl")
    finally:
        project.close()
    assert summary.results == str(desk.root / "out.jsonl")
    assert read(desk.root / "out.jsonl") == [("1", "why", "done")]
