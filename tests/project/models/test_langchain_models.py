"""`provider: langchain` in a project: a partner's chat model behind a real socket, from models.yaml to the bill."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from compound.errors import ProjectError
from compound.project import Project
from tests.contract.anthropic.replay_server import ReplayServer, Reply
from tests.support.models.model_projects import FREE_TEXT, TYPED, model_project, spans_of

if TYPE_CHECKING:
    from compound.graph import RunEvent
    from compound.project import RunView

PRICES = """\
prices:
  version: "1"
  usd_per_million_tokens:
    gpt-wire: {input: 1, output: 10, cache_read: 0.1, cache_write_5m: 1, cache_write_1h: 1}
"""
MODELS = """\
compound: models/v1
provider: langchain
models:
  writer:
    langchain:
      factory: tests.support.models.wire_chat:WireChat
      max_tokens: 77
      options:
        model: gpt-wire
        api_key: ${env:WIRE_KEY}
        base_url: URL
        default_headers: {x-team: "team ${env:WIRE_TEAM}"}
retry: {attempts: 3, first_wait_s: 0.01}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[ReplayServer]:
    with ReplayServer() as started:
        yield started


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIRE_KEY", "secret-1")
    monkeypatch.setenv("WIRE_TEAM", "desk")


def said(text: str, *, stop: str = "stop", model: str = "gpt-wire-2026-01-15", **message: Any) -> Reply:
    body = {
        "model": model,
        "choices": [{"message": {"content": text, **message}, "finish_reason": stop}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10},
    }
    return Reply(body=json.dumps(body).encode())


def failed(status: int, words: str = "no", **headers: str) -> Reply:
    body = json.dumps({"error": {"message": words}}).encode()
    return Reply(status=status, headers={"content-type": "application/json", **headers}, body=body)


def project_of(root: Path, url: str, *, graph: str = FREE_TEXT, models: str = MODELS, rest: str = PRICES) -> Project:
    return Project.open(model_project(root, url, graph=graph, models=models.replace("URL", url) + rest))


def run(server: ReplayServer, root: Path, *replies: Reply, **how: str) -> tuple[RunView, list[dict[str, Any]]]:
    server.play(*replies)
    project = project_of(root, server.url, **how)
    try:
        view = project.run(None, {"question": "Hi"})
        return view, [dict(span) for span in spans_of(project, view.run_id)]
    finally:
        project.close()


def test_a_call_says_what_the_file_says_and_is_priced_by_its_dated_model(server: ReplayServer, tmp_path: Path) -> None:
    view, (span,) = run(server, tmp_path, said("Hello"))
    assert view.output == {"answer": "Hello"}, view.error
    (seen,) = server.seen
    assert (seen.headers["authorization"], seen.headers["x-team"]) == ("Bearer secret-1", "team desk")
    assert (seen.body["max_tokens"], seen.body["model"], seen.body["retries"]) == (77, "gpt-wire", 0)
    assert (span["request_model"], span["response_model"]) == ("gpt-wire", "gpt-wire-2026-01-15")
    assert span["cost_usd"] == pytest.approx(200e-6)


