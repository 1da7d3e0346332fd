"""langgraph's own development server runs a graph; only where its program is installed beside ours."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import anyio
import pytest

from tests.project.mcp.test_langgraph_json import ASK, ROOT
from tests.support.projects import write_project

PROGRAMS = Path(sys.executable).parent
COMPOUND, LANGGRAPH = str(PROGRAMS / "compound"), str(PROGRAMS / "langgraph")

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not Path(LANGGRAPH).is_file(), reason="pip install 'langgraph-cli[inmem]' to run this"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {"graphs/ask.yaml": ASK}
    for name in ("shop.yaml", "desk.yaml", "lakehouse.yaml"):
        files[f"connectors/{name}"] = (ROOT / "connectors" / name).read_text(encoding="utf-8")
    return write_project(tmp_path, files)


@pytest.fixture
def address(root: Path) -> Iterator[str]:
    subprocess.run([COMPOUND, "langgraph"], cwd=root, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [LANGGRAPH, "dev", "--no-browser", "--no-reload", "--allow-blocking", "--port", str(port)]
    with (root / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=root, stdout=log, stderr=log, env={**os.environ, "NO_COLOR": "1"})
        try:
            _wait_for(f"{address}/ok", server, root / "server.log")
            yield address
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert server.poll() is None, log.read_text()[-3000:]
        try:
            urlopen(url, timeout=1).close()
        except (URLError, OSError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(log.read_text()[-3000:])


def test_a_run_pauses_is_decided_in_the_queue_and_goes_on(root: Path, address: str) -> None:
    asyncio.run(_talk(root, address))


async def _talk(root: Path, address: str) -> None:
    import langgraph_sdk

    async with langgraph_sdk.get_client(url=address) as opened:
        client: Any = opened
        thread = (await client.threads.create())["thread_id"]
        given = {"ticket": {"id": "1", "body": "hi"}}
        run = client.runs.stream(thread, "ask", input=given, stream_mode=["updates", "custom"])
        assert {"metadata", "updates", "custom"} <= {part.event async for part in run}
        state = await client.threads.get_state(thread)
        assert state["next"] == ["review"]
        (waits,) = state["interrupts"]
        command = [COMPOUND, "review", "approve", waits["value"]["review_id"], "--json"]
        done = await anyio.run_process(command, cwd=root)
        resume = {"resume": {"decision_id": json.loads(done.stdout)["decision_id"]}}
        assert (await client.runs.wait(thread, "ask", command=resume))["action"] == "approve"
        assert len(await client.threads.get_history(thread)) > 3
        assert (await client.threads.get_state(thread))["next"] == []
