"""A local HTTP server that gives scripted answers and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType

    from pydantic import JsonValue


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the server answers.

    Attributes:
        declared: Content length to declare when it is not the body's: the connection then breaks.
        parts: Pieces of the body, each sent after so many seconds; the body is what they are together.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    body: bytes = b"{}"
    declared: int | None = None
    parts: Sequence[tuple[float, bytes]] = ()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, JsonValue]


class ReplayServer:
    """Answers with the replies in `script`, in order; a request past its end is answered 599."""

    def __init__(self) -> None:
        self.script: list[Reply] = []
        self.seen: list[Seen] = []
        self.open_connections = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Small answers would otherwise wait for the client's delayed acknowledgement.
            disable_nagle_algorithm = True
            wbufsize = -1

            def handle(self) -> None:
                server.open_connections += 1
                try:
                    super().handle()
                finally:
                    server.open_connections -= 1

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                body = json.loads(self.rfile.read(length) or b"{}")
                headers = {name.lower(): value for name, value in self.headers.items()}
                path = urlsplit(self.path).path
                server.seen.append(Seen(method="POST", path=path, headers=headers, body=body))
                reply = server.script.pop(0) if server.script else Reply(status=599)
                parts = reply.parts or [(0.0, reply.body)]
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                whole = sum(len(part) for _, part in parts)
                size = whole if reply.declared is None else reply.declared
                self.send_header("content-length", str(size))
                self.end_headers()
                for seconds, part in parts:
                    time.sleep(seconds)
                    self.wfile.write(part)
                    self.wfile.flush()
                self.close_connection = size != whole

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def play(self, *replies: Reply) -> None:
        """Forget what was, and answer these."""
        self.script = list(replies)
        self.seen = []

    def __enter__(self) -> ReplayServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
