"""The provider of models that pages talk to: a local server that answers in the wire formats of Anthropic and OpenAI."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue

PARTNERS = Path(__file__).parents[1] / "partners"
"""Stand-ins for packages that pages name and the tests do not install."""
ANSWER = json.dumps({"text": "Please water on Monday, Wednesday or Friday.", "source": "Water"})


@contextmanager
def model_server() -> Generator[str]:
    """A server that gives `ANSWER` to every request; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = {"/v1/messages": _anthropic, "/v1/chat/completions": _openai}[self.path.partition("?")[0]]
        is_known = bool(self.headers.get("authorization", "").removeprefix("Bearer "))
        body = json.dumps(answer(asked["model"]) if is_known else {"error": {"message": "no key"}}).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _anthropic(model: str) -> dict[str, JsonValue]:
    usage: dict[str, JsonValue] = {"input_tokens": 240, "output_tokens": 30}
    content: list[JsonValue] = [{"type": "text", "text": ANSWER}]
    about: dict[str, JsonValue] = {"id": "msg_1", "type": "message", "role": "assistant", "stop_reason": "end_turn"}
    return {**about, "model": model, "content": content, "usage": usage, "stop_sequence": None}


def _openai(model: str) -> dict[str, JsonValue]:
    usage: dict[str, JsonValue] = {"prompt_tokens": 240, "completion_tokens": 30, "total_tokens": 270}
    said: dict[str, JsonValue] = {"role": "assistant", "content": ANSWER}
    choice: dict[str, JsonValue] = {"index": 0, "message": said, "finish_reason": "stop"}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": model, "choices": [choice], "usage": usage}
