"""What a provider may answer, from the wire to what a run gives: outcomes with a reason, never half values."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from time import monotonic, time
from typing import TYPE_CHECKING, Any

import pytest

from compound.project import Project
from tests.contract.anthropic.replay_server import ReplayServer, Reply
from tests.support.models.model_projects import (
    FREE_TEXT,
    MODEL,
    TYPED,
    message,
    model_project,
    models_yaml,
    reply,
    spans_of,
    tool_use,
)

if TYPE_CHECKING:
    from compound.project import RunView

AGENT = """\
compound: graph/v1
name: main
input: {question: str}
nodes:
  answer:
    use: agent
    in: {question: $input.question}
    model: writer
    prompt: prompts/ask.md
    tools: [look]
    max_turns: 4
output: {answer: $answer.answer?, stopped: $answer.stopped}
"""
TYPED_AGENT = AGENT.replace("    max_turns: 4\n", "    max_turns: 4\n    out: Answer\n").replace(
    "nodes:", "types:\n  Answer: {text: str, number: int}\nnodes:"
)
LOOK = """\
from pathlib import Path
from compound.tool import tool

@tool
def look(key: str) -> str:
    with (Path(__file__).parent.parent / "looked.log").open("a") as log:
        log.write(key + "\\n")
    return f"found {key}"
