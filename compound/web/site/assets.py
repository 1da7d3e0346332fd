"""Styles and programs of the pages: compressed, and asked for again only when they changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER: Final = Path(__file__).parents[1] / "static"


def assets() -> ASGIApp:
    """The static files. A page itself is never compressed: it holds a secret beside what others wrote."""
    return GZipMiddleware(_Kept(StaticFiles(directory=FOLDER)))


class _Kept:
    """Lets a browser keep what it got, and ask with its ETag whether that is still current."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"cache-control", b"no-cache")]}
            await send(message)

        await self._app(scope, receive, kept)
