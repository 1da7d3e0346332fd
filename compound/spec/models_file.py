"""`connectors/models.yaml`: which models answer, through whom, within which budget, at which price."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Name = Annotated[str, Field(min_length=1)]
Usd = Annotated[float, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnthropicModel(_Part):
    """How one logical model is answered by Anthropic.

    Attributes:
        model: Model id: `claude-sonnet-5-5`.
        max_tokens: Upper bound of an answer, thinking included.
        options: Further fields of the Messages request: `thinking`, `output_config`, `stop_sequences`. `tools` come
            beside those of the graph; `${env:NAME}` names an environment variable, at any depth.
        stream: Read answers as a stream; the trace then has the time to the first token.
    """

    model: Name
    max_tokens: int = Field(default=4096, ge=1)
    options: dict[str, JsonValue] = {}
    stream: bool = False


class LangchainModel(_Part):
    """How one logical model is answered by a LangChain chat model.

    Attributes:
        factory: `package.module:Class` of a `BaseChatModel`.
        model: The model's id in traces and in the price table; that of `options` when it is left out.
        options: Keyword arguments of that class; `${env:NAME}` names an environment variable, at any depth.
        max_tokens: Upper bound of an answer.
        timeout_s: Longest wait for one answer, in seconds.
    """

    factory: Name
    model: Name | None = None
    options: dict[str, JsonValue] = {}
    max_tokens: int = Field(default=4096, ge=1)
    timeout_s: float = Field(default=600.0, gt=0)

    @property
    def model_id(self) -> str:
        """The model's id, as far as the file says it."""
        told = (self.options.get(name) for name in ("model", "model_name", "model_id"))
        return self.model or next((one for one in told if isinstance(one, str)), self.factory)


class PluginModel(_Part):
    """How one logical model is answered by a provider of a plug-in, or by `scripted`.

    Attributes:
        model: The model's id in the provider's words, in traces and in the price table; the provider's name when it
            is left out.
        options: Settings that the provider reads; `${env:NAME}` names an environment variable, at any depth.
        max_tokens: Upper bound of an answer.
        timeout_s: Longest wait for one answer, in seconds.
    """

    model: Name | None = None
    options: dict[str, JsonValue] = {}
    max_tokens: int = Field(default=4096, ge=1)
    timeout_s: float = Field(default=600.0, gt=0)


class LogicalModel(_Part):
    """One model as graphs name it, and who answers for it under each provider.

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
    """How to reach Anthropic; `${env:NAME}` names an environment variable, a secret is never written here.

    A variable that is not there is an error; `${env:NAME:-other}` says what stands in its place.

    Attributes:
        api_key: The key, as `${env:NAME}`.
        base_url: Another address than Anthropic's own; empty for none.
        timeout_s: Longest wait for one answer, in seconds.
        betas: Names of beta features, sent with every request.
    """

    api_key: str = "${env:ANTHROPIC_API_KEY}"
    base_url: str = "${env:ANTHROPIC_BASE_URL:-}"
    timeout_s: float = Field(default=600.0, gt=0)
    betas: list[str] = []


class RetryRules(_Part):
    """How often a call that may succeed later is tried.

    Attributes:
        attempts: Tries of one call, the first one included.
        first_wait_s: Mean wait before the second try; doubles from try to try, with jitter.
        longest_wait_s: Ceiling of that wait.
        longest_retry_after_s: A provider that asks to wait longer than this is not waited for.
    """

    attempts: int = Field(default=5, ge=1, le=20)
    first_wait_s: float = Field(default=0.5, gt=0)
    longest_wait_s: float = Field(default=30.0, gt=0)
    longest_retry_after_s: float = Field(default=300.0, ge=0)


class BudgetRules(_Part):
    """What one run may spend; absent means no limit.

    Attributes:
        usd_per_run: USD; of a call whose cost is known only in part, that part counts.
        calls_per_run: Model calls.
        on_unknown: What a limit in USD does about a cost that is not known, because a model, a mode or a tool of
            the provider has no price: `stop` makes no such call, and no call after one; `allow` goes on. It holds
            for the budgets of graphs too.
    """

    usd_per_run: Usd | None = None
    calls_per_run: int | None = Field(default=None, ge=0)
    on_unknown: Literal["stop", "allow"] = "stop"


class Price(_Part):
    """USD for a million tokens. Input is what was neither read from nor written to the provider's cache.

    Attributes:
        input: USD for a million tokens of the prompt.
        output: USD for a million tokens of the answer.
        cache_read: USD for a million tokens read from the provider's cache.
        cache_write_5m: USD for a million tokens written to it for five minutes.
        cache_write_1h: USD for a million tokens written to it for an hour.
        above: Prices when the whole prompt is longer than `tokens`.
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
        tokens: Length of the prompt above which they hold.
        price: The prices of the whole prompt and its answer then.
    """

    tokens: int = Field(gt=0)
    price: Price


class PriceTable(_Part):
    """A dated price list; a model that is not in it has an unknown cost, never 0.

    Attributes:
        version: Date or name of the list; it is written into every trace.
        source: Where it was read.
        usd_per_million_tokens: Model id to its prices.
        factors: What the price of tokens is multiplied by where a call is not served in the standard way, as the
            answer's `usage` says it: `service_tier=batch`, `inference_geo=us`, `speed=fast`. One that is not here
            makes the cost unknown.
        usd_per_use: USD for one use of a tool that the provider runs, as `usage` names it:
            `web_search_requests`. One that is not here makes the cost unknown.
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
        provider: Who answers for every model that names no provider: `offline`, `anthropic`, `langchain`, `scripted`,
            or the provider of a plug-in.
        models: Logical name to its settings.
        journal: Which finished calls are written down, so that a crash repeats none.
    """

    compound: Literal["models/v1"]
    provider: Name = "offline"
    models: dict[str, LogicalModel]
    anthropic: AnthropicAccess = AnthropicAccess()
    retry: RetryRules = RetryRules()
    budget: BudgetRules = BudgetRules()
    journal: Literal["all", "paid", "none"] = "all"
    prices: PriceTable = PriceTable()
