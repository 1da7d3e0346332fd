"""Keys of `connectors/mcp.yaml`: which program or address is asked, with what, and how long it may take."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from compound.errors import CompoundError
from tests.project.keys.table import Desk, Key, Place
from tests.support.programs import MCP_WORLD, running, wait_for

GRAPH = """\
compound: graph/v1
name: main
input: {arguments: {NAME: TYPE}}
output: {said: $asked}
nodes:
  asked: {use: tool, tool: mcp.world.TOOL, in: {NAME: $input.arguments.NAME}}
"""
TOOLS = {"say": ("text", "str"), "variable": ("name", "str"), "big": ("size", "int"), "slow": ("seconds", "float")}


def _world(desk: Desk, tool: str = "say", *, pin: bool = True, **server: Any) -> Place:
    """A project whose graph calls one tool of a server of its own."""
    name, kind = TOOLS[tool]
    graph = GRAPH.replace("NAME", name).replace("TYPE", kind).replace("TOOL", tool)
    project = desk.project({"graphs/main.yaml": graph})
    started = {} if "url" in server else {"command": sys.executable, "args": [str(MCP_WORLD), str(project.root)]}
    known = {name: value for name, value in {**started, "tools": [tool], **server}.items() if value is not None}
    project.write({"connectors/mcp.yaml": json.dumps({"compound": "mcp/v1", "servers": {"world": known}})})
    if pin:
        with project.open() as opened:
            opened.pin_tools([])
    return project


def _asked(project: Place, tool: str, value: Any) -> Any:
    """What the run returns, or the code of its error."""
    view = project.run({"arguments": {TOOLS[tool][0]: value}})
    return view.error["code"] if view.error else (view.output or {})["said"]


def _pin_fails(project: Place) -> str:
    with project.open() as opened, pytest.raises(CompoundError) as caught:
        opened.pin_tools([])
    return caught.value.code


def _compound(desk: Desk) -> None:
    project = _world(desk, pin=False)
    assert "mcp.not-pinned" in project.codes()
    project.edit("connectors/mcp.yaml", "mcp/v1", "mcp/v9")
    with pytest.raises(CompoundError, match="compound"):
        project.codes()


def _servers(desk: Desk) -> None:
    project = _world(desk)
    assert "mcp.world.say" in project.say("tools", "list").out
    project.write({"connectors/mcp.yaml": "compound: mcp/v1\n"})
    assert "mcp.world.say" not in project.say("tools", "list").out
    assert "graph.unknown-tool" in project.codes()


def _command(desk: Desk) -> None:
    assert _asked(_world(desk), "say", "hi") == "you said hi"
    assert _pin_fails(_world(desk, pin=False, command="no-such-program-anywhere")) == "mcp.unreachable"


def _args(desk: Desk) -> None:
    # The program writes down its calls in the folder that its argument names.
    folder = desk.project({}).root
    project = _world(desk, pin=False, args=[str(MCP_WORLD), str(folder)], tools=["forecast"])
    assert _forecast(project)
    assert ((folder / "calls.txt").exists(), (project.root / "calls.txt").exists()) == (True, False)
    assert _pin_fails(_world(desk, pin=False, args=["-c", "raise SystemExit(4)"])) == "mcp.unreachable"


def _forecast(project: Place) -> bool:
    graph = GRAPH.replace("NAME", "city").replace("TYPE", "str").replace("TOOL", "forecast")
    with project.write({"graphs/main.yaml": graph}).open() as opened:
        opened.pin_tools([])
    return project.run({"arguments": {"city": "Lund"}}).status == "done"


def _env(desk: Desk) -> None:
    with patch.dict(os.environ, {"WORLD_TOKEN": "theirs"}):
        given = _world(desk, "variable", env={"TOKEN": "${env:WORLD_TOKEN}"})
        assert _asked(given, "variable", "TOKEN") == "theirs"
        given.edit("connectors/mcp.yaml", '"TOKEN"', '"OTHER"')
        assert _asked(given, "variable", "TOKEN") == "(unset)"


def _cwd(desk: Desk) -> None:
    # The program's first argument is a relative folder: what it writes lies where it was started.
    project = _world(desk, "say", pin=False, args=[str(MCP_WORLD), "."], tools=["forecast"])
    (project.root / "inner").mkdir()
    for cwd, folder in ((None, project.root), ("inner", project.root / "inner")):
        if cwd:
            project.edit("connectors/mcp.yaml", '"tools"', f'"cwd": "{cwd}", "tools"')
            assert "mcp.moved" in project.codes()
        assert _forecast(project)
        assert (folder / "calls.txt").read_text(encoding="utf-8") == "Lund\n"


@contextmanager
def _served(desk: Desk) -> Generator[str]:
    """The address of a server over HTTP: a row that starts one asks it several times."""
    folder = desk.project({}).root
    with running(str(MCP_WORLD), str(folder), "http") as process:
        yield f"http://127.0.0.1:{wait_for(folder / 'port.txt', process)}/mcp"


def _url(desk: Desk) -> None:
    with _served(desk) as url:
        assert _asked(_world(desk, url=url), "say", "hi") == "you said hi"
    assert _pin_fails(_world(desk, pin=False, url="http://127.0.0.1:9/mcp")) == "mcp.unreachable"


GUARDED = """\
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        with Path(sys.argv[1], "headers.txt").open("a") as file:
            file.write(self.headers.get("x-team", "(none)") + "\\n")
        self.send_response(401)
        self.end_headers()

