"""What a run says when its files or its models let it down."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compound.connector.state import StateStore
from compound.errors import ConnectorError
from compound.graph import Engine
from compound.graph.store.saver import CheckpointFile
from compound.spec import load_graph
from compound.testing.fakes import FakeServices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

GRAPH = """\
compound: graph/v1
name: g
input: {text: str}
output: {action: $review.action}
nodes:
  draft: {use: llm, model: writer, prompt: "say {{ text }}", in: {text: $input.text}, out: {text: str}}
  look: {use: tool, tool: look, in: {draft: $draft}}
  review: {use: review, show: [$draft, $look]}
"""


def services(look: object = None) -> FakeServices:
    def tool(given: Mapping[str, JsonValue]) -> JsonValue:
        if isinstance(look, Exception):
            raise look
        return "looked"

    return FakeServices({"look": tool}, models={"writer": lambda given: {"txt": 1}})


def test_a_person_is_told_which_model_gave_no_usable_answer_and_why(tmp_path: Path) -> None:
    world, state = services(), StateStore.open(tmp_path / "state.db")

    async def play(run_id: str) -> None:
        async with Engine(load_graph(GRAPH, "g.yaml"), world, None, state, tmp_path / "c.db") as engine:
            await engine.run({"text": "x"}, run_id=run_id)

    asyncio.run(play("r"))
    (request,) = world.fake_reviews.requests.values()
    (remark,) = request.remarks
    assert remark.startswith("node draft gave no value: ")
    assert "'text' is missing" in remark or "text" in remark
    state.close()


def test_a_node_that_fails_on_such_a_null_names_the_model_s_node(tmp_path: Path) -> None:
    world = services(ValueError("draft is no record"))

    async def play() -> str:
        async with Engine(load_graph(GRAPH, "g.yaml"), world, None, None, tmp_path / "c.db") as engine:
            result = await engine.run({"text": "x"}, run_id="r")
            assert result.error is not None
            return result.error.what

    what = asyncio.run(play())
    assert "node look: ValueError: draft is no record; node draft gave no value: " in what


def test_a_checkpoint_file_that_another_process_holds_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    saver = CheckpointFile.open(path, wait_s=0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ConnectorError) as locked:
            saver.delete_thread("t")
    saver.close()
    assert locked.value.code == "checkpoint.locked"
    assert f"the checkpoint file {path} is locked by another process" in locked.value.what


def test_a_write_that_fails_in_its_middle_is_taken_back_whole(tmp_path: Path) -> None:
    saver = CheckpointFile.open(tmp_path / "c.db")
    with saver.cursor() as cursor:
        cursor.execute("INSERT INTO checkpoints (thread_id, checkpoint_id) VALUES ('t', '1')")

    def half() -> None:
        with saver.cursor() as cursor:
            cursor.execute("DELETE FROM checkpoints")
            cursor.execute("DELETE FROM no_such_table")

    with pytest.raises(ConnectorError, match=r"c\.db failed"):
        half()
    with saver.cursor(transaction=False) as cursor:
        assert cursor.execute("SELECT count(*) FROM checkpoints").fetchone() == (1,)
    saver.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConnectorError, match="cannot make the folder of") as refused:
        CheckpointFile.open(tmp_path / "file" / "c.db")
    assert refused.value.code == "checkpoint.cannot-open"


@pytest.mark.parametrize("code", ["state.disk-full", "mailbox.disk-full", "records.locked"])
@pytest.mark.parametrize("is_step_stored", [True, False], ids=["step", "result"])
def test_a_failure_that_a_checkpoint_still_holds_is_tried_again(
    tmp_path: Path, code: str, is_step_stored: bool
) -> None:
    """The process ended when the failed node was in the checkpoint, and the table of runs had not noted the end."""
    trouble = ConnectorError(code, "no room")
    state = StateStore.open(tmp_path / "state.db")

    async def play(world: FakeServices) -> str:
        async with Engine(load_graph(GRAPH, "g.yaml"), world, None, state, tmp_path / "c.db") as engine:
            return (await engine.run({"text": "x"}, run_id="r")).status

    assert asyncio.run(play(services(trouble))) == "failed"
    with closing(sqlite3.connect(tmp_path / "state.db")) as db, db:
        db.execute("update run set status = 'running', error = null")
    if not is_step_stored:
        with closing(sqlite3.connect(tmp_path / "c.db")) as db, db:
            newest = db.execute("select checkpoint_id from checkpoints order by checkpoint_id").fetchall()[2:]
            db.executemany("delete from checkpoints where checkpoint_id = ?", newest)
    assert asyncio.run(play(services())) == "waiting_review"
    state.close()
