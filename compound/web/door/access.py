"""Who calls, and whether they may: dependencies of every route."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from anyio import to_thread
from fastapi import Request

from compound.errors import CompoundError
from compound.web.site.limits import TooManyError
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.web.identity.people import Person
    from compound.web.identity.roles import Right

COOKIE: Final = "__Host-compound"
"""The session cookie; browsers accept the name only with Secure, Path=/ and without Domain."""
_REVIEW: Final = re.compile(r"/reviews/(?!bulk)\w+")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


LEFT: Final = "compound_requests_left"
"""Key of what is left of the caller's requests, in the ASGI scope."""


class SignInFirst(Exception):
    """Nobody is signed in."""

    def __init__(self, back: str) -> None:
        super().__init__(back)
        self.back = back


class Refused(CompoundError):
    """The request is not allowed: a missing right, or a form of another site."""


def needs(right: Right, *others: Right) -> Callable[[Request], Awaitable[Person]]:
    """A dependency that requires somebody with one of these rights; what they may not see does not exist for them."""

    async def signed_in(request: Request) -> Person:
        person = await caller(request)
        request.state.person = person
        if not any(map(person.may, (right, *others))):
            raise Refused("web.no-right", f"{person.name} lacks the right {right.value!r}", fix="ask an admin for it")
        return person

    return signed_in


async def caller(request: Request) -> Person:
    """Who sends a request: the token's account, or whose session the cookie is.

    Raises:
        Refused: `web.token`, `web.foreign-form`.
        SignInFirst: nobody is signed in.
        TooManyError: `web.too-many-requests`.
    """
    known: Person | None = getattr(request.state, "person", None)
    if known is not None:
        return known
    place = place_of(request)
    try:
        person = await _found(request)
    except (Refused, SignInFirst) as error:
        if not isinstance(error, Refused) or error.code == "web.token":
            place.limits.refused(request.client.host if request.client else "")
        raise
    try:
        request.scope[LEFT] = place.limits.request(person.name)
    except TooManyError:
        request.scope[LEFT] = place.limits.nothing_left
        raise
    request.state.person = person
    return person


async def still_signed_in(request: Request) -> bool:
    """Whether who sent a long request is still there: the token is not revoked, the session has not ended."""
    try:
        await _found(request)
    except (Refused, SignInFirst):
        return False
    return True


async def _found(request: Request) -> Person:
    people = place_of(request).people
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret:
        person = await to_thread.run_sync(people.bearer, secret)
        if person is None:
            raise Refused(
                "web.token",
                "the token is unknown, too old or revoked",
                fix="compound people token NAME --label L --scope S creates one",
            )
        return person
    cookie = request.cookies.get(COOKIE)
    person = None if cookie is None else await to_thread.run_sync(people.session, cookie)
    if person is None:
        raise SignInFirst(_back(request))
    if request.method not in _SAFE:
        await require_own_form(request, person.csrf)
    return person


async def require_own_form(request: Request, csrf: str) -> None:
    """Refuse a change that a page of another site asks for.

    Raises:
        Refused: `web.foreign-form`.
    """
    import hmac

    require_own_site(request)
    given = request.headers.get("x-csrf-token")
    if given is None and _is_form(request):
        value = (await request.form()).get("csrf")
        given = value if isinstance(value, str) else None
    if given is None or not hmac.compare_digest(given.encode(), csrf.encode()):
        raise _foreign()


def require_own_site(request: Request) -> None:
    """Refuse a request that a page of another site sent, as far as the browser says so.

    Raises:
        Refused: `web.foreign-form`.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if is_foreign or site not in (None, "same-origin", "none"):
        raise _foreign()


def _foreign() -> Refused:
    return Refused("web.foreign-form", "the form was not sent by a page of this server", fix="reload the page")


def _is_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0]
    return kind in ("application/x-www-form-urlencoded", "multipart/form-data")


def _back(request: Request) -> str:
    of_one = _REVIEW.match(request.url.path)
    path = request.url.path if request.method in _SAFE else of_one[0] if of_one else "/reviews"
    query = f"?{request.url.query}" if request.url.query and request.method in _SAFE else ""
    return quote(f"{path}{query}")
