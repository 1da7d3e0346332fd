"""A project whose models file a row changes, and what a provider behind a socket sees of its runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from compound.errors import CompoundError
from tests.contract.anthropic.replay_server import ReplayServer, Reply, Seen
from tests.project.keys.table import Desk, Place
from tests.support.models.model_projects import FREE_TEXT, model_project, reply, spans_of

if TYPE_CHECKING:
    from compound.project import RunView

SOLVERS = """\
from compound.model import solver

@solver("calm")
def calm(inputs):
    return "a calm answer"

@solver("loud")
def loud(inputs):
    return "A LOUD ANSWER"
"""
MODELS: Mapping[str, Any] = {
    "compound": "models/v1",
    "provider": "anthropic",
    "models": {
        "writer": {
            "solver": "calm",
            "anthropic": {"model": "claude-haiku-5-5"},
            "langchain": {
                "factory": "tests.support.models.wire_chat:WireChat",
                "options": {"model": "gpt-wire", "api_key": "k", "base_url": "URL"},
            },
        }
    },
    "anthropic": {"api_key": "a-key", "base_url": "URL"},
    "retry": {"first_wait_s": 0.01},
    "prices": {
        "version": "2026-11-24",
        "usd_per_million_tokens": {
            name: {"input": 1000, "output": 10000, "cache_read": 100, "cache_write_5m": 2000, "cache_write_1h": 4000}
            for name in ("claude-haiku-5-5", "gpt-wire")
        },
    },
}
BUSY = Reply(status=529, body=b'{"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}')
WIRE = Reply(
    body=json.dumps(
        {
            "model": "gpt-wire",
            "choices": [{"message": {"content": "wired"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10},
        }
    ).encode()
)
STREAM = Reply(
    headers={"content-type": "text/event-stream"},
    body="".join(
        f"event: {kind}\ndata: {json.dumps({'type': kind, **one})}\n\n"
        for kind, one in (
            ("message_start", {"message": json.loads(reply().body) | {"content": [], "stop_reason": None}}),
            ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
            ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "streamed"}}),
            ("content_block_stop", {"index": 0}),
            ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 10}}),
            ("message_stop", {}),
        )
    ).encode(),
)
TWICE = FREE_TEXT.replace(
    "output: {answer: $answer}",
    "  again: {use: llm, in: {question: $answer}, model: writer, prompt: prompts/ask.md}\noutput: {answer: $again}",
)
LEFT_OUT = object()


@dataclass(frozen=True)
class Asked:
    """What came of a run, and what the provider saw of it."""

    view: RunView
    seen: list[Seen]
    spans: list[dict[str, Any]]

    @property
    def said(self) -> Any:
        """The answer, or the code of the error."""
        return self.view.error["code"] if self.view.error else (self.view.output or {})["answer"]

    @property
    def cost(self) -> float | None:
        """USD of the first call, as the trace has it."""
        return self.spans[0]["cost_usd"]


def models_text(changes: Mapping[str, Any], url: str = "http://127.0.0.1:9") -> str:
    """The file with keys changed, `{"models.writer.solver": "loud"}`."""
    made: dict[str, Any] = json.loads(json.dumps(MODELS).replace("URL", url))
    for path, value in changes.items():
        *parents, name = path.split("/")
        inner = made
        for one in parents:
            inner = inner.setdefault(one, {})
        if value is LEFT_OUT:
            del inner[name]
        else:
            inner[name] = value
    return json.dumps(made)


def models_project(
    desk: Desk, changes: Mapping[str, Any], url: str = "http://127.0.0.1:9", graph: str = FREE_TEXT
) -> Place:
    root = desk.project({}).root
    model_project(root, url, graph=graph, models=models_text(changes, url), tools__solvers_py=SOLVERS)
    return Place(root)


def ask(desk: Desk, changes: Mapping[str, Any], *replies: Reply, graph: str = FREE_TEXT) -> Asked:
    """Run the graph against a server that gives these answers; one that says "Hello" where none is named."""
    with ReplayServer() as server:
        server.play(*(replies or (reply("Hello"),)))
        with models_project(desk, changes, server.url, graph).open() as project:
            view = project.run(None, {"question": "Hi"})
            return Asked(view, server.seen, [dict(span) for span in spans_of(project, view.run_id)])


def fails(desk: Desk, changes: Mapping[str, Any]) -> str:
    """The error of a project that cannot run."""
    with pytest.raises(CompoundError) as caught:
        ask(desk, changes)
    return str(caught.value)
