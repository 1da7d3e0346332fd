"""Protection of every response: known hosts only, small bodies only, and headers that let no foreign code in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
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
            await _refuse(send, 421, "this server does not have that name")
            return
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            await _refuse(send, 413, "the request is larger than 256 kB")
            return
        nonce = secrets.token_urlsafe(16)
        scope[NONCE] = nonce

        async def limited() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                nonlocal read
                read += len(message.get("body", b""))
                if read > LARGEST_BODY:
                    return {"type": "http.disconnect"}
            return message

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                added = [(name, value) for name, value in _headers(nonce) if name not in present]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        read = 0
        await self._app(scope, limited, protected)


def _host(header: str) -> str:
    name, _, port = header.rpartition(":")
    return (name if port.isdecimal() and name else header).strip("[]").lower()


def _headers(nonce: str) -> list[tuple[bytes, bytes]]:
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-src 'self'; frame-ancestors 'none'; "
        "font-src 'self'; "
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


async def _refuse(send: Send, status: int, why: str) -> None:
    body = why.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
