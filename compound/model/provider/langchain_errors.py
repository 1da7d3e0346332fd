"""Classifies errors of LangChain's partner packages, which have no common type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from compound.errors import ModelError
from compound.model.call.retry import retry_after_s

_BY_STATUS: Final = {
    400: ("model.bad-request", False),
    401: ("model.auth", False),
    402: ("model.spend-limit", False),
    403: ("model.auth", False),
    404: ("model.not-found", False),
    408: ("model.timeout", True),
    409: ("model.server", True),
    413: ("model.bad-request", False),
    422: ("model.bad-request", False),
    429: ("model.rate-limit", True),
    529: ("model.overloaded", True),
}
_FIXES: Final = {
    "model.auth": "check the key in `options` of the model in connectors/models.yaml",
    "model.connection": "check that the server runs, and its address in `options` of connectors/models.yaml",
    "model.not-found": "check the model id in connectors/models.yaml",
    "model.spend-limit": "raise the limit with the provider; retrying cannot help",
}
_QUOTA: Final = (
    "insufficient_quota",
    "exceeded your current quota",
    "billing_not_active",
    "billing_hard_limit",
    "credit balance",
    "spend limit",
    "spending limit",
    "spending cap",
    "api usage limits",
)
_TIMEOUTS: Final = ("Timeout", "DeadlineExceeded")
_CONNECTIONS: Final = frozenset(
    {
        "ConnectionError",
        "APIConnectionError",
        "NetworkError",
        "ConnectError",
        "ReadError",
        "WriteError",
        "CloseError",
        "ProtocolError",
        "RemoteProtocolError",
        "ClientConnectionError",
        "ClientPayloadError",
        "ServerDisconnectedError",
        "EndpointConnectionError",
        "HTTPClientError",
        "IncompleteRead",
        "gaierror",
        "SSLError",
    }
)
"""Class names, because their packages may not be installed."""


def as_model_error(error: Exception) -> ModelError:
    """Classify an error of a chat model; keeps its message."""
    what = f"{type(error).__name__}: {error}"
    chain = list(_chain(error))
    status = next((found for one in chain if (found := _status(one)) is not None), None)
    wait_s = next((found for one in chain if (found := _retry_after(one)) is not None), None)
    if _is_quota(error, status):
        return ModelError("model.spend-limit", what, fix=_FIXES["model.spend-limit"])
    if status is not None and status >= 400:
        code, retryable = _BY_STATUS.get(
            status, ("model.server", True) if status >= 500 else ("model.bad-request", False)
        )
        return ModelError(code, what, fix=_FIXES.get(code, ""), retryable=retryable, retry_after_s=wait_s)
    names = [base.__name__ for one in chain for base in type(one).__mro__]
    if any(word in name for name in names for word in _TIMEOUTS):
        return ModelError("model.timeout", what, retryable=True)
    if any(name in _CONNECTIONS for name in names):
        why = str(chain[-1])
        told = what if why in what else f"{what.rstrip('.')}: {why}"
        return ModelError("model.connection", told, fix=_FIXES["model.connection"], retryable=True)
    if any(name in {"JSONDecodeError", "OutputParserException"} for name in names):
        return ModelError("model.bad-answer", what, retryable=True)
    return ModelError("model.langchain-failed", what)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _status(error: BaseException) -> int | None:
    response: Any = getattr(error, "response", None)
    places: list[Any] = [getattr(error, name, None) for name in ("status_code", "http_status", "status", "code")]
    places.append(getattr(response, "status_code", None))
    if isinstance(response, Mapping):
        # botocore's errors contain the response as a dict.
        about = cast("Mapping[str, Any]", response).get("ResponseMetadata")
        places.append(cast("Mapping[str, Any]", about).get("HTTPStatusCode") if isinstance(about, Mapping) else None)
    for place in places:
        value = getattr(place, "value", place)
        if isinstance(value, tuple):
            value = cast("tuple[Any, ...]", value)[:1] and cast("tuple[Any, ...]", value)[0]
        if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
            return value
    return None


def _retry_after(error: BaseException) -> float | None:
    for holder in (error, getattr(error, "response", None)):
        headers: Any = getattr(holder, "headers", None)
        if headers is not None:
            try:
                lowered = {str(name).lower(): str(value) for name, value in dict(headers).items()}
            except (TypeError, ValueError):
                continue
            if (found := retry_after_s(lowered)) is not None:
                return found
    return None


def _is_quota(error: Exception, status: int | None) -> bool:
    if status not in {None, 400, 402, 403, 429}:
        return False
    body: Any = getattr(error, "body", None)
    told = f"{error} {getattr(error, 'code', '')} {getattr(error, 'type', '')} {body or ''}".lower()
    return any(phrase in told for phrase in _QUOTA)
