"""Requests to a help desk: time limits, rate limits, and errors without secrets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Self, cast
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from compound.connector.mailbox.options import ServiceOptions, is_loopback
from compound.errors import ConnectorError

if TYPE_CHECKING:
    import httpx

_TRIES: Final = 4
_PAUSE_S: Final = 0.5
_DOWN: Final = "check the address and the network; the same command goes on where it stopped"
_SAFE: Final = frozenset({"GET"})
_TOO_MANY: Final = 429
_DENIED: Final = frozenset({401, 403})
_UNAVAILABLE: Final = frozenset({502, 503, 504})
_MISSING: Final = 404


class DeskOptions(ServiceOptions):
    """Options of every help desk.

    Attributes:
        url: Its address: `https://acme.example`; `http` only to this machine.
        wait_s: How long a request waits at most while the rate limit is used up, in seconds.
    """

    url: str
    wait_s: float = Field(default=120.0, ge=0)

    @field_validator("url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("it is not an address like https://acme.example")
        if parts.username or parts.password or parts.query:
            raise ValueError("it has a login or a query; write secrets into their own options")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _is_private(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError("url begins with http, which is allowed only to this machine; write https")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the help desk said.

    Attributes:
        status: The HTTP status.
        body: Its JSON; None if it is not JSON.
        at: The server's clock, UTC seconds; None if it does not say.
    """

    status: int
    body: Any
    at: float | None = None

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return cast("dict[str, Any]", self.body)[name] if isinstance(self.body, dict) else None

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - JSON
        """A field of the answer."""
        return cast("dict[str, Any]", self.body).get(name, default) if isinstance(self.body, dict) else default


@dataclass(slots=True)
class DeskClient:
    """Requests to one help desk.

    Args:
        place: The help desk, for errors: `Zendesk (acme.zendesk.com)`.
        options: Its options.
        headers: With the credentials; never shown.
        sleep: Waits; for tests.
    """

    place: str
    options: DeskOptions
    headers: Mapping[str, str] = field(repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    sleep: Callable[[float], None] = time.sleep
    _client: httpx.Client | None = None
    _lock: Lock = field(default_factory=Lock)

    def close(self) -> None:
        """Close connections."""
        if self._client is not None:
            self._client.close()

    def get(self, path: str, **query: str | int) -> Answer:
        """Read; repeated where the server is busy. See `call`."""
        return self.call("GET", path, query=query)

    def call(
        self, method: str, path: str, *, query: Mapping[str, str | int] | None = None, body: object = None
    ) -> Answer:
        """One request.

        A rate limit is waited out (`Retry-After`): such a request was not carried out. Only reads are repeated after an
        error of the server.

        Returns:
            The answer, also one of 404, 409 or 422.

        Raises:
            ConnectorError: `mailbox.denied`, `mailbox.busy`, `mailbox.unreachable`, `mailbox.refused`.
        """
        end = time.monotonic() + self.options.wait_s
        for attempt in range(1, _TRIES * 10):
            answer = self._sent(method, path, query, body, may_repeat=attempt < _TRIES and method in _SAFE)
            if answer is None:
                self.sleep(_PAUSE_S * attempt)
                continue
            if answer.status_code != _TOO_MANY:
                return self._read(answer, f"{method} {urlsplit(path).path}")
            pause = _pause_of(answer)
            if time.monotonic() + pause > end:
                break
            self.sleep(pause)
        what = f"the rate limit of {self.place} is used up for more than {self.options.wait_s:g} s"
        raise ConnectorError("mailbox.busy", what, fix="run it later, or raise wait_s of the mailbox")

    def _sent(
        self, method: str, path: str, query: Mapping[str, str | int] | None, body: object, *, may_repeat: bool
    ) -> httpx.Response | None:
        """The response; None if the request may be repeated."""
        import httpx

        url = path if path.startswith(self.options.url) else f"{self.options.url}{path}"
        try:
            answer = self._http().request(method, url, params=query or None, json=body)
        except httpx.TransportError as error:
            if may_repeat:
                return None
            what = f"{self.place} cannot be reached: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
            raise ConnectorError("mailbox.unreachable", what, fix=_DOWN) from None
        if answer.status_code in _UNAVAILABLE and may_repeat:
            return None
        return answer

    def _http(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    timeout=self.options.timeout_s,
                    headers={"Accept": "application/json", **self.headers},
                    auth=self.auth,
                )
            return self._client

    def _read(self, answer: httpx.Response, request: str) -> Answer:
        if answer.status_code in _DENIED:
            what = f"{self.place} answers {answer.status_code} to {request}: the credentials are wrong or have no right"
            raise ConnectorError("mailbox.denied", what, fix="check the token and what it may do")
        if answer.status_code >= 500:
            what = f"{self.place} answers {answer.status_code} to {request}"
            raise ConnectorError("mailbox.unreachable", what, fix=_DOWN)
        try:
            body: object = answer.json()
        except ValueError:
            body = None
        if answer.is_success and not isinstance(body, dict | list):
            what = f"{self.place} answers {request} with something that is not JSON"
            raise ConnectorError("mailbox.refused", what, fix="check url: it must be the address of the help desk")
        if answer.is_redirect or answer.status_code == 400:
            what = f"{self.place} answers {answer.status_code} to {request}"
            raise ConnectorError("mailbox.refused", what, fix="check the options of the mailbox")
        return Answer(status=answer.status_code, body=body, at=_clock_of(answer))


def _pause_of(answer: httpx.Response) -> float:
    said = answer.headers.get("retry-after", "")
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return 1.0


def _clock_of(answer: httpx.Response) -> float | None:
    try:
        return parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None


def is_missing(answer: Answer) -> bool:
    """Whether the help desk does not have what was asked for."""
    return answer.status == _MISSING
