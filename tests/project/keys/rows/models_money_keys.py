"""Keys of `connectors/models.yaml`: what a run may spend, what a call costs, which calls are paid once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.anthropic.replay_server import ReplayServer
from tests.project.keys.table import Desk, Key
from tests.project.keys.wire import LEFT_OUT, MODELS, TWICE, ask, models_project
from tests.support.models.model_projects import reply

if TYPE_CHECKING:
    from compound.graph import RunResult


def _budget(desk: Desk) -> None:
    answers = (reply("Hello"), reply("Again"))
    assert ask(desk, {}, *answers, graph=TWICE).said == "Again"
    assert ask(desk, {"budget": {"calls_per_run": 1}}, *answers, graph=TWICE).said == "model.budget"


def _usd_per_run(desk: Desk) -> None:
    answers = (reply("Hello"), reply("Again"))  # 100 tokens in and 10 out: 0.20 USD
    assert ask(desk, {"budget/usd_per_run": 100}, *answers, graph=TWICE).said == "Again"
    stopped = ask(desk, {"budget/usd_per_run": 0.15, "models/writer/anthropic/max_tokens": 1}, *answers, graph=TWICE)
    assert (stopped.said, len(stopped.seen)) == ("model.budget", 1)


def _calls_per_run(desk: Desk) -> None:
    answers = (reply("Hello"), reply("Again"))
    assert ask(desk, {"budget/calls_per_run": 2}, *answers, graph=TWICE).said == "Again"
    stopped = ask(desk, {"budget/calls_per_run": 1}, *answers, graph=TWICE)
    assert (stopped.said, len(stopped.seen)) == ("model.budget", 1)


def _on_unknown(desk: Desk) -> None:
    unpriced = {"models/writer/anthropic/model": "claude-nobody", "budget/usd_per_run": 100}
    stopped = ask(desk, unpriced)
    assert (stopped.said, stopped.seen) == ("model.unknown-cost", [])
    allowed = {**unpriced, "budget/on_unknown": "allow"}
    assert ask(desk, allowed).said == "Hello"
    findings = [(one.code, one.severity) for one in models_project(desk, allowed).findings()]
    assert findings == [("model.unknown-cost", "warning")]


FAILS_LATER = """\
compound: graph/v1
name: main
input: {question: str}
output: {answer: $answer, calm: $calm}
nodes:
  answer: {use: llm, in: {question: $input.question}, model: writer, prompt: prompts/ask.md}
  calm: {use: llm, in: {question: $answer}, model: sure, prompt: prompts/ask.md}
  breaks: {use: tool, tool: breaks, after: [calm], in: {}}
"""
BREAKS = """\
from pathlib import Path

from compound.model import solver
from compound.tool import tool

LOG = Path(__file__).parent.parent / "solved.log"


@solver("noted")
def noted(inputs):
    with LOG.open("a") as log:
        log.write("x")
    return "calm"


@tool
def breaks() -> str:
    raise ValueError("broken")
