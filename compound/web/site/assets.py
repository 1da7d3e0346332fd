"""Style sheet and modules of the pages, under addresses that change with their content: browsers read each once."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Scope

STATIC: Final = Path(__file__).parents[1] / "static"
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK: Final = "no-cache"
"""The browser keeps the file, and asks whether it is still the newest one."""


@cache
def version() -> str:
    """A hash of all files. They refer to each other by relative addresses, and so to those of the same version."""
    files = sorted(one for one in STATIC.iterdir() if one.is_file())
    return sha256(b"".join(one.name.encode() + one.read_bytes() for one in files)).hexdigest()[:12]


def root() -> str:
    """The address that the files are under now."""
    return f"/static/{version()}"


def assets() -> ASGIApp:
    """The static files, compressed. A page itself never is: it holds a secret beside what others wrote."""
    return GZipMiddleware(_Assets())


class _Assets(StaticFiles):
    """The files, under the address of the present version for ever, and under `/static` as long as they are the same.

    Another version is answered like `/static`: a page of an older server may still ask for it.
    """

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file."""
        first, _, rest = path.partition("/")
        answer = await super().get_response(rest or first, scope)
        answer.headers["cache-control"] = FOR_EVER if rest and first == version() else ASK
        return answer
