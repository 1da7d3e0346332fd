"""`/login/oidc`: to the OpenID provider, and back."""

from __future__ import annotations

from typing import Final

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from compound.errors import ProjectError
from compound.web.door.back import HOME, inside
from compound.web.door.login import signed_in
from compound.web.identity.oidc import LASTS_S, OpenId
from compound.web.site.place import place_of

router = APIRouter()
COOKIE: Final = "__Host-compound-oidc"
"""Binds a sign-in to the browser that began it."""


@router.get("/login/oidc")
async def begin(request: Request, back: str = HOME) -> Response:
    """Send the browser to the provider."""
    began = await to_thread.run_sync(_provider(request).begin, inside(back), _redirect_uri(request))
    answer = RedirectResponse(began.address, status_code=303)
    answer.set_cookie(COOKIE, began.browser, max_age=int(LASTS_S), path="/", secure=True, httponly=True, samesite="lax")
    return answer


@router.get("/login/oidc/callback")
async def end(request: Request) -> Response:
    """Take what the provider answered, and open a session."""
    browser = request.cookies.get(COOKIE, "")
    said = dict(request.query_params)
    name, back = await to_thread.run_sync(_provider(request).end, said, browser, _redirect_uri(request))
    answer = await signed_in(request, name, back)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _provider(request: Request) -> OpenId:
    oidc = place_of(request).oidc
    if oidc is None:
        what = "this server knows no OpenID provider"
        raise ProjectError("web.unknown-provider", what, fix="set [tool.compound.web.oidc] in pyproject.toml")
    return oidc


def _redirect_uri(request: Request) -> str:
    """Of a host that the server is known under: others are refused before."""
    return f"{request.url.scheme}://{request.headers['host']}/login/oidc/callback"
