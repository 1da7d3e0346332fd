"""Keys of `connectors/models.yaml`: who answers, what goes over the wire, what is tried again."""

from __future__ import annotations

import json

import pytest

from tests.contract.anthropic.replay_server import Reply
from tests.project.keys.table import Desk, Key
from tests.project.keys.wire import BUSY, LEFT_OUT, STREAM, WIRE, Asked, ask, fails, models_project
from tests.support.models.model_projects import reply


def _compound(desk: Desk) -> None:
    said = fails(desk, {"compound": "models/v9"})
    assert "connectors/models.yaml:1" in said
    assert ask(desk, {}).said == "Hello"


def _provider(desk: Desk) -> None:
    assert ask(desk, {"provider": "anthropic"}).said == "Hello"
    assert ask(desk, {"provider": "offline"}).said == "a calm answer"


def _all_models(desk: Desk) -> None:
    assert models_project(desk, {}).codes() == []
    assert (
        "graph.unknown-model"
        in models_project(desk, {"models/author": {"solver": "calm"}, "models/writer": LEFT_OUT}).codes()
    )


def _own_provider(desk: Desk) -> None:
    assert ask(desk, {"models/writer/provider": "offline"}).said == "a calm answer"
    assert ask(desk, {}).said == "Hello"


def _solver(desk: Desk) -> None:
    for solver, said in (("calm", "a calm answer"), ("loud", "A LOUD ANSWER")):
        assert ask(desk, {"provider": "offline", "models/writer/solver": solver}).said == said


def _anthropic_model(desk: Desk) -> None:
    assert "model.no-route" in fails(desk, {"models/writer/anthropic": LEFT_OUT})
    assert ask(desk, {}).said == "Hello"


def _model(desk: Desk) -> None:
    for name in ("claude-haiku-5-5", "claude-opus-5-5"):
        asked = ask(desk, {"models/writer/anthropic/model": name})
        assert (asked.seen[0].body["model"], asked.spans[0]["request_model"]) == (name, name)


def _max_tokens(desk: Desk) -> None:
    assert ask(desk, {}).seen[0].body["max_tokens"] == 4096
    assert ask(desk, {"models/writer/anthropic/max_tokens": 77}).seen[0].body["max_tokens"] == 77


def _options(desk: Desk) -> None:
    assert "stop_sequences" not in ask(desk, {}).seen[0].body
    stopped = ask(desk, {"models/writer/anthropic/options": {"stop_sequences": ["END"]}})
    assert stopped.seen[0].body["stop_sequences"] == ["END"]


def _stream(desk: Desk) -> None:
    whole = ask(desk, {})
    assert ("stream" in whole.seen[0].body, whole.spans[0]["ttft_s"]) == (False, None)
    streamed = ask(desk, {"models/writer/anthropic/stream": True}, STREAM)
    assert (streamed.seen[0].body["stream"], streamed.said) == (True, "streamed")
    assert streamed.spans[0]["ttft_s"] > 0


LANGCHAIN = {"provider": "langchain"}


def _langchain(desk: Desk) -> None:
    assert ask(desk, LANGCHAIN, WIRE).said == "wired"
    assert "model.no-route" in fails(desk, {**LANGCHAIN, "models/writer/langchain": LEFT_OUT})


def _factory(desk: Desk) -> None:
    paid = {"factory": "tests.support.models.paid_model:PaidModel", "options": {"name": "x"}}
    other = ask(desk, {**LANGCHAIN, "models/writer/langchain": paid})
    assert (other.said, other.seen) == ('{"text": "four"}', [])
    assert len(ask(desk, LANGCHAIN, WIRE).seen) == 1


def _langchain_model(desk: Desk) -> None:
    assert ask(desk, LANGCHAIN, WIRE).spans[0]["request_model"] == "gpt-wire"
    named = ask(desk, {**LANGCHAIN, "models/writer/langchain/model": "our-gpt"}, WIRE)
    assert named.spans[0]["request_model"] == "our-gpt"


def _langchain_options(desk: Desk) -> None:
    for team in ("desk", "night"):
        headers = {"models/writer/langchain/options/default_headers": {"x-team": team}}
        assert ask(desk, {**LANGCHAIN, **headers}, WIRE).seen[0].headers["x-team"] == team


