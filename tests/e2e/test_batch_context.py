"""Graphs with a context are run and batched: one for all tickets, or column by column of the source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.desks.reply_desk import GRAPH, TOOLS, ReplyDesk, ticket

CONTEXT = GRAPH.replace("output:", "context: {tenant: str, limit: int?}\noutput:").replace(
    "use: tool, tool: think, in: {ticket: $input.ticket}",
    "use: tool, tool: greet, in: {ticket: $input.ticket, tenant: $context.tenant, limit: $context.limit}",
)
GREET = '''

@tool
def greet(ticket: dict[str, JsonValue], tenant: str, limit: int | None) -> str:
    """Answer for a tenant."""
    return f"{tenant} {limit}: {ticket['body']}"
'''


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReplyDesk:
    monkeypatch.chdir(tmp_path)
    return ReplyDesk(tmp_path, files={"graphs/main.yaml": CONTEXT, "tools/voice.py": TOOLS + GREET})


def texts(desk: ReplyDesk) -> dict[str | None, str]:
    return {one.item_id: one.text for one in desk.replies()}


@pytest.mark.parametrize(
    "given", [("tenant=north", "limit=3"), ('{"tenant": "north", "limit": 3}',), ("@context.json",)]
)
def test_one_context_for_a_run_and_for_all_tickets(desk: ReplyDesk, given: tuple[str, ...]) -> None:
    (desk.root / "context.json").write_text('{"tenant": "north", "limit": 3}')
    options = [part for one in given for part in ("--context", one)]
    done = desk.run("run", "main", "--item", json.dumps(ticket("r1", "hi")), *options)
    assert done.exit_code == 0, done.stderr
    desk.write("x.jsonl", [ticket("t1", "hello"), ticket("t2", "bye")])
    assert desk.batch("--from", "x.jsonl", *options)["counts"] == {"done": 2}
    assert texts(desk) == {"r1": "north 3: hi", "t1": "north 3: hello", "t2": "north 3: bye"}


def test_columns_of_the_source_say_what_the_command_leaves_out(desk: ReplyDesk) -> None:
    desk.write(
        "x.jsonl",
        [ticket("t1", tenant="north"), ticket("t2", tenant="south", limit=5), ticket("t3", tenant="east", limit=None)],
    )
    assert desk.batch("--from", "x.jsonl")["counts"] == {"done": 3}
    assert texts(desk) == {"t1": "north None: hello", "t2": "south 5: hello", "t3": "east None: hello"}
    desk.write("y.jsonl", [ticket("u1", tenant="north")])
    desk.batch("--from", "y.jsonl", "--context", "tenant=west")
    assert texts(desk)["u1"] == "west None: hello"


def test_a_row_with_another_context_is_another_content(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket("t1", tenant="north")])
    desk.batch("--from", "x.jsonl")
    desk.write("x.jsonl", [ticket("t1", tenant="south")])
    assert desk.batch("--from", "x.jsonl")["changed_items"] == ["t1"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "the context does not fit the graph main: "),
        (("--context", "limit=3"), "tenant: is missing"),
        (("--context", "tenant=n", "--context", "limit=x"), "is not JSON"),
        (("--context", "tenannt=n"), "did you mean 'tenant'?"),
        (("--context", "tenant=n", "--context", 'limit="x"'), "the context does not fit the graph main: "),
    ],
)
def test_a_context_that_does_not_fit_is_said_before_anything_runs(
    desk: ReplyDesk, options: tuple[str, ...], words: str
) -> None:
    desk.write("x.jsonl", [ticket("t1"), ticket("t2")])
    for command in (("batch", "--from", "x.jsonl"), ("run", "main", "--text", "hi")):
        refused = desk.run(*command, *options)
        assert refused.exit_code == 1
        assert words in refused.stderr
    assert desk.ledger() == {}
    assert desk.batch("--from", "x.jsonl", "--context", "tenant=north")["counts"] == {"done": 2}


def test_another_context_for_the_same_batch_is_asked_about(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket("t1")])
    desk.batch("--from", "x.jsonl", "--context", "tenant=north")
    desk.write("x.jsonl", [ticket("t1"), ticket("t2")])
    refused = desk.run("batch", "--from", "x.jsonl", "--context", "tenant=south")
    assert refused.exit_code == 2
    assert "this batch was started with another context: tenant [batch.context-changed]" in refused.stderr
    desk.batch("--from", "x.jsonl", "--context", "tenant=south", "--accept-changes")
    assert texts(desk) == {"t1": "north None: hello", "t2": "south None: hello"}


POLICY = "compound: policy/v1\nname: short\neffects: {}\nretention: {content: 30d, traces: 60d}\n"


def test_what_is_kept_too_long_goes_at_the_end_of_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    graph = GRAPH.replace("name: main\n", "name: main\npolicy: short\n")
    policy = POLICY.replace("effects: {}", "effects: {say: {automatic: true}}")
    desk = ReplyDesk(tmp_path, files={"graphs/main.yaml": graph, "graphs/policies/short.yaml": policy})
    desk.write("x.jsonl", [ticket("t1", "the old letter")])
    desk.batch("--from", "x.jsonl")
    project = desk.open()
    with project.resources.state.write() as db:
        for table, column in (("run", "updated_at"), ("run", "created_at"), ("outbox", "updated_at")):
            db.exec_driver_sql(f"update {table} set {column} = {column} - 31 * 86400.0")
        db.exec_driver_sql("update outbox set sent_at = sent_at - 31 * 86400.0")
        db.exec_driver_sql("update batch_item set finished_at = finished_at - 31 * 86400.0")
        db.exec_driver_sql("update call set created_at = created_at - 31 * 86400.0")
    project.close()
    for file in (tmp_path / ".compound").rglob("traces/**/*.parquet"):
        file.unlink()
    desk.write("y.jsonl", [ticket("t2", "the new letter")])
    desk.batch("--from", "y.jsonl")
    project = desk.open()
    with project.resources.state.read() as db:
        rows = str([tuple(row) for row in db.exec_driver_sql("select * from run").all()])
        told = [row.event for row in db.exec_driver_sql("select event from audit").all()]
    project.close()
    assert "the old letter" not in rows
    assert "the new letter" in rows
    assert "retention.applied" in told
    again = desk.batch("--from", str(desk.write("z.jsonl", [ticket("t1", "the old letter")])))
    assert (again["ran"], again["answered_before"]) == (0, 1)
