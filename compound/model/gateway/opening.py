"""From `connectors/models.yaml` to a gateway."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import anyio

from compound.errors import Location, ProjectError, choices
from compound.model.call.retry import RetryPolicy
from compound.model.call.types import Provider
from compound.model.gateway.budget import Budget
from compound.model.gateway.environment import FILE, filled, filled_options
from compound.model.gateway.gateway import Gateway
from compound.model.gateway.journal import Journal
from compound.model.gateway.route import Redact, Route
from compound.model.provider.anthropic import AnthropicProvider
from compound.model.provider.langchain import LangchainProvider
from compound.model.provider.offline import OfflineProvider

if TYPE_CHECKING:
    from compound.spec.models_file import LogicalModel, ModelsFile

_KEY = "${env:ANTHROPIC_API_KEY}"


def open_gateway(
    file: ModelsFile,
    *,
    provider: str | None = None,
    journal: Journal | None = None,
    environment: Mapping[str, str] = os.environ,
    redact: Redact | None = None,
    package: str = "",
) -> Gateway:
    """Build the gateway that a models file describes. Calls nothing and imports no SDK.

    Args:
        file: The declared models.
        provider: Answers for every model in place of what the file says: `--model anthropic`.
        journal: Where finished calls are kept; the file says which ones are.
        environment: What `${env:NAME}` is read from.
        redact: Masks each request before it leaves.
        package: The project's private package, whose solvers answer offline.

    Raises:
        ProjectError: `model.unknown-provider`, `model.no-key`, `model.no-variable`; `model.no-route`: a model does
            not say how this provider answers for it.
    """
    opened: dict[str, Provider] = {}

    def anthropic() -> Provider:
        if "anthropic" not in opened:
            access = file.anthropic
            opened["anthropic"] = AnthropicProvider(
                # No key has an error of its own, which says how to do without.
                api_key=filled(access.api_key.replace(_KEY, _KEY[:-1] + ":-}"), environment, "anthropic.api_key"),
                base_url=filled(access.base_url, environment, "anthropic.base_url"),
                timeout_s=access.timeout_s,
                betas=access.betas,
            )
        return opened["anthropic"]

    offline = OfflineProvider(package)
    routes = {
        name: _route(name, model, provider or model.provider or file.provider, anthropic, offline, environment)
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


def _route(
    name: str,
    model: LogicalModel,
    provider: str,
    anthropic: Callable[[], Provider],
    offline: Provider,
    environment: Mapping[str, str],
) -> Route:
    if provider == "offline" and model.solver:
        return Route(provider=offline, model=model.solver)
    if provider == "anthropic" and model.anthropic:
        how = model.anthropic
        return Route(
            provider=anthropic(),
            model=how.model,
            max_tokens=how.max_tokens,
            options=filled_options(how.options, environment, f"models.{name}.anthropic.options"),
            is_streamed=how.stream,
        )
    if provider == "langchain" and model.langchain:
        chat = model.langchain
        options = filled_options(chat.options, environment, f"models.{name}.langchain.options")
        made = LangchainProvider.from_factory(chat.factory, options, timeout_s=chat.timeout_s)
        return Route(provider=made, model=chat.model_id, max_tokens=chat.max_tokens, timeout_s=chat.timeout_s)
    known = ("offline", "anthropic", "langchain")
    if provider not in known:
        what = f"there is no provider {provider!r}; {choices(known, provider)}"
        raise ProjectError("model.unknown-provider", what, where=Location(FILE))
    part = "solver" if provider == "offline" else provider
    raise ProjectError(
        "model.no-route",
        f"model {name!r} does not say how {provider} answers for it",
        fix=f"write `{part}:` below `{name}:`",
        where=Location(FILE),
    )
