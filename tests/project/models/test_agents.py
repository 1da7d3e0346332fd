"""Agents at work, through a real wire: tools that fail, proposals that do not fit, arguments as models write them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compound.language.schema import SchemaPart
from compound.project import Project
from tests.contract.anthropic.replay_server import ReplayServer, Reply
from tests.support.models.model_projects import message, model_project, models_yaml, reply, tool_use

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project import RunView

GRAPH = """\
compound: graph/v1
name: main
types:
  Cite: {source: str, quote: str}
  Answer: {text: str, cites: "list[Cite]"}
input: {question: str}
nodes:
  answer:
    use: agent
    in: {question: $input.question}
    model: writer
    prompt: prompts/ask.md
    tools: [work]
    proposes: [freeze]
    out: Answer
    max_turns: 4
output: {answer: $answer.answer?, proposals: $answer.proposals, stopped: $answer.stopped}
"""
EFFECTS = """\
from typing import Any, Literal
from pydantic import BaseModel, Field, model_validator
from compound.effect import effect

class Freeze(BaseModel, extra="forbid"):
    card: str = Field(min_length=3)
    days: int = Field(ge=1, le=30)
    why: Literal["lost", "stolen"] = "lost"

    @model_validator(mode="after")
    def holds(self) -> "Freeze":
        if self.why == "stolen" and self.days < 7:
            raise ValueError("a stolen card is frozen for a week at least")
        return self

@effect("freeze", target="shop")
def freeze(tx: Any, args: Freeze) -> Any:
    return None
