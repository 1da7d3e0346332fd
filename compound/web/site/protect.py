"""Protection of every response: known hosts only, small bodies only, and headers that let no foreign code in."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY: Final = 256 * 1024
"""Bytes of a request."""
NONCE: Final = "compound_nonce"


class Protect:
    """ASGI middleware around the whole application.

    Args:
        app: The application.
        hosts: Names under which the server may be called, without ports; a page of another site that has its name
            resolve to this machine is refused.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if _host(headers.get("host", "")) not in self._hosts:
            await _refuse(scope, send, 421, "web.host", "this server does not have that name")
            return
        length = headers.get("content-length", "0")
        body = None if not length.isdecimal() or int(length) > LARGEST_BODY else await _read(receive)
        if body is None:
            await _refuse(scope, send, 413, "web.too-large", "the request is larger than 256 kB")
            return
        nonce = secrets.token_urlsafe(16)
        scope[NONCE] = nonce
        unread = [body]

        async def replayed() -> Message:
            if unread:
                return {"type": "http.request", "body": unread.pop(), "more_body": False}
            return await receive()

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                added = [(name, value) for name, value in _headers(nonce) if name not in present]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self._app(scope, replayed, protected)


async def _read(receive: Receive) -> bytes | None:
    """The whole body, also one without a length; None if it is too large."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def _host(header: str) -> str:
    name, _, port = header.rpartition(":")
    return (name if port.isdecimal() and name else header).strip("[]").lower()


def _headers(nonce: str) -> list[tuple[bytes, bytes]]:
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; font-src 'self'; "
        "require-trusted-types-for 'script'; trusted-types compound"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
        (b"cache-control", b"no-store"),
    ]


async def _refuse(scope: Scope, send: Send, status: int, code: str, why: str) -> None:
    kind, body = b"text/plain; charset=utf-8", why.encode()
    if str(scope["path"]).startswith("/api/"):
        told = {"type": f"urn:compound:error:{code}", "title": HTTPStatus(status).phrase, "status": status}
        kind, body = b"application/problem+json", json.dumps({**told, "code": code, "detail": why}).encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
