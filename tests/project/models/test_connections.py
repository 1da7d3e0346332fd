"""Connections to a provider over the life of a process: every call is sent once, and nothing stays open."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from compound.project import Project
from tests.contract.anthropic.replay_server import ReplayServer
from tests.support.models.model_projects import model_project, reply


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    with ReplayServer() as started:
        yield started


def test_every_run_of_one_process_sends_its_call_once(server: ReplayServer, tmp_path: Path) -> None:
    project = Project.open(model_project(tmp_path, server.url))
    sent: list[int] = []
    for _ in range(4):
        server.play(reply("Hello"), reply("Hello again"), reply("Hello again"))
        run = project.run(None, {"question": "Hi"})
        sent.append(len(server.seen))
        assert (run.status, run.output) == ("done", {"answer": "Hello"}), run.error
    project.close()
    assert sent == [1, 1, 1, 1]


def test_the_sync_calls_of_a_project_share_one_loop_that_ends_with_it(server: ReplayServer, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "loops.py").write_text(
        "import asyncio\nfrom compound.tool import tool\nSEEN = []\n"
        "@tool\nasync def which_loop() -> int:\n    return id(asyncio.get_running_loop())\n"
    )
    graph = (
        "compound: graph/v1\nname: main\ninput: {question: str}\n"
        "nodes:\n  loop: {use: tool, tool: which_loop}\noutput: {loop: $loop}\n"
    )
    project = Project.open(model_project(tmp_path, server.url, graph=graph))
    before = threading.active_count()
    loops = {json.dumps(project.run(None, {"question": str(n)}).output) for n in range(3)}
    assert len(loops) == 1
    project.close()
    assert threading.active_count() <= before
    assert project.run(None, {"question": "after"}).status == "done"
    project.close()


def test_a_project_runs_where_a_loop_already_runs(server: ReplayServer, tmp_path: Path) -> None:
    project = Project.open(model_project(tmp_path, server.url))
    server.play(reply("Hello"))

    async def notebook() -> object:
        return project.run(None, {"question": "Hi"}).output

    assert asyncio.run(notebook()) == {"answer": "Hello"}
    project.close()


def test_each_loop_has_connections_of_its_own_and_closes_them_at_its_end(server: ReplayServer, tmp_path: Path) -> None:
    project = Project.open(model_project(tmp_path, server.url))

    async def one(number: int) -> str:
        async with project.engine() as engine:
            return (await engine.run({"question": "Hi"}, run_id=f"run-{number}")).status

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        for number in range(3):
            server.play(reply("Hello"), reply("twice"))
            assert asyncio.run(one(number)) == "done"
            assert len(server.seen) == 1
    patience = threading.Event()
    for _ in range(50):
        if server.open_connections:
            patience.wait(0.05)
    assert server.open_connections == 0
    project.close()


def test_a_process_that_closes_nothing_ends(server: ReplayServer, tmp_path: Path) -> None:
    model_project(tmp_path, server.url)
    server.play(reply("Hello"))
    program = (
        "from compound.project import Project\n"
        "project = Project.open()\n"
        "print(project.run(None, {'question': 'Hi'}).output)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "{'answer': 'Hello'}\n"), done.stderr


def test_a_compiled_graph_in_a_program_without_a_loop_ends_too(server: ReplayServer, tmp_path: Path) -> None:
    model_project(tmp_path, server.url)
    server.play(reply("Hello"), reply("Again"))
    program = (
        "from compound.project import Project\n"
        "app = Project.open().compile()\n"
        "print([app.invoke({'question': str(n)}) for n in range(2)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, len(server.seen)) == (0, 2), done.stderr