"""
FINAL: dict[str, Any] = {"text": "done", "cites": [{"source": "a", "quote": "b"}]}
DONE = reply(tool_use("final_answer", {"answer": FINAL}, "toolu_9"), stop="tool_use")


@pytest.fixture(scope="module")
def server() -> Iterator[ReplayServer]:
    with ReplayServer() as started:
        yield started


def run(server: ReplayServer, root: Path, *replies: Reply, tool: str = "", models: str = "") -> RunView:
    server.play(*replies)
    body = tool or "    return str(key)\n"
    code = f"from typing import Any\nfrom compound.tool import tool\n\n@tool\ndef work(key: Any = None) -> Any:\n{body}"
    made = model_project(root, server.url, graph=GRAPH, models=models, tools__work_py=code, tools__effects_py=EFFECTS)
    project = Project.open(made)
    try:
        return project.run(None, {"question": "Hi"})
    finally:
        project.close()


def results(server: ReplayServer, turn: int = -1) -> list[dict[str, Any]]:
    """What the model was told in its turn."""
    messages: Any = server.seen[turn].body["messages"]
    return list(messages[-1]["content"])


RAISES = {
    "value": 'raise ValueError("no such key")',
    "key": 'raise KeyError("x")',
    "group": 'raise ExceptionGroup("many", [ValueError("one"), TypeError("two")])',
    "base group": 'raise BaseExceptionGroup("many", [SystemExit(3)])',
    "exit": "raise SystemExit(3)",
    "cancelled": "import asyncio; raise asyncio.CancelledError()",
    "timeout": 'raise TimeoutError("slow")',
    "stop": "raise StopIteration",
    "recursion": "return work.callable(key)",
    "memory": "raise MemoryError",
    "assertion": "assert False, 'never'",
    "half character": 'raise ValueError("bad \\ud83d")',
    "mute": 'E = type("E", (Exception,), {"__str__": lambda self: 1 / 0}); raise E()',
    "long": 'raise ValueError("x" * 1_000_000)',
    "not json": "return object()",
    "a set of halves": 'return {"a": "\\ud83d"}',
}


@pytest.mark.parametrize("name", RAISES)
def test_whatever_a_tool_raises_is_told_to_the_model_and_the_run_goes_on(
    server: ReplayServer, tmp_path: Path, name: str
) -> None:
    asked = reply(tool_use("work", {"key": "k"}), stop="tool_use")
    view = run(server, tmp_path, asked, DONE, tool=f"    {RAISES[name]}\n")
    assert view.status == "done", view.error
    assert view.output is not None
    assert view.output["answer"] == FINAL
    (told,) = results(server)
    assert told["tool_use_id"] == "toolu_1"
    assert len(told["content"]) < 21_000
    if RAISES[name].startswith("raise"):
        assert told["is_error"] is True


BAD_PROPOSALS: Mapping[str, tuple[Mapping[str, JsonValue], str]] = {
    "missing": ({"card": "c-1"}, "days"),
    "ill-typed": ({"card": "c-1", "days": "many"}, "days"),
    "out of bounds": ({"card": "c-1", "days": 31}, "31"),
    "unknown": ({"card": "c-1", "days": 3, "amount": 5}, "amount"),
    "no choice": ({"card": "c-1", "days": 3, "why": "bored"}, "bored"),
    "the model's own rule": ({"card": "c-1", "days": 3, "why": "stolen"}, "a week at least"),
}


@pytest.mark.parametrize("name", BAD_PROPOSALS)
def test_a_proposal_that_the_effect_would_refuse_is_none_and_the_model_is_told(
    server: ReplayServer, tmp_path: Path, name: str
) -> None:
    arguments, word = BAD_PROPOSALS[name]
    good: dict[str, JsonValue] = {"card": "c-1", "days": 3}
    wrong = reply(tool_use("freeze", arguments), stop="tool_use")
    right = reply(tool_use("freeze", good, "toolu_2"), stop="tool_use")
    view = run(server, tmp_path, wrong, right, DONE)
    assert view.output is not None
    assert view.output["proposals"] == [{"name": "freeze", "arguments": good}]
    (told,) = results(server, 1)
    assert told["is_error"] is True
    assert word in told["content"]
    assert "proposal" in results(server, 2)[0]["content"]


def test_the_schema_of_the_final_answer_keeps_its_definitions_where_references_look(
    server: ReplayServer, tmp_path: Path
) -> None:
    run(server, tmp_path, DONE)
    tools: Any = server.seen[0].body["tools"]
    (schema,) = [one["input_schema"] for one in tools if one["name"] == "final_answer"]
    parts = list(SchemaPart.of(schema).all())
    references = [part for part in parts if "$ref" in part.body]
    assert all(part.target is not None for part in references)
    assert sum("$defs" in part.body for part in parts) == bool(references)


def test_tools_of_the_options_come_beside_those_of_the_agent(server: ReplayServer, tmp_path: Path) -> None:
    own = "      options: {tools: [{type: web_search_20250305, name: web_search}]}"
    free = "budget: {on_unknown: allow}\n"
    run(server, tmp_path, DONE, models=models_yaml(server.url, own=own, rest=free))
    tools: Any = server.seen[0].body["tools"]
    assert [one["name"] for one in tools] == ["work", "freeze", "final_answer", "web_search"]


WRITTEN: Mapping[str, JsonValue] = {
    "as it should be": {"answer": dict(FINAL)},
    "json in a string": {"answer": json.dumps(FINAL)},
    "fenced json in a string": {"answer": f"```JSON\n{json.dumps(FINAL)}\n```"},
    "without its name": dict(FINAL),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_final_answer_is_read_as_models_write_it(server: ReplayServer, tmp_path: Path, name: str) -> None:
    arguments: Any = WRITTEN[name]
    view = run(server, tmp_path, reply(tool_use("final_answer", arguments), stop="tool_use"), DONE)
    assert view.output is not None
    assert (view.output["answer"], len(server.seen)) == (FINAL, 1)


def test_numbers_beyond_64_bit_and_halves_of_characters_reach_a_tool(server: ReplayServer, tmp_path: Path) -> None:
    big = 2**70 + 1
    asked = message(tool_use("work", {"key": {"n": [big, -big], "t": "\ud83d"}}), stop="tool_use")
    body = Reply(body=json.dumps(asked).encode())
    view = run(
        server, tmp_path, body, DONE, tool='    return {"n": key["n"], "t": key["t"], "next": key["n"][0] + 1}\n'
    )
    assert view.status == "done", view.error
    (told,) = results(server)
    assert json.loads(told["content"]) == {"n": [big, -big], "t": "\ufffd", "next": big + 1}
    back: Any = server.seen[1].body["messages"]
    assert back[1]["content"][0]["input"] == {"key": {"n": [big, -big], "t": "\ufffd"}}


def test_a_number_beyond_64_bit_in_an_answer_stays_exact(server: ReplayServer, tmp_path: Path) -> None:
    big = 2**70 + 1
    asked = reply(tool_use("freeze", {"card": str(big), "days": 3}), stop="tool_use")
    said = reply(tool_use("final_answer", {"answer": {**FINAL, "text": str(big)}}, "toolu_2"), stop="tool_use")
    view = run(server, tmp_path, asked, said)
    assert view.output is not None
    assert view.output["proposals"] == [{"name": "freeze", "arguments": {"card": str(big), "days": 3}}]


def test_arguments_that_are_a_text_of_json_are_read(server: ReplayServer, tmp_path: Path) -> None:
    block = {**tool_use("freeze", {}), "input": '{"card": "c-1", "days": "3"}'}
    body = Reply(body=json.dumps(message(block, stop="tool_use")).encode())
    view = run(server, tmp_path, body, DONE)
    assert view.output is not None
    assert view.output["proposals"] == [{"name": "freeze", "arguments": {"card": "c-1", "days": 3}}]
