"""`/metrics` for Prometheus, `/health` and `/ready` for programs that watch the process."""

from __future__ import annotations

import ipaddress
import time
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from compound.web.door.access import Refused, needs
from compound.web.identity.roles import Right
from compound.web.metrics.exposition import CONTENT_TYPE, exposition
from compound.web.metrics.figures import figures
from compound.web.metrics.ready import problems
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.web.identity.people import Person

router = APIRouter()
KEPT_S: Final = 5.0
"""Seconds for which counted figures are reused."""
_RIGHTS: Final = (Right.AUDIT, Right.BATCHES)
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_counting = Lock()


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """The figures of the project: open to this machine, else to tokens with the right `audit` or `batches`."""
    if not _is_local(request):
        await _require_right(request)
    return PlainTextResponse(await to_thread.run_sync(_text, request), media_type=CONTENT_TYPE)


@router.get("/health")
async def health() -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/ready")
async def ready(request: Request) -> Response:
    """Whether it can work; 503 with the reasons if not."""
    place = place_of(request)
    found = await to_thread.run_sync(problems, place.project, place.worker)
    wrong = {name: why for name, why in found.items() if why}
    body: dict[str, Any] = {
        "status": "not ready" if wrong else "ready",
        "checks": {n: w or "ok" for n, w in found.items()},
    }
    return JSONResponse(body, status_code=503 if wrong else 200)


def _text(request: Request) -> str:
    state = request.app.state
    with _counting:
        at, text = getattr(state, "metrics", (0.0, ""))
        if not text or time.monotonic() - at > KEPT_S:
            text = exposition(figures(place_of(request).project.resources.state))
            state.metrics = (time.monotonic(), text)
    return text


def _is_local(request: Request) -> bool:
    """Whether the caller is a program of this machine, and not a proxy that calls for somebody else."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    return _is_loopback(request.client.host) and _is_loopback(host.strip("[]"))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _require_right(request: Request) -> Person:
    for right in _RIGHTS[:-1]:
        try:
            return await needs(right)(request)
        except Refused as error:
            if error.code != "web.no-right":
                raise
    return await needs(_RIGHTS[-1])(request)
