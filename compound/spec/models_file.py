"""`connectors/models.yaml`: models, providers, budgets and prices."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Name = Annotated[str, Field(min_length=1)]
Usd = Annotated[float, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnthropicModel(_Part):
    """Settings of one logical model for Anthropic.

    Attributes:
        model: Model id: `claude-sonnet-5-5`.
        max_tokens: Maximum length of an answer, including thinking.
        options: Further fields of the Messages request: `thinking`, `output_config`, `stop_sequences`. `tools` are
            added to those of the graph; `${env:NAME}` names an environment variable, at any depth.
        stream: Whether to stream answers; the trace then has the time to the first token.
    """

    model: Name
    max_tokens: int = Field(default=4096, ge=1)
    options: dict[str, JsonValue] = {}
    stream: bool = False


class LangchainModel(_Part):
    """Settings of one logical model for a LangChain chat model.

    Attributes:
        factory: `package.module:Class` of a `BaseChatModel`.
        model: The model's id in traces and in the price table; default the one in `options`.
        options: Keyword arguments of that class; `${env:NAME}` names an environment variable, at any depth.
        max_tokens: Maximum length of an answer.
        timeout_s: Maximum time of one answer, in seconds.
    """

    factory: Name
    model: Name | None = None
    options: dict[str, JsonValue] = {}
    max_tokens: int = Field(default=4096, ge=1)
    timeout_s: float = Field(default=600.0, gt=0)

    @property
    def model_id(self) -> str:
        """The model's id, if the file has it."""
        told = (self.options.get(name) for name in ("model", "model_name", "model_id"))
        return self.model or next((one for one in told if isinstance(one, str)), self.factory)


class PluginModel(_Part):
    """Settings of one logical model for a provider of a plug-in, or for `scripted`.

    Attributes:
        model: The provider's model id, also in traces and in the price table; default the provider's name.
        options: Settings that the provider reads; `${env:NAME}` names an environment variable, at any depth.
        max_tokens: Maximum length of an answer.
        timeout_s: Maximum time of one answer, in seconds.
    """

    model: Name | None = None
    options: dict[str, JsonValue] = {}
    max_tokens: int = Field(default=4096, ge=1)
    timeout_s: float = Field(default=600.0, gt=0)


class LogicalModel(_Part):
    """One model as graphs name it, and its settings for each provider.

    Attributes:
        provider: Overrides the file's provider for this model.
        solver: Name of the `@solver` that answers when the provider is `offline`.
        anthropic: Its settings when the provider is `anthropic`.
        langchain: Its settings when the provider is `langchain`.
        providers: Its settings for every other provider, by the provider's name.
    """

    provider: Name | None = None
    solver: Name | None = None
    anthropic: AnthropicModel | None = None
    langchain: LangchainModel | None = None
    providers: dict[Name, PluginModel] = {}


class AnthropicAccess(_Part):
    """The connection to Anthropic; `${env:NAME}` names an environment variable, so no secret is in the file.

    A missing variable is an error; `${env:NAME:-other}` has a default.

    Attributes:
        api_key: The key, as `${env:NAME}`.
        base_url: An address other than Anthropic's own; empty for none.
        timeout_s: Maximum time of one answer, in seconds.
        betas: Names of beta features, sent with every request.
    """

    api_key: str = "${env:ANTHROPIC_API_KEY}"
    base_url: str = "${env:ANTHROPIC_BASE_URL:-}"
    timeout_s: float = Field(default=600.0, gt=0)
    betas: list[str] = []


class RetryRules(_Part):
    """Retries of calls after errors that may pass.

    Attributes:
        attempts: Attempts of one call, including the first.
        first_wait_s: Mean wait before the second attempt; doubles each time, with jitter.
        longest_wait_s: Maximum of that wait.
        longest_retry_after_s: A provider that asks for a longer wait than this is not retried.
    """

    attempts: int = Field(default=5, ge=1, le=20)
    first_wait_s: float = Field(default=0.5, gt=0)
    longest_wait_s: float = Field(default=30.0, gt=0)
    longest_retry_after_s: float = Field(default=300.0, ge=0)


class BudgetRules(_Part):
    """Limits of one run; absent means no limit.

    Attributes:
        usd_per_run: USD; of a call whose cost is only partly known, the known part counts.
        calls_per_run: Model calls.
        on_unknown: Effect of an unknown cost (a model, a mode or a tool of the provider has no price) on a limit in
            USD: `stop` makes no such call, and no call after one; `allow` continues. Also applies to the budgets of
            graphs.
    """

    usd_per_run: Usd | None = None
    calls_per_run: int | None = Field(default=None, ge=0)
    on_unknown: Literal["stop", "allow"] = "stop"


class Price(_Part):
    """USD for a million tokens. Input is the part that was neither read from nor written to the provider's cache.

    Attributes:
        input: USD for a million tokens of the prompt.
        output: USD for a million tokens of the answer.
        cache_read: USD for a million tokens read from the provider's cache.
        cache_write_5m: USD for a million tokens written to it for five minutes.
        cache_write_1h: USD for a million tokens written to it for an hour.
        above: Prices if the whole prompt is longer than `tokens`.
    """

    input: Usd
    output: Usd
    cache_read: Usd
    cache_write_5m: Usd
    cache_write_1h: Usd
    above: PriceAbove | None = None


class PriceAbove(_Part):
    """The prices of a long prompt.

    Attributes:
        tokens: Length of the prompt above which they apply.
        price: The prices of the whole prompt and its answer.
    """

    tokens: int = Field(gt=0)
    price: Price


class PriceTable(_Part):
    """A dated price list; a model without a price has an unknown cost, never 0.

    Attributes:
        version: Date or name of the list, stored in every trace.
        source: Source of the list.
        usd_per_million_tokens: Model id to its prices.
        factors: Multipliers of the token prices for calls that are not served in the standard way, named as in the
            answer's `usage`: `service_tier=batch`, `inference_geo=us`, `speed=fast`. A missing one makes the cost
            unknown.
        usd_per_use: USD for one use of a tool that the provider runs, named as in `usage`: `web_search_requests`.
            A missing one makes the cost unknown.
    """

    version: str = "none"
    source: str = ""
    usd_per_million_tokens: dict[str, Price] = {}
    factors: dict[str, Annotated[float, Field(gt=0)]] = {}
    usd_per_use: dict[str, Usd] = {}


class ModelsFile(_Part):
    """The whole file.

    Attributes:
        compound: Format of the file.
        provider: The provider of every model that names none: `offline`, `anthropic`, `langchain`, `scripted`,
            or the provider of a plug-in.
        models: Logical name to its settings.
        journal: Which finished calls are stored, so that a crash repeats none.
    """

    compound: Literal["models/v1"]
    provider: Name = "offline"
    models: dict[str, LogicalModel]
    anthropic: AnthropicAccess = AnthropicAccess()
    retry: RetryRules = RetryRules()
    budget: BudgetRules = BudgetRules()
    journal: Literal["all", "paid", "none"] = "all"
    prices: PriceTable = PriceTable()