@pytest.mark.parametrize("key", ["WIRE_KEY", "WIRE_TEAM"])
def test_a_variable_that_is_not_there_is_an_error_that_names_it(
    server: ReplayServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.delenv(key)
    with pytest.raises(ProjectError) as caught:
        run(server, tmp_path, said("Hello"))
    assert caught.value.code == "model.no-variable"
    assert key in caught.value.what
    assert "secret-1" not in str(caught.value)


def test_a_streamed_answer_has_its_usage(server: ReplayServer, tmp_path: Path) -> None:
    server.play(said("Hello there you"))
    project = project_of(tmp_path, server.url)

    async def read() -> list[RunEvent]:
        return [event async for event in project.stream(None, {"question": "Hi"}, run_id="run-1")]

    events = asyncio.run(read())
    (span,) = spans_of(project, "run-1")
    project.close()
    assert len([event for event in events if event.event == "token"]) == 3
    assert (span["input_tokens"], span["output_tokens"]) == (100, 10)
    assert span["cost_usd"] == pytest.approx(200e-6)


@pytest.mark.parametrize(
    ("reply", "code", "asked"),
    [
        (failed(401), "model.auth", 1),
        (failed(403), "model.auth", 1),
        (failed(404), "model.not-found", 1),
        (failed(400), "model.bad-request", 1),
        (failed(422), "model.bad-request", 1),
        (failed(429, "You exceeded your current quota, please check your plan"), "model.spend-limit", 1),
        (failed(429), "model.rate-limit", 3),
        (failed(503), "model.server", 3),
        (Reply(body=b"cut", declared=500), "model.connection", 2),
        (Reply(headers={"content-type": "text/html"}, body=b"<html>"), "model.bad-answer", 2),
    ],
    ids=lambda value: str(value)[:60],
)
def test_errors_are_told_apart_by_class(
    server: ReplayServer, tmp_path: Path, reply: Reply, code: str, asked: int
) -> None:
    view, _ = run(server, tmp_path, *[reply] * 5)
    assert view.error is not None
    assert (view.error["code"], len(server.seen)) == (code, asked)


def test_a_wait_that_is_asked_for_is_kept(server: ReplayServer, tmp_path: Path) -> None:
    began = monotonic()
    view, _ = run(server, tmp_path, failed(429, **{"Retry-After": "1"}), said("Hello"))
    assert view.output == {"answer": "Hello"}
    assert monotonic() - began >= 1.0


@pytest.mark.parametrize(
    "reply",
    [said("I can", stop="content_filter"), said("", refusal="I will not do that"), said("Half a", stop="length")],
)
def test_refused_and_cut_answers_are_outcomes(server: ReplayServer, tmp_path: Path, reply: Reply) -> None:
    view, (span,) = run(server, tmp_path, reply)
    assert view.output == {"answer": None}
    assert json.loads(span["attributes"])["abstain_reason"]
    assert len(server.seen) == 1


def test_a_typed_answer_is_asked_for_natively(server: ReplayServer, tmp_path: Path) -> None:
    view, (span,) = run(server, tmp_path, said('{"text": "x", "number": 1}'), graph=TYPED)
    assert view.output == {"answer": {"text": "x", "number": 1}}, view.error
    asked: Any = server.seen[0].body
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["text", "number"]
    assert "JSON Schema" not in json.dumps(asked["messages"])
    assert asked["max_tokens"] == 77
    assert span["cost_usd"] == pytest.approx(200e-6)
    wrong, right = said('{"text": "x", "number": "one"}'), said('{"text": "x", "number": 1}')
    view, _ = run(server, tmp_path / "again", wrong, right, graph=TYPED)
    assert view.output == {"answer": {"text": "x", "number": 1}}
    assert len(server.seen) == 2


def test_a_model_s_own_timeout_holds(server: ReplayServer, tmp_path: Path) -> None:
    models = MODELS.replace("      max_tokens: 77\n", "      timeout_s: 3\n      max_tokens: 77\n")
    slow = Reply(parts=[(8.0, said("Hello").body)])
    view, _ = run(server, tmp_path, slow, said("Hello"), models=models)
    assert view.output == {"answer": "Hello"}
    view, _ = run(server, tmp_path / "again", slow, slow, models=models)
    assert view.error is not None
    assert (view.error["code"], len(server.seen)) == ("model.timeout", 2)


def test_a_budget_in_usd_knows_the_model_before_it_is_called(server: ReplayServer, tmp_path: Path) -> None:
    rest = PRICES + "budget: {usd_per_run: 0.0001}\n"
    view, _ = run(server, tmp_path, said("Hello"), rest=rest)
    assert view.error is not None
    assert (view.error["code"], len(server.seen)) == ("model.budget", 0)
