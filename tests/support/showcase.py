"""Runs of the project's graphs as a user starts them, and as a model would answer them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import orjson

from compound.model import ModelRequest, ModelResponse, ScriptedProvider, ToolCall
from compound.model.gateway.gateway import Gateway
from compound.model.gateway.route import Route
from tests.e2e.desk_homes import Home

if TYPE_CHECKING:
    from compound.project import Project, RunView

Answer = str | Mapping[str, Any] | ModelResponse | Exception
Script = Sequence[Answer] | Callable[[ModelRequest], Answer]


class Models:
    """Scripted models: logical name to what it answers, in order or by a function.

    Attributes:
        asked: Logical name to the requests that arrived.
    """

    def __init__(self, scripts: Mapping[str, Script]) -> None:
        self._providers = {name: ScriptedProvider(_answers(script)) for name, script in scripts.items()}
        self.gateway = Gateway(
            {name: Route(provider=one, model=name, max_tokens=1000) for name, one in self._providers.items()}
        )

    @property
    def asked(self) -> Mapping[str, list[ModelRequest]]:
        return {name: one.requests for name, one in self._providers.items()}

    def prompts(self, name: str) -> list[str]:
        """What a model was shown last in each of its calls."""
        return [str(request.messages[-1].content) for request in self.asked[name]]


def calls(*asked: tuple[str, Mapping[str, Any]]) -> ModelResponse:
    """A turn in which a model asks for tools."""
    made = tuple(ToolCall(id=f"c{at}", name=name, arguments=dict(args)) for at, (name, args) in enumerate(asked))
    return ModelResponse(content=made, tool_calls=made, stop_reason="tool_use")


def _answers(script: Script) -> Any:
    if callable(script):

        def answer(request: ModelRequest) -> ModelResponse | str | Exception:
            return _answer(script(request))

        return answer
    return [_answer(one) for one in script]


def _answer(one: Answer) -> ModelResponse | str | Exception:
    return orjson.dumps(one).decode() if isinstance(one, Mapping) else one


@contextmanager
def scripted(home: Home, **scripts: Script) -> Generator[tuple[Project, Models]]:
    """The project on a home, where these models answer; every other one is unknown."""
    project, models = home.open(), Models(scripts)
    project.resources.__dict__["gateway"] = models.gateway
    try:
        yield project, models
    finally:
        project.close()


def output(run: RunView) -> dict[str, Any]:
    """What a finished run gave."""
    assert run.status == "done", run.error
    return dict(cast("Mapping[str, Any]", run.output))


def run_json(home: Home, graph: str, *values: str) -> dict[str, Any]:
    """What `compound run GRAPH NAME=VALUE...` gives, in this process: a program for each would take seconds."""
    project = home.open()
    try:
        return output(project.run(graph, project.inputs(graph, values)))
    finally:
        project.close()
