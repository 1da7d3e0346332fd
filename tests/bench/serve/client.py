"""A browser without a screen: one kept connection, cookies, forms; fast enough that fifty need little of the machine."""

from __future__ import annotations

import http.client
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

_COOKIE: Final = re.compile(r"(__Host-compound=[^;]+)")
_CSRF: Final = re.compile(r'name="csrf" value="([^"]*)"')
FORM_TYPE: Final = "application/x-www-form-urlencoded"
LIMIT_S: Final = 60.0


@dataclass(slots=True)
class Answer:
    """An answer of the server.

    Attributes:
        took_s: Seconds from the first byte of the request to the last one of the answer.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    took_s: float

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Client:
    """Somebody at a browser of their own.

    Attributes:
        address: `http://127.0.0.1:PORT`.
        csrf: What forms carry; read from the last page.
    """

    address: str
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=LIMIT_S)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def sign_in(self, name: str, password: str) -> Answer:
        """Sign in with a password.

        Raises:
            RuntimeError: it was refused.
        """
        answer = self.send("/login", name=name, password=password)
        found = _COOKIE.search(answer.headers.get("set-cookie", ""))
        if found is None:
            raise RuntimeError(f"{name} cannot sign in: {answer.status}")
        self.headers["cookie"] = found[1]
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        """A page; what its forms carry is kept."""
        answer = self.ask("GET", path, None, headers)
        if (found := _CSRF.search(answer.text)) is not None:
            self.csrf = found[1]
        return answer

    def send(self, path: str, **fields: str) -> Answer:
        """Send a form."""
        body = urlencode({"csrf": self.csrf, **fields}).encode()
        return self.ask("POST", path, body, {"content-type": FORM_TYPE})

    def post(self, path: str, body: object) -> Answer:
        """Send JSON."""
        headers = {"content-type": "application/json", "x-csrf-token": self.csrf}
        return self.ask("POST", path, json.dumps(body).encode(), headers)

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Send a request."""
        began = time.perf_counter()
        try:
            self._connection.request(method, path, body, {**self.headers, **headers})
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # the server closes a connection that was idle for some seconds, as browsers know
            self._connection.close()
            self._connection.request(method, path, body, {**self.headers, **headers})
            answer = self._connection.getresponse()
        read = answer.read()
        took = time.perf_counter() - began
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, told, read, took)
