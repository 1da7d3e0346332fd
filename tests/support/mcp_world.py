"""A real MCP server of the official SDK, as a program: `python mcp_world.py FOLDER [http]`.

FOLDER holds what tests look at and change: `words.txt` replaces a description, `calls.txt` counts calls,
`port.txt` says where the HTTP server listens.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import anyio
from mcp.server.mcpserver import Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()
app = MCPServer("world", version="1.2")


def words(default: str) -> str:
    file = FOLDER / "words.txt"
    return file.read_text(encoding="utf-8") if file.is_file() else default


@app.tool(description=words("Tell the weather of a city."))
def forecast(city: str, days: int = 1) -> dict[str, Any]:
    with (FOLDER / "calls.txt").open("a", encoding="utf-8") as file:
        file.write(f"{city}\n")
    return {"city": city, "days": days, "sky": "clear"}


@app.tool(structured_output=False)
def say(text: str) -> str:
    """Say it back."""
    return f"you said {text}"


@app.tool(structured_output=False)
def variable(name: str) -> str:
    """What the environment says."""
    return os.environ.get(name, "(unset)")


@app.tool(structured_output=False)
def boom() -> str:
    """Always fails."""
    raise ToolError("the barometer is broken")


@app.tool(structured_output=False)
async def slow(seconds: float) -> str:
    """Takes its time."""
    await anyio.sleep(seconds)
    return "done"


@app.tool(structured_output=False)
def big(size: int) -> str:
    """Much text."""
    return "x" * size


@app.tool(structured_output=False)
def picture() -> Image:
    """A picture."""
    return Image(data=b"\x89PNG", format="png")


@app.tool(structured_output=False)
def die() -> str:
    """Ends the process."""
    os._exit(3)


@app.tool(structured_output=False, annotations=ToolAnnotations(destructive_hint=True))
def wipe() -> str:
    """Deletes everything."""
    return "gone"


def serve_http() -> None:
    import uvicorn

    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    served = uvicorn.Server(uvicorn.Config(app.streamable_http_app(), log_level="warning"))
    (FOLDER / "port.txt").write_text(str(port), encoding="utf-8")
    anyio.run(served.serve, [listening])


if __name__ == "__main__":
    if sys.argv[2:] == ["http"]:
        serve_http()
    else:
        app.run()
