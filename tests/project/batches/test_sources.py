"""`compound batch GRAPH --from SOURCE` for a graph that knows no tickets: every kind of source, every wrong row."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from compound.connector.lakehouse import write_table
from tests.project.batches.asking import Asking, lines

ROWS: list[dict[str, Any]] = [
    {"id": "q1", "question": "why", "count": 3, "tags": ["a", "b"]},
    {"id": "q2", "question": "how, then", "count": None, "tags": None},
]
EXPECTED = [
    {"id": "q1", "output": {"text": "why 3", "tags": ["a", "b"]}, "status": "done"},
    {"id": "q2", "output": {"text": "how, then", "tags": None}, "status": "done"},
]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    monkeypatch.chdir(tmp_path)
    return Asking(tmp_path)


def results(desk: Asking, name: str = "out.jsonl") -> list[dict[str, Any]]:
    return [{key: row[key] for key in ("id", "output", "status")} for row in lines(desk.root / name)]


def jsonl(desk: Asking) -> str:
    desk.write("q.jsonl", ROWS)
    return "q.jsonl"


def csv(desk: Asking) -> str:
    desk.put("q.csv", 'id,question,count,tags\nq1,why,3,"[""a"",""b""]"\nq2,"how, then",,\n')
    return "q.csv"


def excel(desk: Asking) -> str:
    desk.put("q.csv", '\ufeffid;question;count;tags\r\nq1;why;3;["a","b"]\r\nq2;how, then;;\r\n')
    return "q.csv"


def parquet(desk: Asking) -> str:
    with duckdb.connect() as db:
        db.execute(
            "COPY (SELECT * FROM (VALUES ('q1', 'why', 3, ['a', 'b']), ('q2', 'how, then', NULL, NULL)) "
            f"t(id, question, count, tags)) TO '{desk.root / 'q.parquet'}' (FORMAT parquet)"
        )
    return "q.parquet"


def delta(desk: Asking) -> str:
    write_table(desk.root / "tables", "questions", ROWS)
    return "tables/questions"


def sql(desk: Asking) -> str:
    write_table(desk.root / "lakehouse", "questions", ROWS)
    return "sql:SELECT id, question, count, tags FROM questions ORDER BY id"


@pytest.mark.parametrize("source", [jsonl, csv, excel, parquet, delta, sql])
def test_every_kind_of_source_is_the_same_batch(desk: Asking, source: Any) -> None:
    name = source(desk)
    assert desk.ask(name, "--to", "out.jsonl")["counts"] == {"done": 2}
    assert results(desk) == EXPECTED
    assert desk.ask(name, "--to", "out.jsonl")["ran"] == 0
    assert results(desk) == EXPECTED


def test_a_function_of_the_project_is_a_source(desk: Asking) -> None:
    desk.ask("tools.asking:rows", "--to", "out.jsonl")
    assert [(row["id"], row["output"]["text"]) for row in results(desk)] == [("p1", "first"), ("2", "second")]


def test_columns_of_the_context_reach_it(desk: Asking) -> None:
    desk.put("q.csv", "question,tenant\nwhy,north\nhow,\n")
    desk.ask("q.csv", "--to", "out.jsonl")
    assert [row["output"]["text"] for row in results(desk)] == ["why north", "how"]
    desk.put("r.csv", "question,tenant\nwhen,north\n")
    desk.ask("r.csv", "--context", "tenant=south", "--to", "r.jsonl")
    assert [row["output"]["text"] for row in results(desk, "r.jsonl")] == ["when south"]


def test_rows_without_an_id_keep_theirs_when_others_come_and_go(desk: Asking) -> None:
    desk.put("q.csv", "question\nwhy\nhow\nhow\n")
    desk.ask("q.csv", "--to", "out.jsonl")
    first = results(desk)
    assert [row["output"]["text"] for row in first] == ["why", "how", "how"]
    assert len({row["id"] for row in first}) == 3
    desk.put("q.csv", "question\nwhen\nhow\nhow\nwhy\n")
    assert desk.ask("q.csv", "--to", "out.jsonl")["ran"] == 1
    assert desk.ran() == ["how", "how", "when", "why"]


def test_dates_decimals_and_big_numbers_of_tables_are_values_of_json(desk: Asking) -> None:
    with duckdb.connect() as db:
        db.execute(
            "COPY (SELECT 'q' AS id, 'x' AS question, {'day': DATE '2026-01-02', 'sum': 1.50::DECIMAL(9, 2), "
            f"'blob': 'ab'::BLOB}} AS more) TO '{desk.root / 'q.parquet'}' (FORMAT parquet)"
        )
    desk.ask("q.parquet", "--to", "out.jsonl")
    day = datetime(2026, 1, 2, tzinfo=UTC).date().isoformat()
    assert results(desk)[0]["output"]["text"] == f"x {{'day': '{day}', 'sum': 1.5, 'blob': 'YWI='}}"


@pytest.mark.parametrize(
    ("name", "text", "place", "words"),
    [
        ("q.csv", "id,question,count\na,why,many\nb,how,1\n", "q.csv:2", "count: 'many' is not an int"),
        ("q.csv", "id,question\na,why,3\nb,how\n", "q.csv:2", "3 cells"),
        ("q.csv", 'id,question\na,"two\nlines"\nb\nc,how\n', "q.csv:4", "1 cell"),
        ("q.csv", "id,qestion,question\na,x,why\n", "q.csv:2", "did you mean 'question'"),
        ("q.jsonl", '{"id": "a", "question": 3}\n{"id": "b", "question": "how"}\n', "q.jsonl:1", "question: expected text"),
        ("q.jsonl", '{"id": "a", "question": \n{"id": "b", "question": "how"}\n', "q.jsonl:1", "is not JSON"),
        ("q.jsonl", '{"id": "b", "question": "how"}\n\n[1]\n', "q.jsonl:3", "not an object"),
        ("q.jsonl", '{"id": "b", "question": "how"}\n{"id": "a", "question": "x", "question": "y"}\n', "q.jsonl:2", "twice"),
        ("q.jsonl", '{"id": "b", "question": "how"}\n{"id": "a"}\n', "q.jsonl:2", "question: is missing"),
        ("q.jsonl", '{"id": "b", "question": "how"}\n{"id": "b", "question": "x"}\n', "q.jsonl:2", "'b'"),
        ("q.jsonl", '{"id": "b", "question": "how"}\n{"id": [1], "question": "x"}\n', "q.jsonl:2", "id"),
        ("q.jsonl", '{"id": "b", "question": "how"}\n{"id": "a", "question": "x", "tenant": 4}\n', "q.jsonl:2", "tenant"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_a_dead_letter_at_its_place(desk: Asking, name: str, text: str, place: str, words: str) -> None:
    desk.put(name, text)
    summary = desk.ask(name, "--to", "out.jsonl", code=3)
    letter = summary["dead"][0]
    assert f"{Path(letter['file']).name}:{letter['line']}" == place
    assert words in letter["what"]
    assert letter["fix"]
    assert "how" in desk.ran() or "qestion" in text or "many" in text or "3 cells" in words
    rows = results(desk)
    assert sum(row["status"] == "dead" for row in rows) == len(summary["dead"])
    assert sum(summary["counts"].values()) == len(rows)
    shown = desk.run("batch", "ask", "--from", name)
    assert place in shown.stderr
    assert words in shown.stderr


def test_a_wrong_row_that_is_corrected_is_run_and_its_old_result_goes(desk: Asking) -> None:
    desk.put("q.jsonl", '{"id": "a", "question": \n{"id": "b", "question": "how"}\n[]\n')
    desk.ask("q.jsonl", "--to", "out.jsonl", code=3)
    assert len(results(desk)) == 3
    desk.put(
        "q.jsonl", '{"id": "a", "question": "why"}\n{"id": "b", "question": "how"}\n{"id": "c", "question": "c"}\n'
    )
    desk.ask("q.jsonl", "--to", "out.jsonl")
    assert [(row["id"], row["status"]) for row in results(desk)] == [("a", "done"), ("b", "done"), ("c", "done")]


def test_a_run_that_fails_is_a_dead_letter_with_its_run(desk: Asking) -> None:
    desk.write("q.jsonl", [{"id": "a", "question": "bug"}, {"id": "b", "question": "how"}])
    desk.ask("q.jsonl", "--to", "out.jsonl", code=3)
    rows = lines(desk.root / "out.jsonl")
    assert [(row["status"], row["output"] is None, row["run"] is None) for row in rows] == [
        ("dead", True, False),
        ("done", False, False),
    ]


def test_ids_of_two_files_do_not_meet_but_the_same_row_is_not_answered_twice(desk: Asking) -> None:
    desk.put("a.csv", "id,question\n1,why\n2,how\n")
    desk.put("b.csv", "id,question\n1,when\n2,how\n")
    desk.ask("a.csv")
    assert desk.ask("b.csv", "--to", "b.jsonl")["counts"] == {"done": 2}
    assert desk.ran() == ["how", "when", "why"]
    assert [row["output"]["text"] for row in results(desk, "b.jsonl")] == ["when", "how"]
    assert desk.ask("b.csv", "--again")["ran"] == 2


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere.csv", "nowhere.csv"),
        ("q.xlsx", ".jsonl"),
        ("empty", "empty"),
        ("sql:SELECT nothing FROM questions", "nothing"),
        ("sql:DROP TABLE questions", "SELECT"),
        ("tools.asking:missing", "missing"),
        ("tools.asking:number", "int"),
        ("tools.asking:breaks", "the source broke"),
        ("twice.csv", "question"),
        ("broken.parquet", "broken.parquet"),
        ("desk", "--from"),
    ],
)
def test_a_source_that_cannot_be_read_is_said_at_once(desk: Asking, source: str, words: str) -> None:
    write_table(desk.root / "lakehouse", "questions", ROWS)
    (desk.root / "empty").mkdir()
    desk.put("q.xlsx", "x")
    desk.put("twice.csv", "question,question\na,b\n")
    desk.put("broken.parquet", "no parquet")
    done = desk.run("batch", "ask", "--from", source)
    assert done.exit_code in (1, 2)
    assert words in done.stderr
    assert "fix:" in done.stderr
    assert desk.ran() == []
