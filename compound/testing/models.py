"""Models for tests: scripted and recorded answers."""

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
"""Texts are returned unchanged, other values as JSON; exceptions are raised."""
Script: TypeAlias = "Sequence[Answer] | Callable[[ModelRequest], Answer] | Provider"
"""The answers of a model: a list in order, a function of the request, or a provider."""

_SCRIPTS: dict[str, Mapping[str, Provider]] = {}
"""Folder of a project under test to the providers of its models."""


def scripted(answers: Script) -> Provider:
    """A provider with these answers; `requests` of a `ScriptedProvider` lists the requests."""
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
    """Answers from a file; unknown requests are sent to `provider` once and recorded.

    Without a provider it answers only recorded requests: tests then need no network and no key. Requests are
    identified by everything that is sent to a provider.

    Args:
        file: JSON Lines, one answer per line; created if missing.
        provider: Answers unrecorded requests; None: they fail.
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
            ModelError: ``model.not-recorded``: not recorded, and no provider is set.
        """
        key = request_hash(request, self.name, reads_inputs=False)
        if key not in self._known:
            if self._provider is None:
                what = f"{self._file} has no answer to this request for {request.model!r}"
                raise ModelError("model.not-recorded", what, fix="pass a provider to RecordedProvider and run once")
            self._known[key] = dump_response(await self._provider.complete(request))
            with self._file.open("ab") as out:
                out.write(orjson.dumps({"request": key, "response": self._known[key]}) + b"\n")
        return replace(load_response(self._known[key]), cached=False)

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """The recorded answer, as one piece."""
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
    """Script models of the project in `root`: its models file then names the test's provider."""
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
    """The scripted provider of a model of a project under test."""
    return _SCRIPTS[root][setup.name]


def forget_scripts(root: Path) -> None:
    """Remove the scripts after the test."""
    _SCRIPTS.pop(str(root), None)