"""


def _called_again(desk: Desk, journal: str) -> tuple[int, int]:
    """Calls of a paid model and of a solver, of a run that fails after both and goes on once more."""
    with ReplayServer() as server:
        server.play(*[reply("Hello")] * 2)
        changes = {"journal": journal, "models/sure": {"provider": "offline", "solver": "noted"}}
        place = models_project(desk, changes, server.url, FAILS_LATER).write({"tools/breaks.py": BREAKS})
        for _ in range(2):
            with place.open() as project:

                async def play() -> RunResult:
                    async with project.engine() as engine:
                        return await engine.run({"question": "Hi"}, run_id="r-1")

                assert asyncio.run(play()).error is not None
        return len(server.seen), len((place.root / "solved.log").read_text())


def _journal(desk: Desk) -> None:
    found = {journal: _called_again(desk, journal) for journal in ("all", "paid", "none")}
    assert found == {"all": (1, 1), "paid": (1, 2), "none": (2, 2)}


def _prices(desk: Desk) -> None:
    assert ask(desk, {}).cost == pytest.approx(0.2)
    assert ask(desk, {"prices": LEFT_OUT}).cost is None


def _version(desk: Desk) -> None:
    for version in ("2026-11-24", "2027-01-01"):
        assert ask(desk, {"prices/version": version}).spans[0]["price_table_version"] == version


def _source(desk: Desk) -> None:
    unpriced = {"models/writer/anthropic/model": "claude-nobody", "budget/usd_per_run": 1}
    (finding,) = models_project(desk, {**unpriced, "prices/source": "https://prices.example"}).findings()
    assert "https://prices.example" in finding.fix
    (finding,) = models_project(desk, unpriced).findings()
    assert "the list is from" not in finding.fix


def _per_million(desk: Desk) -> None:
    assert ask(desk, {}).cost == pytest.approx(0.2)
    assert ask(desk, {"prices/usd_per_million_tokens": {}}).cost is None


PRICES = "prices/usd_per_million_tokens/claude-haiku-5-5/"


def _priced(desk: Desk, key: str, usage: Mapping[str, Any], more: float) -> None:
    """A price that is higher by 1,000 USD for a million tokens makes the call dearer by `more`."""
    known: Any = MODELS["prices"]["usd_per_million_tokens"]["claude-haiku-5-5"]
    costs = [
        ask(desk, {f"{PRICES}{key}": known[key] + added}, reply("Hello", usage=dict(usage))).cost for added in (0, 1000)
    ]
    assert costs[0] is not None
    assert costs[1] == pytest.approx(costs[0] + more)


def _input(desk: Desk) -> None:
    _priced(desk, "input", {}, 0.1)


def _output(desk: Desk) -> None:
    _priced(desk, "output", {}, 0.01)


def _cache_read(desk: Desk) -> None:
    _priced(desk, "cache_read", {"cache_read_input_tokens": 500}, 0.5)


def _cache_write_5m(desk: Desk) -> None:
    _priced(desk, "cache_write_5m", {"cache_creation_input_tokens": 300}, 0.3)


def _cache_write_1h(desk: Desk) -> None:
    written = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 300}
    _priced(desk, "cache_write_1h", {"cache_creation_input_tokens": 300, "cache_creation": written}, 0.3)


def _above(tokens: int, factor: int = 2) -> dict[str, Any]:
    known: Any = MODELS["prices"]["usd_per_million_tokens"]["claude-haiku-5-5"]
    price = {name: factor * value for name, value in known.items()}
    return {f"{PRICES}above": {"tokens": tokens, "price": price}}


def _long_prompt(desk: Desk) -> None:
    assert ask(desk, {}).cost == pytest.approx(0.2)
    assert ask(desk, _above(99)).cost == pytest.approx(0.4)


def _above_tokens(desk: Desk) -> None:
    assert ask(desk, _above(100)).cost == pytest.approx(0.2)
    assert ask(desk, _above(99)).cost == pytest.approx(0.4)


def _above_price(desk: Desk) -> None:
    assert ask(desk, _above(99, factor=3)).cost == pytest.approx(0.6)


def _factors(desk: Desk) -> None:
    batch = reply("Hello", usage={"service_tier": "batch"})
    assert ask(desk, {}, batch).cost is None
    assert ask(desk, {"prices/factors": {"service_tier=batch": 0.5}}, batch).cost == pytest.approx(0.1)


def _per_use(desk: Desk) -> None:
    searched = reply("Hello", usage={"server_tool_use": {"web_search_requests": 3}})
    assert ask(desk, {}, searched).cost is None
    assert ask(desk, {"prices/usd_per_use": {"web_search_requests": 0.01}}, searched).cost == pytest.approx(0.23)


KEYS = (
    Key("models", "budget", _budget),
    Key("models", "budget.usd_per_run", _usd_per_run),
    Key("models", "budget.calls_per_run", _calls_per_run),
    Key("models", "budget.on_unknown", _on_unknown),
    Key("models", "journal", _journal),
    Key("models", "prices", _prices),
    Key("models", "prices.version", _version),
    Key("models", "prices.source", _source),
    Key("models", "prices.usd_per_million_tokens", _per_million),
    Key("models", "prices.usd_per_million_tokens.*.input", _input),
    Key("models", "prices.usd_per_million_tokens.*.output", _output),
    Key("models", "prices.usd_per_million_tokens.*.cache_read", _cache_read),
    Key("models", "prices.usd_per_million_tokens.*.cache_write_5m", _cache_write_5m),
    Key("models", "prices.usd_per_million_tokens.*.cache_write_1h", _cache_write_1h),
    Key("models", "prices.usd_per_million_tokens.*.above", _long_prompt),
    Key("models", "prices.usd_per_million_tokens.*.above.tokens", _above_tokens),
    Key("models", "prices.usd_per_million_tokens.*.above.price", _above_price),
    Key("models", "prices.factors", _factors),
    Key("models", "prices.usd_per_use", _per_use),
)
