"""Around every call of the API: an id for the request, and a log line when it ends."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import structlog

from compound.web.api.problems import REQUEST_ID
from compound.web.door.access import LEFT
from compound.web.site.limits import WINDOW_S

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from compound.web.site.limits import Left

_MINUTE: Final = int(WINDOW_S)
_GIVEN: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
log = structlog.stdlib.get_logger(__name__)


class Envelope:
    """ASGI middleware: the caller's `X-Request-Id`, or a new one, is in the answer, in problems and in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        request_id = given if _GIVEN.fullmatch(given) else uuid4().hex
        scope[REQUEST_ID] = request_id
        status, began = 0, time.monotonic()

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                more = [(b"x-request-id", request_id.encode()), *_limit(scope.get(LEFT))]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        try:
            await self._app(scope, receive, named)
        finally:
            ms = round((time.monotonic() - began) * 1000)
            log.debug("api.call", method=scope["method"], path=scope["path"], status=status, ms=ms, id=request_id)


def _limit(left: Left | None) -> list[tuple[bytes, bytes]]:
    """How many requests the caller may still send, as draft-ietf-httpapi-ratelimit-headers writes it."""
    if left is None:
        return []
    return [
        (b"ratelimit-policy", b'"account";q=%d;w=%d' % (left.most, _MINUTE)),
        (b"ratelimit", b'"account";r=%d;t=%d' % (left.left, left.full_s)),
    ]
