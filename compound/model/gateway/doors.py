"""The built-in providers of `compound.plugins`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from compound.errors import Location, ProjectError
from compound.model.call.types import Provider
from compound.model.gateway.environment import FILE, environment_of
from compound.model.provider.anthropic import AnthropicProvider
from compound.model.provider.langchain import LangchainProvider
from compound.model.provider.offline import OfflineProvider
from compound.model.provider.scripted import ScriptedProvider
from compound.plugins import Setup

if TYPE_CHECKING:
    from compound.spec.models_file import LogicalModel, ModelsFile

_KEY = "${env:ANTHROPIC_API_KEY}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSetup(Setup):
    """Setup of a provider; `name` is the logical model in graphs.

    Attributes:
        model: The provider's model id; empty if the file does not set it.
        timeout_s: Longest wait for one answer, in seconds.
        file: Internal: the parsed `connectors/models.yaml`.
        environment: Environment variables.
        package: The project's private package, which contains its solvers.
    """

    model: str
    timeout_s: float
    file: ModelsFile
    environment: Mapping[str, str]
    package: str = ""

    @property
    def logical(self) -> LogicalModel:
        """Internal: the logical model in that file."""
        return self.file.models[self.name]


def open_offline(setup: ProviderSetup) -> Provider:
    """The project's own solvers."""
    return OfflineProvider(setup.package)


def open_anthropic(setup: ProviderSetup) -> Provider:
    """Anthropic's API."""
    access, environment = setup.file.anthropic, environment_of(setup.environment)
    return AnthropicProvider(
        # A missing key raises its own error, which names the alternative.
        api_key=environment.text(access.api_key.replace(_KEY, _KEY[:-1] + ":-}"), "anthropic.api_key"),
        base_url=environment.text(access.base_url, "anthropic.base_url"),
        timeout_s=access.timeout_s,
        betas=access.betas,
    )


def open_langchain(setup: ProviderSetup) -> Provider:
    """A LangChain chat model."""
    chat = setup.logical.langchain
    factory = "" if chat is None else chat.factory
    options = dict(setup.options)
    return LangchainProvider.from_factory(factory, options, timeout_s=setup.timeout_s, package=setup.package)


def open_scripted(setup: ProviderSetup) -> Provider:
    """Scripted answers from the file, in order; for tests of a project."""
    answers = setup.options.get("answers")
    if not isinstance(answers, list) or not all(isinstance(one, str) for one in answers):
        what = f"model {setup.name!r}: `answers` of the provider scripted must be a list of texts; it is {answers!r}"
        raise ProjectError("model.no-route", what, where=Location(FILE), fix="options: {answers: [Hello]}")
    return ScriptedProvider(cast("list[str]", answers))
