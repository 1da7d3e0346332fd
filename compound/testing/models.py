"""Models of tests: answers that the test wrote, and answers that were recorded once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

import orjson

from compound.errors import ModelError
from compound.model import ModelRequest, ModelResponse, Provider, ProviderSetup, ScriptedProvider, StreamEnd, TextDelta
from compound.model.call.canonical import dump_response, load_response, request_hash

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.model import StreamEvent

Answer: TypeAlias = "JsonValue | ModelResponse | Exception"
"""A text is said as it is; a record or a list is said as JSON; an exception is raised."""
Script: TypeAlias = "Sequence[Answer] | Callable[[ModelRequest], Answer] | Provider"
"""The answers of one model: in order, by a function of the request, or of a provider of its own."""

_SCRIPTS: dict[str, Mapping[str, Provider]] = {}
"""The folder of a project under test to the provider of each of its models."""


def scripted(answers: Script) -> Provider:
    """A provider that gives these answers; `requests` of a `ScriptedProvider` lists what was asked."""
    if isinstance(answers, str):
        raise TypeError(f"the answers of a model are a list, a function or a provider, not the text {answers!r}")
    if isinstance(answers, Sequence):
        return ScriptedProvider([_said(one) for one in answers])
    if callable(answers):
        return ScriptedProvider(lambda request: _said(answers(request)))
    return answers


def _said(answer: Answer) -> ModelResponse | str | Exception:
    return answer if isinstance(answer, ModelResponse | str | Exception) else json.dumps(answer)


class RecordedProvider:
    """Answers from a file; what is not in it is asked of `provider` once and written down.

    Without a provider it answers only what was recorded: tests then need no network and no key. Requests are told
    apart by everything that a provider is sent.

    Args:
        file: JSON Lines, one answer a line; made where it is missing.
        provider: Who is asked for what is not recorded; None to ask nobody.
    """

    name = "recorded"

    def __init__(self, file: Path, provider: Provider | None = None) -> None:
        self._file = file
        self._provider = provider
        self._known: dict[str, str] = {}
        if file.is_file():
            lines = (orjson.loads(line) for line in file.read_bytes().splitlines() if line.strip())
            self._known = {one["request"]: one["response"] for one in lines}

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """The recorded answer.

        Raises:
            ModelError: ``model.not-recorded``: there is none, and nobody to ask.
        """
        key = request_hash(request, self.name, reads_inputs=False)
        if key not in self._known:
            if self._provider is None:
                what = f"{self._file} has no answer to this request of {request.model!r}"
                raise ModelError("model.not-recorded", what, fix="give RecordedProvider a provider, and run once")
            self._known[key] = dump_response(await self._provider.complete(request))
            with self._file.open("ab") as out:
                out.write(orjson.dumps({"request": key, "response": self._known[key]}) + b"\n")
        return replace(load_response(self._known[key]), cached=False)

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """The recorded answer, in one piece."""
        response = await self.complete(request)
        if response.text:
            yield TextDelta(text=response.text)
        yield StreamEnd(response=response)


PROVIDER = "compound_testing"
MODULE = """\
\"\"\"Written by compound.testing into its copy of the project: the scripted models of the test.\"\"\"

from dataclasses import replace
from pathlib import Path

from compound.testing.models import scripted_in


def provider(setup):
    return scripted_in(str(Path(__file__).parent.parent), setup)
"""


def with_scripts(root: Path, models: Mapping[str, Script]) -> Mapping[str, Provider]:
    """Let models of the project in `root` be answered by scripts: its models file names the provider of the test."""
    from compound.spec.yaml.reading import read_yaml_file

    path = root / "connectors" / "models.yaml"
    data: dict[str, JsonValue] = {"compound": "models/v1"}
    if path.is_file():
        data = cast("dict[str, JsonValue]", read_yaml_file(path).data)
    declared = cast("dict[str, JsonValue]", data.setdefault("models", {}))
    for name in models:
        model = cast("dict[str, JsonValue]", declared.setdefault(name, {}))
        model["provider"] = PROVIDER
        cast("dict[str, JsonValue]", model.setdefault("providers", {}))[PROVIDER] = {"model": name}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2), encoding="utf-8")
    (path.parent / f"{PROVIDER}.py").write_text(MODULE, encoding="utf-8")
    made = {name: scripted(answers) for name, answers in models.items()}
    _SCRIPTS[str(root)] = made
    return made


def scripted_in(root: str, setup: ProviderSetup) -> Provider:
    """The provider of one model of a project under test."""
    return _SCRIPTS[root][setup.name]


def forget_scripts(root: Path) -> None:
    """The test is over."""
    _SCRIPTS.pop(str(root), None)
