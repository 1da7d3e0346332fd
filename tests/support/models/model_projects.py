"""A project whose models are answered by a local server that speaks the provider's wire format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tests.contract.anthropic.replay_server import Reply
from tests.support.projects import write_project

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project import Project

    Json = dict[str, JsonValue]

MODEL = "claude-haiku-5-5"
PRICES = """\
prices:
  version: "2026-11-24"
  usd_per_million_tokens:
    claude-haiku-5-5: {input: 1, output: 10, cache_read: 0.1, cache_write_5m: 1.25, cache_write_1h: 2}
    claude-opus-5-5: {input: 4, output: 20, cache_read: 0.4, cache_write_5m: 5, cache_write_1h: 8}
"""
FREE_TEXT = """\
compound: graph/v1
name: main
input: {question: str}
nodes:
  answer:
    use: llm
    in: {question: $input.question}
    model: writer
    prompt: prompts/ask.md
output: {answer: $answer}
"""
TYPED = FREE_TEXT.replace("    prompt: prompts/ask.md\n", "    prompt: prompts/ask.md\n    out: Answer\n").replace(
    "nodes:", "types:\n  Answer: {text: str, number: int}\nnodes:"
)
ASK = "Be short.\n---\n{{ question }}\n"


def models_yaml(
    url: str, *, model: str = MODEL, own: str = "", retry: str = "first_wait_s: 0.01", rest: str = PRICES
) -> str:
    """`connectors/models.yaml` with one logical model `writer`, and what the test adds."""
    return f"""\
compound: models/v1
provider: anthropic
models:
  writer:
    anthropic:
      model: {model}
      max_tokens: 1000
{own}
anthropic: {{api_key: a-key, base_url: "{url}", timeout_s: 20}}
retry: {{attempts: 3, {retry}}}
{rest}"""


def model_project(root: Path, url: str, *, graph: str = FREE_TEXT, models: str = "", **files: str) -> Path:
    """Write the project; `files` are further ones, `tools__a_py="..."` is `tools/a.py`."""
    named = {name.replace("__", "/").replace("_py", ".py").replace("_md", ".md"): text for name, text in files.items()}
    fixed = {
        "graphs/main.yaml": graph,
        "graphs/prompts/ask.md": ASK,
        "connectors/models.yaml": models or models_yaml(url),
    }
    return write_project(root, {**fixed, **named})


def message(
    *content: Mapping[str, Any] | str,
    stop: str = "end_turn",
    usage: Mapping[str, JsonValue] | None = None,
    **rest: JsonValue,
) -> Json:
    """An answer of the Messages API."""
    blocks = [{"type": "text", "text": one} if isinstance(one, str) else dict(one) for one in content]
    return {
        "id": "msg_local",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": cast("JsonValue", blocks),
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "output_tokens": 10, **(usage or {})},
        **rest,
    }


def tool_use(name: str, arguments: Mapping[str, JsonValue], call_id: str = "toolu_1") -> Json:
    """A block that asks for a tool."""
    return {"type": "tool_use", "id": call_id, "name": name, "input": dict(arguments)}


def reply(
    *content: Mapping[str, Any] | str,
    stop: str = "end_turn",
    usage: Mapping[str, JsonValue] | None = None,
    **rest: JsonValue,
) -> Reply:
    """`message` as the server sends it."""
    return Reply(body=json.dumps(message(*content, stop=stop, usage=usage, **rest)).encode())


def spans_of(project: Project, run_id: str, kind: str = "chat") -> list[Json]:
    """The recorded spans of one kind of a run, oldest first."""
    project.resources.recorder.flush()
    query = "select * from spans where run_id = $run and kind = $kind order by start_time_unix_nano"
    found = project.traces().sql(query, {"run": run_id, "kind": kind})
    return cast("list[Json]", found.records())
