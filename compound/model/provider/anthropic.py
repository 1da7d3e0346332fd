"""Provider `anthropic`: the official SDK, without its retries, because the gateway retries."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from compound.errors import ModelError, ProjectError
from compound.language.json_text import read_json
from compound.model.call.per_loop import PerLoop
from compound.model.call.retry import retry_after_s
from compound.model.call.types import ModelRequest, ModelResponse, StreamEnd, StreamEvent
from compound.model.provider.anthropic_events import MessageBuilder
from compound.model.provider.anthropic_wire import no_answer, parse_message, shown, to_body

if TYPE_CHECKING:
    import anthropic
    import httpx2
    from anthropic import APIError, AsyncAnthropic
    from pydantic import JsonValue

    Json = dict[str, JsonValue]

_SPEND_CODES = {
    "contract_spend_limit_reached",
    "enforced_spend_limit_reached",
    "linked_organization_spend_limit_reached",
}
# A spend limit arrives as a plain 429 or 400, recognised only by its message.
_SPEND_WORDS = ("spend limit", "spending limit", "api usage limits", "credit balance")


class AnthropicProvider:
    """Calls the Messages API, once per request.

    Args:
        api_key: The key; an empty key raises here, not at the first call.
        base_url: Another endpoint; default: Anthropic's.
        timeout_s: Longest wait for one answer, in seconds.
        betas: Values of the `anthropic-beta` header.

    Raises:
        ProjectError: `model.no-key`.
    """

    name = "anthropic"

    def __init__(
        self, *, api_key: str, base_url: str = "", timeout_s: float = 600.0, betas: Sequence[str] = ()
    ) -> None:
        if not api_key:
            raise ProjectError(
                "model.no-key",
                "provider anthropic has no API key",
                fix="set ANTHROPIC_API_KEY, or choose provider offline in connectors/models.yaml",
            )
        self._api_key = api_key
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._headers = {"anthropic-beta": ",".join(betas)} if betas else {}
        self._clients = PerLoop(self._make, _close)
        _load_sdk()

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Answer one request. See `Provider.complete`."""
        import anthropic

        arguments = _arguments(to_body(request), self._headers)
        try:
            # The body is read here: the SDK would return a proxy's page as a message.
            raw = await (await self._clients.get()).messages.with_raw_response.create(**arguments)
        except anthropic.APIError as error:
            raise as_model_error(error) from error
        answer = _read(raw.http_response)
        _raise_told(answer, raw.http_response)
        return parse_message(answer, self.name)

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Stream an answer. See `Provider.stream`."""
        import anthropic
        import httpx2

        builder = MessageBuilder()
        try:
            arguments = _arguments(to_body(request), self._headers)
            raw = await (await self._clients.get()).messages.with_raw_response.create(**arguments, stream=True)
            async with aclosing(_events(raw.http_response)) as events:
                async for event in events:
                    yield builder.add(event)
        except anthropic.APIError as error:
            raise as_model_error(error) from error
        except httpx2.HTTPError as error:
            raise _broken(f"{type(error).__name__}: {error}") from error
        if not builder.is_finished:
            raise _broken("the stream ended before message_stop")
        yield StreamEnd(response=parse_message(builder.message, self.name))

    async def count_tokens(self, request: ModelRequest) -> int:
        """Count the input tokens of a request; a free call."""
        import anthropic

        body = to_body(request)
        del body["max_tokens"]
        arguments = _arguments(body, self._headers)
        try:
            counted = await (await self._clients.get()).messages.count_tokens(**arguments)
        except anthropic.APIError as error:
            raise as_model_error(error) from error
        return counted.input_tokens

    async def aclose(self) -> None:
        """Close the connections of the running loop; the next call opens new ones."""
        await self._clients.aclose()

    def _make(self) -> AsyncAnthropic:
        import anthropic

        return anthropic.AsyncAnthropic(
            api_key=self._api_key,
            base_url=self._base_url or None,
            timeout=self._timeout_s,
            max_retries=0,
        )


async def _close(client: AsyncAnthropic) -> None:
    await client.close()


async def _events(response: httpx2.Response) -> AsyncGenerator[JsonValue]:
    """The events of a stream as JSON, including pings; closing it closes the connection."""
    from anthropic import AsyncStream

    kind = str(response.headers.get("content-type") or "")
    try:
        if "event-stream" not in kind:
            await response.aread()
            answer = _read(response)
            _raise_told(answer, response)
            raise no_answer(f"expected a stream, received {kind or 'no content type'}: {shown(answer)}")
        async for event in AsyncStream.raw_events(response):
            if not event.data:
                continue
            try:
                told = read_json(event.data, keep_halves=True)
            except ValueError as error:
                raise no_answer(f"the stream has an event that is not JSON: {shown(event.data)}") from error
            _raise_told(told, response)
            yield told
    finally:
        await response.aclose()


def _read(response: httpx2.Response) -> JsonValue:
    try:
        return read_json(response.content)
    except ValueError as error:
        kind = response.headers.get("content-type") or "no content type"
        raise no_answer(f"the answer is not JSON ({kind}): {shown(response.text)}") from error


def _raise_told(answer: JsonValue, response: httpx2.Response) -> None:
    """Raise an error that arrives with status 200, as a body or as an event of a stream."""
    if not isinstance(answer, dict) or answer.get("type") != "error":
        return
    import anthropic

    told = answer.get("error")
    if not isinstance(told, dict) or not isinstance(told.get("type"), str):
        raise no_answer(f"the answer is an error without a message: {shown(answer)}")
    words = str(told.get("message") or told["type"])
    raise as_model_error(anthropic.APIStatusError(words, response=response, body=answer))


_TYPED = ("model", "messages", "max_tokens")


def _load_sdk() -> None:
    """Import the SDK and its transport now: importing takes seconds that must not count as the provider's time."""
    import anthropic

    anthropic.AsyncAnthropic(api_key="not used")