"""
STREAMED = models_yaml("URL", own="      stream: true")


@pytest.fixture(scope="module")
def server() -> Iterator[ReplayServer]:
    with ReplayServer() as started:
        yield started


def run(server: ReplayServer, root: Path, *replies: Reply, graph: str = FREE_TEXT, models: str = "") -> RunView:
    server.play(*replies)
    files = {"tools__look_py": LOOK} if "use: agent" in graph else {}
    made = model_project(root, server.url, graph=graph, models=models.replace("URL", server.url), **files)
    project = Project.open(made)
    try:
        return project.run(None, {"question": "Hi"})
    finally:
        project.close()


def chats(root: Path, view: RunView) -> list[dict[str, Any]]:
    project = Project.open(root)
    try:
        return [dict(span) for span in spans_of(project, view.run_id)]
    finally:
        project.close()


def events(*content: str, stop: str | None = "end_turn", before: str = "") -> Reply:
    """A streamed answer of text pieces."""
    told: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message(), "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": one}} for one in content),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 10}},
        {"type": "message_stop"},
    ]
    body = before + "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in told)
    return Reply(headers={"content-type": "text/event-stream"}, body=body.encode())


CUTS = {
    "refusal": "the model refused",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "context window",
    "a_new_reason": "a_new_reason",
}


@pytest.mark.parametrize("stop", CUTS)
@pytest.mark.parametrize("is_streamed", [False, True])
def test_half_an_answer_is_no_value_of_a_free_text_node(
    server: ReplayServer, tmp_path: Path, stop: str, is_streamed: bool
) -> None:
    half = events("Half a", " sent", stop=stop) if is_streamed else reply("Half a sent", stop=stop)
    view = run(server, tmp_path, half, models=STREAMED if is_streamed else "")
    assert view.output == {"answer": None}
    (span,) = chats(tmp_path, view)
    assert CUTS[stop] in json.loads(span["attributes"])["abstain_reason"]
    assert len(server.seen) == 1


@pytest.mark.parametrize("stop", CUTS)
@pytest.mark.parametrize("graph", [AGENT, TYPED_AGENT])
def test_an_agent_that_is_refused_or_cut_stops_at_once_and_runs_no_tool(
    server: ReplayServer, tmp_path: Path, stop: str, graph: str
) -> None:
    half = reply("I will look", tool_use("look", {"key": "half"}), stop=stop)
    view = run(server, tmp_path, half, reply("never asked"), graph=graph)
    assert view.output == {"answer": None, "stopped": "abstained"}
    assert not (tmp_path / "looked.log").exists()
    assert len(server.seen) == 1


def test_a_paused_turn_is_continued_and_is_one_answer(server: ReplayServer, tmp_path: Path) -> None:
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
    first = reply("I search. ", search, stop="pause_turn")
    view = run(server, tmp_path, first, reply("It is 42."))
    assert view.output == {"answer": "I search. It is 42."}
    sent = server.seen[1].body["messages"]
    assert isinstance(sent, list)
    assert sent[-1] == {"role": "assistant", "content": [{"type": "text", "text": "I search. "}, search]}


def test_a_turn_that_stays_paused_has_no_answer(server: ReplayServer, tmp_path: Path) -> None:
    view = run(server, tmp_path, *[reply("more ", stop="pause_turn") for _ in range(20)])
    assert view.output == {"answer": None}
    assert len(server.seen) == 9


HTML = Reply(headers={"content-type": "text/html"}, body=b"<html><h1>502</h1></html>")
ODD = {
    "html": HTML,
    "html called json": Reply(body=b"<html><h1>502</h1></html>"),
    "cut json": Reply(body=reply("Hello").body[:-20]),
    "nothing": Reply(body=b""),
    "a list": Reply(body=b"[]"),
    "a text": Reply(body=b'"hello"'),
    "null": Reply(body=b"null"),
    "no content": Reply(body=b'{"id": "msg_1", "type": "message"}'),
    "content that is none": Reply(body=json.dumps({**message(), "content": ["Hello"]}).encode()),
    "a block without its text": Reply(body=json.dumps({**message(), "content": [{"type": "text"}]}).encode()),
    "another API": Reply(body=b'{"choices": [{"message": {"content": "Hello"}}]}'),
    "an error that says nothing": Reply(body=b'{"type": "error"}'),
    "an error that is a text": Reply(body=b'{"type": "error", "error": "boom"}'),
}


@pytest.mark.parametrize("name", ODD)
def test_an_answer_that_is_none_is_asked_for_once_more_and_then_said(
    server: ReplayServer, tmp_path: Path, name: str
) -> None:
    view = run(server, tmp_path, ODD[name], reply("Hello"))
    assert view.output == {"answer": "Hello"}, view.error
    failed = run(server, tmp_path / "again", ODD[name], ODD[name], reply("Hello"))
    assert failed.error is not None
    assert failed.error["code"] == "model.bad-answer"
    assert len(server.seen) == 2


def test_an_error_with_status_200_is_that_error(server: ReplayServer, tmp_path: Path) -> None:
    def told(kind: str) -> Reply:
        return Reply(body=json.dumps({"type": "error", "error": {"type": kind, "message": "so sorry"}}).encode())

    view = run(server, tmp_path, told("overloaded_error"), told("overloaded_error"), reply("Hello"))
    assert view.output == {"answer": "Hello"}
    failed = run(server, tmp_path / "auth", told("authentication_error"), reply("Hello"))
    assert failed.error is not None
    assert (failed.error["code"], len(server.seen)) == ("model.auth", 1)


GARBAGE = {
    "not json": "event: content_block_delta\ndata: {oops\n\n",
    "a number": "data: 5\n\n",
    "no type": "event: x\ndata: {}\n\n",
    "a delta of no block": 'data: {"type": "content_block_delta", "index": 7, "delta": {"type": "text_delta"}}\n\n',
}


@pytest.mark.parametrize("name", GARBAGE)
def test_a_garbage_event_is_a_bad_answer_that_is_tried_once_more(
    server: ReplayServer, tmp_path: Path, name: str
) -> None:
    garbage = events("Hello", before=GARBAGE[name])
    view = run(server, tmp_path, garbage, events("Hel", "lo"), models=STREAMED)
    assert view.output == {"answer": "Hello"}, view.error
    failed = run(server, tmp_path / "again", garbage, garbage, models=STREAMED)
    assert failed.error is not None
    assert failed.error["code"] == "model.bad-answer"
    html = run(server, tmp_path / "html", HTML, events("Hello"), models=STREAMED)
    assert html.output == {"answer": "Hello"}


def test_events_that_are_not_known_and_pings_are_passed_over(server: ReplayServer, tmp_path: Path) -> None:
    before = 'event: ping\ndata: {"type": "ping"}\n\n: a comment\n\nevent: new\ndata: {"type": "new_event"}\n\n'
    assert run(server, tmp_path, events("Hello", before=before), models=STREAMED).output == {"answer": "Hello"}


def test_pings_are_signs_of_life_and_silence_is_not(server: ReplayServer, tmp_path: Path) -> None:
    models = STREAMED.replace("timeout_s: 20", "timeout_s: 3")
    ping = b'event: ping\ndata: {"type": "ping"}\n\n'
    body = events("Hello").body
    head = {"content-type": "text/event-stream"}
    alive = Reply(headers=head, parts=[*[(0.7, ping)] * 5, (0.7, body)])
    view = run(server, tmp_path, alive, models=models)
    assert (view.output, len(server.seen)) == ({"answer": "Hello"}, 1), view.error
    dead = Reply(headers=head, parts=[(0.1, ping), (8.0, body)])
    failed = run(server, tmp_path / "dead", dead, dead, models=models)
    assert failed.error is not None
    assert (failed.error["code"], len(server.seen)) == ("model.timeout", 2)


def test_halves_of_a_character_never_crash_a_node(server: ReplayServer, tmp_path: Path) -> None:
    cut = events("a \ud83d", "\ude00 b \ud83d")
    assert run(server, tmp_path, cut, models=STREAMED).output == {"answer": "a \U0001f600 b \ufffd"}
    whole = Reply(body=json.dumps(message("a \ud83d b")).encode())
    assert run(server, tmp_path / "whole", whole).output == {"answer": "a \ufffd b"}


def test_no_empty_text_is_sent_back(server: ReplayServer, tmp_path: Path) -> None:
    first = reply("", tool_use("look", {"key": "a"}), stop="tool_use")
    nothing = reply(stop="end_turn")
    done = reply(tool_use("final_answer", {"answer": {"text": "x", "number": 1}}), stop="tool_use")
    view = run(server, tmp_path, first, nothing, done, graph=TYPED_AGENT)
    assert view.output is not None
    assert view.output["answer"] == {"text": "x", "number": 1}
    for seen in server.seen:
        turns = seen.body["messages"]
        assert isinstance(turns, list)
        for turn in turns:
            assert isinstance(turn, dict)
            assert turn["content"]
            blocks = turn["content"] if isinstance(turn["content"], list) else []
            assert not [one for one in blocks if isinstance(one, dict) and one.get("text") == ""]


def test_a_date_in_retry_after_is_waited_for(server: ReplayServer, tmp_path: Path) -> None:
    limited = Reply(
        status=429,
        headers={"content-type": "application/json", "retry-after": formatdate(time() + 2.2, usegmt=True)},
        body=json.dumps({"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}).encode(),
    )
    began = monotonic()
    assert run(server, tmp_path, limited, reply("Hello")).output == {"answer": "Hello"}
    assert monotonic() - began > 0.9
    # A date that is far away is not waited for.
    far = Reply(status=429, headers={**limited.headers, "retry-after": formatdate(time() + 9e5)}, body=limited.body)
    failed = run(server, tmp_path / "far", far, reply("Hello"))
    assert failed.error is not None
    assert (failed.error["code"], len(server.seen)) == ("model.rate-limit", 1)


SAID = {
    "bare": '{"text": "x", "number": 1}',
    "fence": '```json\n{"text": "x", "number": 1}\n```',
    "shouted fence": '```JSON\n{"text": "x", "number": 1}\n```',
    "fence without its end": '```json\n{"text": "x", "number": 1}',
    "words around": 'Here it is:\n{"text": "x", "number": 1}\nAnything else?',
    "words around a fence": 'Sure!\n\n```json\n{"text": "x", "number": 1}\n```\nDone.',
    "braces in the words": 'I use {curly} words: {"text": "x", "number": 1}.',
    "json in a string": json.dumps('{"text": "x", "number": 1}'),
    "an example before": 'Like {"text": 1}, so: {"text": "x", "number": 1}',
}


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("graph", [TYPED, TYPED_AGENT], ids=["llm", "agent"])
def test_json_is_read_as_models_say_it_without_a_paid_repair(
    server: ReplayServer, tmp_path: Path, name: str, graph: str
) -> None:
    view = run(server, tmp_path, reply(SAID[name]), reply("never asked"), graph=graph)
    assert view.output is not None
    assert view.output["answer"] == {"text": "x", "number": 1}
    assert len(server.seen) == 1
    assert MODEL in str(server.seen[0].body["model"])


def test_what_was_told_of_an_answer_that_is_none_is_void(server: ReplayServer, tmp_path: Path) -> None:
    server.play(events("Half ", "a sent", stop="refusal"))
    project = Project.open(model_project(tmp_path, server.url))

    async def read() -> list[str]:
        return [event.event async for event in project.stream(None, {"question": "Hi"})]

    told = asyncio.run(read())
    project.close()
    assert told.index("token_void") > told.index("token")