server = HTTPServer(("127.0.0.1", 0), Handler)
Path(sys.argv[1], "port.txt").write_text(str(server.server_port))
server.serve_forever()
"""


def _headers(desk: Desk) -> None:
    served = desk.project({"serve.py": GUARDED}).root
    with running(str(served / "serve.py"), str(served)) as process:
        port = wait_for(served / "port.txt", process)
        for headers in (None, {"x-team": "the desk"}):
            _pin_fails(_world(desk, pin=False, url=f"http://127.0.0.1:{port}/mcp", headers=headers))
    seen = (served / "headers.txt").read_text(encoding="utf-8").split("\n")
    assert (seen[0], seen[-2]) == ("(none)", "the desk")


def _tools(desk: Desk) -> None:
    with _served(desk) as url:
        project = _world(desk, url=url, tools=["say", "forecast"])
    assert project.codes() == []
    project.edit("connectors/mcp.yaml", '"say", ', "")
    assert "graph.unknown-tool" in project.codes()
    said = project.say("tools", "list").out
    assert ("mcp.world.say" in said, "mcp.world.forecast" in said) == (False, True)


def _timeout(desk: Desk) -> None:
    with _served(desk) as url:
        assert _asked(_world(desk, "slow", url=url), "slow", 0.6) == "done"
        assert _asked(_world(desk, "slow", url=url, timeout="200ms"), "slow", 0.6) == "mcp.timeout"


def _start_timeout(desk: Desk) -> None:
    silent = ["-c", "import time; time.sleep(3)"]
    assert _pin_fails(_world(desk, pin=False, args=silent, start_timeout="200ms")) == "mcp.start-timeout"
    # With time enough, what is said is that the program ended.
    assert _pin_fails(_world(desk, pin=False, args=["-c", ""], start_timeout="60s")) == "mcp.unreachable"


def _max_bytes(desk: Desk) -> None:
    with _served(desk) as url:
        assert _asked(_world(desk, "big", url=url), "big", 500) == "x" * 500
        assert _asked(_world(desk, "big", url=url, max_bytes=100), "big", 500) == "mcp.too-large"


KEYS = (
    Key("mcp", "compound", _compound),
    Key("mcp", "servers", _servers),
    Key("mcp", "servers.*.command", _command),
    Key("mcp", "servers.*.args", _args),
    Key("mcp", "servers.*.env", _env),
    Key("mcp", "servers.*.cwd", _cwd),
    Key("mcp", "servers.*.url", _url),
    Key("mcp", "servers.*.headers", _headers),
    Key("mcp", "servers.*.tools", _tools),
    Key("mcp", "servers.*.timeout", _timeout),
    Key("mcp", "servers.*.start_timeout", _start_timeout),
    Key("mcp", "servers.*.max_bytes", _max_bytes),
)