def _arguments(body: Json, headers: Mapping[str, str]) -> dict[str, Any]:
    # Options without an argument in this version of the SDK are sent too.
    known = {name: body[name] for name in _TYPED if name in body}
    rest = {name: value for name, value in body.items() if name not in _TYPED}
    return {**known, "extra_body": rest, "extra_headers": dict(headers)}


def as_model_error(error: APIError) -> ModelError:
    """Classify an error of the SDK by what a caller can do; keeps the provider's message."""
    import anthropic

    if isinstance(error, anthropic.APITimeoutError):
        return ModelError("model.timeout", "anthropic did not answer in time", retryable=True)
    if isinstance(error, anthropic.APIConnectionError):
        return ModelError("model.connection", f"anthropic: {error.message}: {error.__cause__}", retryable=True)
    if not isinstance(error, anthropic.APIStatusError):
        return no_answer(error.message)
    words = error.api_message or error.message
    what = f"anthropic {error.status_code}: {words}"
    if _is_spend_limit(error, words):
        return ModelError("model.spend-limit", what, fix="raise the limit with the provider; retrying cannot help")
    code, retryable = _class_of(error)
    return ModelError(code, what, fix=_FIXES.get(code, ""), retryable=retryable, retry_after_s=_retry_after_s(error))


_FIXES = {
    "model.auth": "check ANTHROPIC_API_KEY",
    "model.not-found": "check the model id in connectors/models.yaml",
}
_BY_TYPE = {
    "overloaded_error": ("model.overloaded", True),
    "rate_limit_error": ("model.rate-limit", True),
    "timeout_error": ("model.server", True),
    "api_error": ("model.server", True),
    "authentication_error": ("model.auth", False),
    "permission_error": ("model.auth", False),
    "not_found_error": ("model.not-found", False),
    "invalid_request_error": ("model.bad-request", False),
}
_BY_STATUS = {
    401: ("model.auth", False),
    403: ("model.auth", False),
    404: ("model.not-found", False),
    408: ("model.timeout", True),
    409: ("model.server", True),
    429: ("model.rate-limit", True),
    529: ("model.overloaded", True),
}


def _class_of(error: anthropic.APIStatusError) -> tuple[str, bool]:
    status = error.status_code
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return "model.server", True
    if status >= 400:
        return "model.bad-request", False
    # An error event inside a stream: the HTTP status was 200.
    return _BY_TYPE.get(error.type or "", ("model.broken-stream", True))


def _is_spend_limit(error: anthropic.APIStatusError, words: str) -> bool:
    if error.status_code == 402 or error.type == "billing_error" or error.error_code in _SPEND_CODES:
        return True
    lowered = words.lower()
    return error.status_code in (400, 403, 429) and any(phrase in lowered for phrase in _SPEND_WORDS)


def _retry_after_s(error: anthropic.APIStatusError) -> float | None:
    return retry_after_s(error.response.headers)


def _broken(what: str) -> ModelError:
    return ModelError("model.broken-stream", f"anthropic: {what}", retryable=True)
