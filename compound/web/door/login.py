"""Signing in and out: a one-time link, or name and password."""

from __future__ import annotations

from urllib.parse import unquote

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from compound.errors import ConflictError
from compound.web.door.access import COOKIE
from compound.web.identity.people import LONGEST_S
from compound.web.site.place import place_of

router = APIRouter()


@router.get("/login")
async def login(request: Request, back: str = "/reviews", link: str = "") -> Response:
    """The form to sign in. A link only fills it in: reading a page changes nothing."""
    return place_of(request).pages.render(request, "login/login.html", {"back": back, "link": link, "error": ""})


@router.post("/login")
async def sign_in(request: Request) -> Response:
    """Open a session."""
    place = place_of(request)
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    back, link = form.get("back", "/reviews"), form.get("link", "")
    try:
        if link:
            name = await to_thread.run_sync(place.people.redeem, link)
        else:
            name = await to_thread.run_sync(place.people.checked, form.get("name", ""), form.get("password", ""))
    except ConflictError as error:
        values = {"back": back, "link": "", "error": f"{error.what}. {error.fix}"}
        return place.pages.render(request, "login/login.html", values, status=403)
    if name is None:
        values = {"back": back, "link": "", "error": "The name or the password is wrong."}
        return place.pages.render(request, "login/login.html", values, status=403)
    secret = await to_thread.run_sync(place.people.open, name)
    answer = RedirectResponse(_inside(back), status_code=303)
    answer.set_cookie(COOKIE, secret, max_age=int(LONGEST_S), path="/", secure=True, httponly=True, samesite="lax")
    return answer


@router.post("/logout")
async def sign_out(request: Request) -> Response:
    """End the session."""
    cookie = request.cookies.get(COOKIE)
    if cookie is not None:
        await to_thread.run_sync(place_of(request).people.close, cookie)
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _inside(back: str) -> str:
    """A path of this server; anything else leads to the reviews."""
    path = unquote(back)
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/reviews"
