"""What a run is billed: every part of `usage`, or an honest unknown, in spans, budgets and what `check` says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compound.project import Project
from tests.contract.anthropic.replay_server import ReplayServer, Reply
from tests.support.forked import PYTHON, run_forked
from tests.support.models.model_projects import FREE_TEXT, PRICES, TYPED, model_project, models_yaml, reply, spans_of

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project import RunView

TWICE = FREE_TEXT.replace(
    "output: {answer: $answer}",
    "  again: {use: llm, in: {question: $answer}, model: writer, prompt: prompts/ask.md}\noutput: {answer: $again}",
)
# 100 tokens in, 10 out, at 1 and 10 USD for a million.
PLAIN = 200e-6


@pytest.fixture(scope="module")
def server() -> Iterator[ReplayServer]:
    with ReplayServer() as started:
        yield started


def billed(
    server: ReplayServer, root: Path, usage: Mapping[str, JsonValue], *, rest: str = PRICES, **more: Any
) -> dict[str, Any]:
    """The span of one call whose answer has this usage."""
    server.play(reply("Hello", usage=usage, **more))
    project = Project.open(model_project(root, server.url, models=models_yaml(server.url, rest=rest)))
    try:
        view = project.run(None, {"question": "Hi"})
        assert view.output == {"answer": "Hello"}, view.error
        (span,) = spans_of(project, view.run_id)
        return dict(span)
    finally:
        project.close()


def step(kind: str, tokens_in: int, out: int, **more: JsonValue) -> JsonValue:
    return {"type": kind, "input_tokens": tokens_in, "output_tokens": out, **more}


def test_a_compaction_is_billed_beside_the_answer(server: ReplayServer, tmp_path: Path) -> None:
    steps = [step("compaction", 180_000, 3_500), step("message", 100, 10)]
    span = billed(server, tmp_path, {"iterations": steps})
    assert span["cost_usd"] == pytest.approx((180_100 * 1 + 3_510 * 10) / 1e6)
    assert (span["input_tokens"], span["output_tokens"]) == (180_100, 3_510)


def test_an_advisor_is_billed_at_its_own_price(server: ReplayServer, tmp_path: Path) -> None:
    steps = [
        step("message", 60, 4, cache_read_input_tokens=1_000),
        step("advisor_message", 2_564, 99, model="claude-opus-5-5"),
        step("message", 40, 6),
    ]
    span = billed(server, tmp_path, {"iterations": steps})
    assert span["cost_usd"] == pytest.approx((100 * 1 + 10 * 10 + 1_000 * 0.1 + 2_564 * 4 + 99 * 20) / 1e6)
    unknown = [step("message", 100, 10), step("advisor_message", 9_000, 99, model="claude-nobody")]
    span = billed(server, tmp_path / "unknown", {"iterations": unknown})
    assert span["cost_usd"] is None
    assert json.loads(span["attributes"])["known_cost_usd"] == pytest.approx(PLAIN)


FACTORS = (
    PRICES + "  factors: {service_tier=batch: 0.5, inference_geo=us: 1.1}\n  usd_per_use: {web_search_requests: 0.01}\n"
)


@pytest.mark.parametrize(
    ("usage", "factor"),
    [
        ({"service_tier": "standard", "inference_geo": "global", "speed": "standard"}, 1.0),
        ({"inference_geo": "not_available"}, 1.0),
        ({"service_tier": None, "inference_geo": None}, 1.0),
        ({"inference_geo": "us"}, 1.1),
        ({"service_tier": "batch"}, 0.5),
        ({"service_tier": "batch", "inference_geo": "us"}, 0.55),
        ({"service_tier": "priority"}, None),
        ({"inference_geo": "eu"}, None),
        ({"speed": "fast"}, None),
    ],
)
def test_tier_and_geography_have_a_price_of_their_own_or_none(
    server: ReplayServer, tmp_path: Path, usage: dict[str, JsonValue], factor: float | None
) -> None:
    span = billed(server, tmp_path, usage, rest=FACTORS)
    assert span["cost_usd"] == (None if factor is None else pytest.approx(PLAIN * factor))
    if usage.get("inference_geo") == "us" or factor is None:
        bare = billed(server, tmp_path / "bare", usage)
        assert bare["cost_usd"] is None


def test_tools_of_the_provider_are_billed_by_use_or_unknown(server: ReplayServer, tmp_path: Path) -> None:
    searches: dict[str, JsonValue] = {"server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 0}}
    assert billed(server, tmp_path, searches, rest=FACTORS)["cost_usd"] == pytest.approx(PLAIN + 0.03)
    assert billed(server, tmp_path / "bare", searches)["cost_usd"] is None
    none: dict[str, JsonValue] = {"server_tool_use": {"web_search_requests": 0}}
    assert billed(server, tmp_path / "none", none)["cost_usd"] == pytest.approx(PLAIN)


def run(server: ReplayServer, root: Path, *replies: Reply, rest: str, graph: str = TWICE, own: str = "") -> RunView:
    server.play(*replies)
    models = models_yaml(server.url, rest=rest, own=own)
    project = Project.open(model_project(root, server.url, graph=graph, models=models))
    try:
        return project.run(None, {"question": "Hi"})
    finally:
        project.close()


def test_a_compaction_counts_against_the_budget(server: ReplayServer, tmp_path: Path) -> None:
    big = reply("Hello", usage={"iterations": [step("compaction", 400_000, 10_000), step("message", 100, 10)]})
    view = run(server, tmp_path, big, reply("Again"), rest=PRICES + "budget: {usd_per_run: 0.3}\n")
    assert view.error is not None
    assert (view.error["code"], len(server.seen)) == ("model.budget", 1)


@pytest.mark.parametrize(
    "usage", [{"service_tier": "priority"}, {"server_tool_use": {"web_search_requests": 1}}, {"speed": "fast"}]
)
def test_a_limit_in_usd_stops_after_a_call_whose_cost_is_not_known(
    server: ReplayServer, tmp_path: Path, usage: dict[str, JsonValue]
) -> None:
    odd, limit = reply("Hello", usage=usage), "budget: {usd_per_run: 1}\n"
    view = run(server, tmp_path, odd, reply("Again"), rest=PRICES + limit)
    assert view.error is not None
    assert (view.error["code"], len(server.seen)) == ("model.unknown-cost", 1)
    allowed = PRICES + "budget: {usd_per_run: 1, on_unknown: allow}\n"
    assert run(server, tmp_path / "allow", odd, reply("Again"), rest=allowed).output == {"answer": "Again"}
    no_limit = PRICES + "budget: {calls_per_run: 5}\n"
    assert run(server, tmp_path / "open", odd, reply("Again"), rest=no_limit).output == {"answer": "Again"}


def test_what_is_allowed_counts_as_far_as_it_is_known(server: ReplayServer, tmp_path: Path) -> None:
    dear = reply("Hello", usage={"input_tokens": 400_000, "server_tool_use": {"web_search_requests": 1}})
    rest = PRICES + "budget: {usd_per_run: 0.3, on_unknown: allow}\n"
    view = run(server, tmp_path, dear, reply("Again"), rest=rest)
    assert view.error is not None
    assert (view.error["code"], len(server.seen)) == ("model.budget", 1)


def test_a_model_without_a_price_is_not_called_under_a_limit_in_usd(server: ReplayServer, tmp_path: Path) -> None:
    unpriced = PRICES.replace("claude-haiku-5-5:", "claude-haiku-9:")
    view = run(server, tmp_path, reply("Hello"), rest=unpriced + "budget: {usd_per_run: 1}\n")
    assert view.error is not None
    assert (view.error["code"], len(server.seen)) == ("model.unknown-cost", 0)
    own = TWICE.replace("nodes:", "budget: {usd: 1}\nnodes:", 1)
    view = run(server, tmp_path / "graph", reply("Hello"), rest=unpriced, graph=own)
    assert view.error is not None
    assert (view.error["code"], len(server.seen)) == ("model.unknown-cost", 0)
    allow = TWICE.replace("nodes:", "budget: {usd: 1, on_unknown: allow}\nnodes:", 1)
    view = run(server, tmp_path / "allow", reply("Hello"), reply("Again"), rest=unpriced, graph=allow)
    assert view.output == {"answer": "Again"}


def test_a_graph_s_own_limit_leaves_the_others_of_the_models_file(server: ReplayServer, tmp_path: Path) -> None:
    graph = TWICE.replace("nodes:", "budget: {seconds: 60s, calls: 40}\nnodes:", 1)
    dear = reply("Hello", usage={"input_tokens": 400_000})
    view = run(server, tmp_path, dear, reply("Again"), rest=PRICES + "budget: {usd_per_run: 0.3}\n", graph=graph)
    assert view.error is not None
    assert (view.error["code"], len(server.seen)) == ("model.budget", 1)


def check(root: Path) -> tuple[int, str]:
    done = run_forked([PYTHON, "-m", "compound", "check"], cwd=root)
    return done.returncode, done.stdout + done.stderr


UNPRICED = PRICES.replace("claude-haiku-5-5:", "claude-haiku-9:")
SEARCH = "      options: {tools: [{type: web_search_20250305, name: web_search}]}"


@pytest.mark.parametrize(
    ("case", "code", "word"),
    [
        ((UNPRICED + "budget: {usd_per_run: 1}\n", "", FREE_TEXT), 1, "no price of 'claude-haiku-5-5'"),
        ((PRICES + "budget: {usd_per_run: 1}\n", SEARCH, FREE_TEXT), 1, "no price of web_search_requests"),
        (
            (PRICES + "budget: {usd_per_run: 1}\n", "      options: {inference_geo: us}", FREE_TEXT),
            1,
            "inference_geo=us",
        ),
        ((UNPRICED, "", FREE_TEXT.replace("nodes:", "budget: {usd: 1}\nnodes:")), 1, "no price of 'claude-haiku-5-5'"),
        ((UNPRICED + "budget: {usd_per_run: 1, on_unknown: allow}\n", "", FREE_TEXT), 0, "no price of"),
        ((UNPRICED, "", FREE_TEXT), 0, ""),
        ((PRICES + "budget: {usd_per_run: 1}\n", "", FREE_TEXT), 0, ""),
    ],
)
def test_check_says_that_a_limit_in_usd_cannot_hold(
    server: ReplayServer, tmp_path: Path, case: tuple[str, str, str], code: int, word: str
) -> None:
    rest, own, graph = case
    models = models_yaml(server.url, rest=rest, own=own)
    returned, said = check(model_project(tmp_path, server.url, graph=graph, models=models))
    assert returned == code, said
    assert ("model.unknown-cost" in said) == bool(word), said
    assert word in said


def test_a_number_beyond_64_bit_in_a_typed_answer_stays_exact(server: ReplayServer, tmp_path: Path) -> None:
    big = 2**70 + 1
    view = run(server, tmp_path, reply(json.dumps({"text": "x", "number": big})), rest=PRICES, graph=TYPED)
    assert view.output == {"answer": {"text": "x", "number": big}}, view.error


def test_traces_say_what_is_known_of_a_cost_and_that_there_is_more(server: ReplayServer, tmp_path: Path) -> None:
    odd = reply("Hello", usage={"server_tool_use": {"web_search_requests": 1}})
    view = run(server, tmp_path, odd, reply("Again"), rest=PRICES)
    for command, words in ((["list"], "0.0004+"), (["show", view.run_id], "at least 0.0002 USD")):
        said = run_forked([PYTHON, "-m", "compound", "traces", *command], cwd=tmp_path)
        assert words in " ".join(said.stdout.split()), said.stdout + said.stderr
