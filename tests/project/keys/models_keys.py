"""Keys of `connectors/models.yaml`: who answers, what goes over the wire, what is tried again, what it costs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from compound.errors import CompoundError
from tests.contract.anthropic.replay_server import ReplayServer, Reply, Seen
from tests.project.keys.table import Desk, Key, Place
from tests.support.model_projects import FREE_TEXT, model_project, reply, spans_of

if TYPE_CHECKING:
    from compound.graph import RunResult
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
                "factory": "tests.support.wire_chat:WireChat",
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
    body=b"".join(
        b"event: %s\ndata: %s\n\n" % (one["type"].encode(), json.dumps(one).encode())
        for one in (
            {"type": "message_start", "message": json.loads(reply().body) | {"content": [], "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "streamed"}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 10}},
            {"type": "message_stop"},
        )
    ),
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


def _models(changes: Mapping[str, Any], url: str = "http://127.0.0.1:9") -> str:
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


def _project(desk: Desk, changes: Mapping[str, Any], url: str = "http://127.0.0.1:9", graph: str = FREE_TEXT) -> Place:
    root = desk.project({}).root
    model_project(root, url, graph=graph, models=_models(changes, url), tools__solvers_py=SOLVERS)
    return Place(root)


def _ask(desk: Desk, changes: Mapping[str, Any], *replies: Reply, graph: str = FREE_TEXT) -> Asked:
    """Run the graph against a server that gives these answers; one that says "Hello" where none is named."""
    with ReplayServer() as server:
        server.play(*(replies or (reply("Hello"),)))
        with _project(desk, changes, server.url, graph).open() as project:
            view = project.run(None, {"question": "Hi"})
            return Asked(view, server.seen, [dict(span) for span in spans_of(project, view.run_id)])


def _fails(desk: Desk, changes: Mapping[str, Any]) -> str:
    """The error of a project that cannot run."""
    with pytest.raises(CompoundError) as caught:
        _ask(desk, changes)
    return str(caught.value)


def _compound(desk: Desk) -> None:
    said = _fails(desk, {"compound": "models/v9"})
    assert "connectors/models.yaml:1" in said
    assert _ask(desk, {}).said == "Hello"


def _provider(desk: Desk) -> None:
    assert _ask(desk, {"provider": "anthropic"}).said == "Hello"
    assert _ask(desk, {"provider": "offline"}).said == "a calm answer"


def _all_models(desk: Desk) -> None:
    assert _project(desk, {}).codes() == []
    assert (
        "graph.unknown-model"
        in _project(desk, {"models/author": {"solver": "calm"}, "models/writer": LEFT_OUT}).codes()
    )


def _own_provider(desk: Desk) -> None:
    assert _ask(desk, {"models/writer/provider": "offline"}).said == "a calm answer"
    assert _ask(desk, {}).said == "Hello"


def _solver(desk: Desk) -> None:
    for solver, said in (("calm", "a calm answer"), ("loud", "A LOUD ANSWER")):
        assert _ask(desk, {"provider": "offline", "models/writer/solver": solver}).said == said


def _anthropic_model(desk: Desk) -> None:
    assert "model.no-route" in _fails(desk, {"models/writer/anthropic": LEFT_OUT})
    assert _ask(desk, {}).said == "Hello"


def _model(desk: Desk) -> None:
    for name in ("claude-haiku-5-5", "claude-opus-5-5"):
        asked = _ask(desk, {"models/writer/anthropic/model": name})
        assert (asked.seen[0].body["model"], asked.spans[0]["request_model"]) == (name, name)


def _max_tokens(desk: Desk) -> None:
    assert _ask(desk, {}).seen[0].body["max_tokens"] == 4096
    assert _ask(desk, {"models/writer/anthropic/max_tokens": 77}).seen[0].body["max_tokens"] == 77


def _options(desk: Desk) -> None:
    assert "stop_sequences" not in _ask(desk, {}).seen[0].body
    stopped = _ask(desk, {"models/writer/anthropic/options": {"stop_sequences": ["END"]}})
    assert stopped.seen[0].body["stop_sequences"] == ["END"]


def _stream(desk: Desk) -> None:
    whole = _ask(desk, {})
    assert ("stream" in whole.seen[0].body, whole.spans[0]["ttft_s"]) == (False, None)
    streamed = _ask(desk, {"models/writer/anthropic/stream": True}, STREAM)
    assert (streamed.seen[0].body["stream"], streamed.said) == (True, "streamed")
    assert streamed.spans[0]["ttft_s"] > 0


LANGCHAIN = {"provider": "langchain"}


def _langchain(desk: Desk) -> None:
    assert _ask(desk, LANGCHAIN, WIRE).said == "wired"
    assert "model.no-route" in _fails(desk, {**LANGCHAIN, "models/writer/langchain": LEFT_OUT})


def _factory(desk: Desk) -> None:
    paid = {"factory": "tests.support.paid_model:PaidModel", "options": {"name": "x"}}
    other = _ask(desk, {**LANGCHAIN, "models/writer/langchain": paid})
    assert (other.said, other.seen) == ('{"text": "four"}', [])
    assert len(_ask(desk, LANGCHAIN, WIRE).seen) == 1


def _langchain_model(desk: Desk) -> None:
    assert _ask(desk, LANGCHAIN, WIRE).spans[0]["request_model"] == "gpt-wire"
    named = _ask(desk, {**LANGCHAIN, "models/writer/langchain/model": "our-gpt"}, WIRE)
    assert named.spans[0]["request_model"] == "our-gpt"


def _langchain_options(desk: Desk) -> None:
    for team in ("desk", "night"):
        headers = {"models/writer/langchain/options/default_headers": {"x-team": team}}
        assert _ask(desk, {**LANGCHAIN, **headers}, WIRE).seen[0].headers["x-team"] == team


def _langchain_max_tokens(desk: Desk) -> None:
    assert _ask(desk, LANGCHAIN, WIRE).seen[0].body["max_tokens"] == 4096
    few = _ask(desk, {**LANGCHAIN, "models/writer/langchain/max_tokens": 77}, WIRE)
    assert few.seen[0].body["max_tokens"] == 77


def _slow(answer: Reply) -> Reply:
    return Reply(headers=answer.headers, parts=[(0.6, answer.body)])


def _langchain_timeout(desk: Desk) -> None:
    once = {**LANGCHAIN, "retry/attempts": 1}
    assert _ask(desk, once, _slow(WIRE)).said == "wired"
    assert _ask(desk, {**once, "models/writer/langchain/timeout_s": 0.15}, _slow(WIRE)).said == "model.timeout"


def _access(desk: Desk) -> None:
    assert "model.no-key" in _error_without_key(desk)
    assert _ask(desk, {}).seen[0].headers["authorization"] == "Bearer a-key"


def _error_without_key(desk: Desk) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ANTHROPIC_API_KEY", raising=False)
        return _fails(desk, {"anthropic": LEFT_OUT})


def _api_key(desk: Desk) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESK_KEY", "from-the-environment")
        asked = _ask(desk, {"anthropic/api_key": "${env:DESK_KEY}"})
    assert asked.seen[0].headers["authorization"] == "Bearer from-the-environment"
    assert "model.no-variable" in _fails(desk, {"anthropic/api_key": "${env:DESK_KEY}"})


def _base_url(desk: Desk) -> None:
    assert len(_ask(desk, {}).seen) == 1
    nowhere = _ask(desk, {"anthropic/base_url": "http://127.0.0.1:9", "retry/attempts": 1})
    assert (nowhere.said, nowhere.seen) == ("model.connection", [])


def _timeout(desk: Desk) -> None:
    assert _ask(desk, {"retry/attempts": 1}, _slow(reply("Hello"))).said == "Hello"
    assert _ask(desk, {"retry/attempts": 1, "anthropic/timeout_s": 0.15}, _slow(reply("Hello"))).said == "model.timeout"


def _betas(desk: Desk) -> None:
    assert "anthropic-beta" not in _ask(desk, {}).seen[0].headers
    assert _ask(desk, {"anthropic/betas": ["a-1", "b-2"]}).seen[0].headers["anthropic-beta"] == "a-1,b-2"


def _retry(desk: Desk) -> None:
    assert _ask(desk, {}, BUSY, reply("Hello")).said == "Hello"
    once = _ask(desk, {"retry": {"attempts": 1}}, BUSY, reply("Hello"))
    assert (once.said, len(once.seen)) == ("model.overloaded", 1)


def _attempts(desk: Desk) -> None:
    for attempts in (2, 3):
        assert len(_ask(desk, {"retry/attempts": attempts}, *[BUSY] * 9).seen) == attempts


def _waits(asked: Asked) -> list[float]:
    """Seconds between the tries, as the trace tells them."""
    told: list[str] = json.loads(asked.spans[0]["attributes"])["retries"]
    return [float(one.split(" after ")[1].removesuffix(" s")) for one in told]


def _first_wait(desk: Desk) -> None:
    (short,) = _waits(_ask(desk, {"retry/first_wait_s": 0.01}, BUSY, reply("Hello")))
    (longer,) = _waits(_ask(desk, {"retry/first_wait_s": 0.2}, BUSY, reply("Hello")))
    assert short <= 0.02
    assert 0.1 <= longer <= 0.3


def _longest_wait(desk: Desk) -> None:
    growing = {"retry/first_wait_s": 0.1}
    assert _waits(_ask(desk, growing, BUSY, BUSY, BUSY, reply("Hello")))[2] >= 0.2
    capped = _waits(_ask(desk, {**growing, "retry/longest_wait_s": 0.01}, BUSY, BUSY, BUSY, reply("Hello")))
    assert max(capped) <= 0.02


def _longest_retry_after(desk: Desk) -> None:
    asks = Reply(status=429, headers={**BUSY.headers, "retry-after": "0.1"}, body=BUSY.body)
    assert _ask(desk, {}, asks, reply("Hello")).said == "Hello"
    impatient = _ask(desk, {"retry/longest_retry_after_s": 0.05}, asks, reply("Hello"))
    assert (impatient.said == "Hello", len(impatient.seen)) == (False, 1)


def _budget(desk: Desk) -> None:
    answers = (reply("Hello"), reply("Again"))
    assert _ask(desk, {}, *answers, graph=TWICE).said == "Again"
    assert _ask(desk, {"budget": {"calls_per_run": 1}}, *answers, graph=TWICE).said == "model.budget"


def _usd_per_run(desk: Desk) -> None:
    answers = (reply("Hello"), reply("Again"))  # 100 tokens in and 10 out: 0.20 USD
    assert _ask(desk, {"budget/usd_per_run": 100}, *answers, graph=TWICE).said == "Again"
    stopped = _ask(desk, {"budget/usd_per_run": 0.15, "models/writer/anthropic/max_tokens": 1}, *answers, graph=TWICE)
    assert (stopped.said, len(stopped.seen)) == ("model.budget", 1)


def _calls_per_run(desk: Desk) -> None:
    answers = (reply("Hello"), reply("Again"))
    assert _ask(desk, {"budget/calls_per_run": 2}, *answers, graph=TWICE).said == "Again"
    stopped = _ask(desk, {"budget/calls_per_run": 1}, *answers, graph=TWICE)
    assert (stopped.said, len(stopped.seen)) == ("model.budget", 1)


def _on_unknown(desk: Desk) -> None:
    unpriced = {"models/writer/anthropic/model": "claude-nobody", "budget/usd_per_run": 100}
    stopped = _ask(desk, unpriced)
    assert (stopped.said, stopped.seen) == ("model.unknown-cost", [])
    allowed = {**unpriced, "budget/on_unknown": "allow"}
    assert _ask(desk, allowed).said == "Hello"
    findings = [(one.code, one.severity) for one in _project(desk, allowed).findings()]
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
        place = _project(desk, changes, server.url, FAILS_LATER).write({"tools/breaks.py": BREAKS})
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
    assert _ask(desk, {}).cost == pytest.approx(0.2)
    assert _ask(desk, {"prices": LEFT_OUT}).cost is None


def _version(desk: Desk) -> None:
    for version in ("2026-11-24", "2027-01-01"):
        assert _ask(desk, {"prices/version": version}).spans[0]["price_table_version"] == version


def _source(desk: Desk) -> None:
    unpriced = {"models/writer/anthropic/model": "claude-nobody", "budget/usd_per_run": 1}
    (finding,) = _project(desk, {**unpriced, "prices/source": "https://prices.example"}).findings()
    assert "https://prices.example" in finding.fix
    (finding,) = _project(desk, unpriced).findings()
    assert "the list is from" not in finding.fix


def _per_million(desk: Desk) -> None:
    assert _ask(desk, {}).cost == pytest.approx(0.2)
    assert _ask(desk, {"prices/usd_per_million_tokens": {}}).cost is None


PRICES = "prices/usd_per_million_tokens/claude-haiku-5-5/"


def _priced(desk: Desk, key: str, usage: Mapping[str, Any], more: float) -> None:
    """A price that is higher by 1,000 USD for a million tokens makes the call dearer by `more`."""
    known: Any = MODELS["prices"]["usd_per_million_tokens"]["claude-haiku-5-5"]
    costs = [
        _ask(desk, {f"{PRICES}{key}": known[key] + added}, reply("Hello", usage=dict(usage))).cost
        for added in (0, 1000)
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
    assert _ask(desk, {}).cost == pytest.approx(0.2)
    assert _ask(desk, _above(99)).cost == pytest.approx(0.4)


def _above_tokens(desk: Desk) -> None:
    assert _ask(desk, _above(100)).cost == pytest.approx(0.2)
    assert _ask(desk, _above(99)).cost == pytest.approx(0.4)


def _above_price(desk: Desk) -> None:
    assert _ask(desk, _above(99, factor=3)).cost == pytest.approx(0.6)


def _factors(desk: Desk) -> None:
    batch = reply("Hello", usage={"service_tier": "batch"})
    assert _ask(desk, {}, batch).cost is None
    assert _ask(desk, {"prices/factors": {"service_tier=batch": 0.5}}, batch).cost == pytest.approx(0.1)


def _per_use(desk: Desk) -> None:
    searched = reply("Hello", usage={"server_tool_use": {"web_search_requests": 3}})
    assert _ask(desk, {}, searched).cost is None
    assert _ask(desk, {"prices/usd_per_use": {"web_search_requests": 0.01}}, searched).cost == pytest.approx(0.23)


KEYS = (
    Key("models", "compound", _compound),
    Key("models", "provider", _provider),
    Key("models", "models", _all_models),
    Key("models", "models.*.provider", _own_provider),
    Key("models", "models.*.solver", _solver),
    Key("models", "models.*.anthropic", _anthropic_model),
    Key("models", "models.*.anthropic.model", _model),
    Key("models", "models.*.anthropic.max_tokens", _max_tokens),
    Key("models", "models.*.anthropic.options", _options),
    Key("models", "models.*.anthropic.stream", _stream),
    Key("models", "models.*.langchain", _langchain),
    Key("models", "models.*.langchain.factory", _factory),
    Key("models", "models.*.langchain.model", _langchain_model),
    Key("models", "models.*.langchain.options", _langchain_options),
    Key("models", "models.*.langchain.max_tokens", _langchain_max_tokens),
    Key("models", "models.*.langchain.timeout_s", _langchain_timeout),
    Key("models", "anthropic", _access),
    Key("models", "anthropic.api_key", _api_key),
    Key("models", "anthropic.base_url", _base_url),
    Key("models", "anthropic.timeout_s", _timeout),
    Key("models", "anthropic.betas", _betas),
    Key("models", "retry", _retry),
    Key("models", "retry.attempts", _attempts),
    Key("models", "retry.first_wait_s", _first_wait),
    Key("models", "retry.longest_wait_s", _longest_wait),
    Key("models", "retry.longest_retry_after_s", _longest_retry_after),
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