def _langchain_max_tokens(desk: Desk) -> None:
    assert ask(desk, LANGCHAIN, WIRE).seen[0].body["max_tokens"] == 4096
    few = ask(desk, {**LANGCHAIN, "models/writer/langchain/max_tokens": 77}, WIRE)
    assert few.seen[0].body["max_tokens"] == 77


def _slow(answer: Reply) -> Reply:
    return Reply(headers=answer.headers, parts=[(0.6, answer.body)])


def _langchain_timeout(desk: Desk) -> None:
    once = {**LANGCHAIN, "retry/attempts": 1}
    assert ask(desk, once, _slow(WIRE)).said == "wired"
    assert ask(desk, {**once, "models/writer/langchain/timeout_s": 0.15}, _slow(WIRE)).said == "model.timeout"


def _access(desk: Desk) -> None:
    assert "model.no-key" in _error_without_key(desk)
    assert ask(desk, {}).seen[0].headers["authorization"] == "Bearer a-key"


def _error_without_key(desk: Desk) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ANTHROPIC_API_KEY", raising=False)
        return fails(desk, {"anthropic": LEFT_OUT})


def _api_key(desk: Desk) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESK_KEY", "from-the-environment")
        asked = ask(desk, {"anthropic/api_key": "${env:DESK_KEY}"})
    assert asked.seen[0].headers["authorization"] == "Bearer from-the-environment"
    assert "model.no-variable" in fails(desk, {"anthropic/api_key": "${env:DESK_KEY}"})


def _base_url(desk: Desk) -> None:
    assert len(ask(desk, {}).seen) == 1
    nowhere = ask(desk, {"anthropic/base_url": "http://127.0.0.1:9", "retry/attempts": 1})
    assert (nowhere.said, nowhere.seen) == ("model.connection", [])


def _timeout(desk: Desk) -> None:
    assert ask(desk, {"retry/attempts": 1}, _slow(reply("Hello"))).said == "Hello"
    assert ask(desk, {"retry/attempts": 1, "anthropic/timeout_s": 0.15}, _slow(reply("Hello"))).said == "model.timeout"


def _betas(desk: Desk) -> None:
    assert "anthropic-beta" not in ask(desk, {}).seen[0].headers
    assert ask(desk, {"anthropic/betas": ["a-1", "b-2"]}).seen[0].headers["anthropic-beta"] == "a-1,b-2"


def _retry(desk: Desk) -> None:
    assert ask(desk, {}, BUSY, reply("Hello")).said == "Hello"
    once = ask(desk, {"retry": {"attempts": 1}}, BUSY, reply("Hello"))
    assert (once.said, len(once.seen)) == ("model.overloaded", 1)


def _attempts(desk: Desk) -> None:
    for attempts in (2, 3):
        assert len(ask(desk, {"retry/attempts": attempts}, *[BUSY] * 9).seen) == attempts


def _waits(asked: Asked) -> list[float]:
    """Seconds between the tries, as the trace tells them."""
    told: list[str] = json.loads(asked.spans[0]["attributes"])["retries"]
    return [float(one.split(" after ")[1].removesuffix(" s")) for one in told]


def _first_wait(desk: Desk) -> None:
    (short,) = _waits(ask(desk, {"retry/first_wait_s": 0.01}, BUSY, reply("Hello")))
    (longer,) = _waits(ask(desk, {"retry/first_wait_s": 0.2}, BUSY, reply("Hello")))
    assert short <= 0.02
    assert 0.1 <= longer <= 0.3


def _longest_wait(desk: Desk) -> None:
    growing = {"retry/first_wait_s": 0.1}
    assert _waits(ask(desk, growing, BUSY, BUSY, BUSY, reply("Hello")))[2] >= 0.2
    capped = _waits(ask(desk, {**growing, "retry/longest_wait_s": 0.01}, BUSY, BUSY, BUSY, reply("Hello")))
    assert max(capped) <= 0.02


def _longest_retry_after(desk: Desk) -> None:
    asks = Reply(status=429, headers={**BUSY.headers, "retry-after": "0.1"}, body=BUSY.body)
    assert ask(desk, {}, asks, reply("Hello")).said == "Hello"
    impatient = ask(desk, {"retry/longest_retry_after_s": 0.05}, asks, reply("Hello"))
    assert (impatient.said == "Hello", len(impatient.seen)) == (False, 1)


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
)
