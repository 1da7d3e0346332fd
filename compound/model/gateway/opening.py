"""Builds a gateway from `connectors/models.yaml`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

import anyio

from compound.errors import Location, ProjectError
from compound.model.call.retry import RetryPolicy
from compound.model.call.types import Provider
from compound.model.gateway.budget import Budget
from compound.model.gateway.doors import ProviderSetup
from compound.model.gateway.environment import FILE, environment_of
from compound.model.gateway.gateway import Gateway
from compound.model.gateway.journal import Journal
from compound.model.gateway.route import Redact, Route
from compound.plugins import PROVIDERS, Own

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec.models_file import LogicalModel, ModelsFile

OWN_BLOCKS: Final = {"offline": "solver:", "anthropic": "anthropic:", "langchain": "langchain:"}
"""Providers with their own settings block under a model; others are under `providers:`."""


def open_gateway(  # noqa: PLR0913 - the file and its environment
    file: ModelsFile,
    *,
    provider: str | None = None,
    journal: Journal | None = None,
    environment: Mapping[str, str] = os.environ,
    redact: Redact | None = None,
    package: str = "",
    own: Own | None = None,
) -> Gateway:
    """Build the gateway of a models file. Makes no call and imports no SDK.

    Args:
        file: The declared models.
        provider: Overrides the provider of every model: `--model anthropic`.
        journal: Stores finished calls; the file says which.
        environment: Source of `${env:NAME}`.
        redact: Masks each request before it is sent.
        package: The project's private package, which contains its solvers.
        own: Providers in the project's files.

    Raises:
        ProjectError: `model.unknown-provider`, `model.no-key`, `model.no-variable`; `model.no-route`: a model has no
            settings for this provider.
    """
    opening = _Opening(file, environment, package, own)
    routes = {
        name: opening.route(name, model, provider or model.provider or file.provider)
        for name, model in file.models.items()
    }
    rules = file.retry
    return Gateway(
        routes,
        journal=journal,
        journals=lambda route: file.journal == "all" or (file.journal == "paid" and not route.reads_inputs),
        prices=file.prices,
        budget=Budget(usd=file.budget.usd_per_run, calls=file.budget.calls_per_run, on_unknown=file.budget.on_unknown),
        retry=RetryPolicy(
            attempts=rules.attempts,
            first_wait_s=rules.first_wait_s,
            longest_wait_s=rules.longest_wait_s,
            longest_retry_after_s=rules.longest_retry_after_s,
            sleep=anyio.sleep,
        ),
        redact=redact,
        timeout_s=file.anthropic.timeout_s,
    )


class _Opening:
    """Creates the route of each model. Anthropic and the solvers are opened once, other providers per model."""

    def __init__(self, file: ModelsFile, environment: Mapping[str, str], package: str, own: Own | None) -> None:
        self._file = file
        self._environment = environment
        self._filled = environment_of(environment)
        self._package = package
        self._own = own
        self._shared: dict[str, Provider] = {}

    def route(self, name: str, model: LogicalModel, provider: str) -> Route:
        if provider == "offline" and model.solver:
            return Route(provider=self._once("offline", name), model=model.solver)
        if provider == "anthropic" and model.anthropic:
            how = model.anthropic
            return Route(
                provider=self._once("anthropic", name),
                model=how.model,
                max_tokens=how.max_tokens,
                options=self._filled.record(how.options, f"models.{name}.anthropic.options"),
                is_streamed=how.stream,
            )
        if provider == "langchain" and model.langchain:
            chat = model.langchain
            options = self._filled.record(chat.options, f"models.{name}.langchain.options")
            made = self._made("langchain", name, chat.model_id, options, chat.timeout_s)
            return Route(provider=made, model=chat.model_id, max_tokens=chat.max_tokens, timeout_s=chat.timeout_s)
        if provider not in OWN_BLOCKS and (plugged := model.providers.get(provider)):
            key = f"models.{name}.providers.{provider}.options"
            options = self._filled.record(plugged.options, key)
            model_id = plugged.model or provider
            made = self._made(provider, name, model_id, options, plugged.timeout_s)
            return Route(provider=made, model=model_id, max_tokens=plugged.max_tokens, timeout_s=plugged.timeout_s)
        PROVIDERS.find(provider, self._own, where=Location(FILE))
        part = OWN_BLOCKS.get(provider) or f"providers: {{{provider}: {{model: ...}}}}"
        raise ProjectError(
            "model.no-route",
            f"model {name!r} has no settings for provider {provider}",
            fix=f"write `{part}` under `{name}:`",
            where=Location(FILE),
        )

    def _once(self, provider: str, name: str) -> Provider:
        if provider not in self._shared:
            self._shared[provider] = self._made(provider, name, "", {}, self._file.anthropic.timeout_s)
        return self._shared[provider]

    def _made(
        self, provider: str, name: str, model: str, options: Mapping[str, JsonValue], timeout_s: float
    ) -> Provider:
        setup = ProviderSetup(
            name=name,
            options=options,
            model=model,
            timeout_s=timeout_s,
            file=self._file,
            environment=self._environment,
            package=self._package,
        )
        return cast("Provider", PROVIDERS.make(provider, setup, self._own, where=Location(FILE)))
