"""Signing in and out: a one-time link, or name and password."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from compound.errors import ConflictError
from compound.web.door.access import COOKIE, require_own_site
from compound.web.door.back import HOME, inside
from compound.web.identity.people import LONGEST_S
from compound.web.site.place import Place, place_of
from compound.web.site.words import Words, chosen

router = APIRouter()


@router.get("/login")
async def login(request: Request, back: str = HOME, link: str = "") -> Response:
    """The form to sign in. A link only fills it in: reading a page changes nothing."""
    return place_of(request).pages.render(request, "login/login.html", _values(request, back, link))


@router.post("/login")
async def sign_in(request: Request) -> Response:
    """Open a session."""
    require_own_site(request)
    place = place_of(request)
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    back, link = form.get("back", HOME), form.get("link", "")
    address = "" if request.client is None else request.client.host
    try:
        if link:
            name = await to_thread.run_sync(place.people.redeem, link)
        else:
            given = (form.get("name", ""), form.get("password", ""))
            name = await to_thread.run_sync(_checked, place, *given, address, limiter=place.hashing)
    except ConflictError as error:
        values = _values(request, back, error=f"{error.what}. {error.fix}")
        status = 429 if error.code == "web.too-many-attempts" else 403
        return place.pages.render(request, "login/login.html", values, status=status)
    if name is None:
        words = Words.of(chosen(request, None))
        values = _values(request, back, error=words.text("The name or the password is wrong."))
        return place.pages.render(request, "login/login.html", values, status=403)
    return await signed_in(request, name, back)


def _values(request: Request, back: str, link: str = "", *, error: str = "") -> dict[str, str]:
    """Values of the page to sign in; `provider` is the name of an OpenID provider, empty without one."""
    oidc = place_of(request).oidc
    return {"back": back, "link": link, "error": error, "provider": "" if oidc is None else oidc.settings.label}


async def signed_in(request: Request, name: str, back: str) -> Response:
    """Open a session and go on; a session that this browser had before ends."""
    people = place_of(request).people
    before = request.cookies.get(COOKIE)
    if before is not None:
        await to_thread.run_sync(people.close, before)
    secret = await to_thread.run_sync(people.open, name)
    answer = RedirectResponse(inside(back), status_code=303)
    answer.set_cookie(COOKIE, secret, max_age=int(LONGEST_S), path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _checked(place: Place, name: str, password: str, address: str) -> str | None:
    throttle = place.people.throttle
    throttle.check(name, address)
    found = place.people.checked(name, password)
    if found is None:
        throttle.failed(name, address)
    else:
        throttle.passed(name)
    return found


@router.post("/logout")
async def sign_out(request: Request) -> Response:
    """End the session."""
    require_own_site(request)
    cookie = request.cookies.get(COOKIE)
    if cookie is not None:
        await to_thread.run_sync(place_of(request).people.close, cookie)
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer
