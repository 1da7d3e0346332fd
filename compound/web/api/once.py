"""`Idempotency-Key`: a request that was answered is answered again in the same words, and is not done again.

A refusal is an answer too: the same request is refused again with the same words, also if it would be possible now.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import anyio
import sqlalchemy as sa
from anyio import to_thread
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException

from compound.connector.state.serving.tables import api_request
from compound.connector.state.tables import idempotency
from compound.errors import CompoundError
from compound.web.api.problems import ApiError, refusal
from compound.web.door.access import caller
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.connector.state import StateStore

KEEP_S: Final = 24 * 3600.0
"""A key is remembered for this many seconds."""
LEASE_S: Final = 30.0
"""A process that answers renews its claim before this many seconds are over; else it counts as dead."""
HEADER: Final = "idempotency-key"
_LONGEST: Final = 200
_KEPT: Final = frozenset({"content-type", "etag", "location"})
_LATER: Final = frozenset({401, 408, 425, 429})


class OnceRoute(APIRoute):
    """A route whose changes can carry an `Idempotency-Key`.

    Answers are remembered for a day, refusals too. Not remembered are those that say "later": 408, 425, 429, a server
    that is not able to answer (5xx); and 401, which needs another caller.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind the look-up of the key."""
        plain = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None or request.method in ("GET", "HEAD"):
                return await plain(request)
            return await _once(request, key, plain)

        return once


async def _once(request: Request, key: str, plain: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    if not key.strip() or len(key) > _LONGEST or not key.isprintable():
        what = f"the Idempotency-Key has {len(key)} characters, or some that cannot be printed"
        raise ApiError("api.bad-key", what, status=422, fix=f"use 1 to {_LONGEST} printable characters, like a UUID")
    person = await caller(request)
    said = await request.body()
    place = place_of(request)
    claim = Claim(
        store=place.project.resources.state,
        clock=place.project.resources.clock,
        key=_sha(f"{person.name}\0{request.method}\0{request.url.path}\0{key}".encode()),
        payload=_sha(said + b"\0" + request.headers.get("if-match", "").encode()),
        owner=secrets.token_hex(16),
    )
    request.state.once_key = claim.key
    known = await to_thread.run_sync(claim.take)
    if known is not None:
        return known
    renewing = asyncio.create_task(_renew(claim))
    try:
        done = await _answered(request, plain)
    except BaseException:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(claim.give_up)
        raise
    finally:
        renewing.cancel()
    await to_thread.run_sync(claim.keep, done)
    return done


async def _answered(request: Request, plain: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    """The answer of a call, also where it is refused."""
    try:
        return await plain(request)
    except (CompoundError, RequestValidationError, HTTPException) as error:
        return await refusal(request, error)


async def _renew(claim: Claim) -> None:
    while True:
        await anyio.sleep(LEASE_S / 3)
        await to_thread.run_sync(claim.renew)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The claim of one request on its key."""

    store: StateStore
    clock: Callable[[], float]
    key: str
    payload: str
    owner: str

    def take(self) -> Response | None:
        """Claim the key; the answer of before if there is one.

        Raises:
            ApiError: `api.key-reused`, `api.key-busy`.
        """
        now = self.clock()
        values = {"payload_sha256": self.payload, "owner": self.owner, "lease_until": now + LEASE_S, "created_at": now}
        is_over = (api_request.c.created_at < now - KEEP_S) & (api_request.c.lease_until < now)
        try:
            with self.store.write(durable=False) as db:
                db.execute(sa.delete(api_request).where(is_over))
                db.execute(sa.insert(api_request).values(key=self.key, **values))
        except IntegrityError:
            return self._known(now, values)
        return None

    def _known(self, now: float, values: Mapping[str, object]) -> Response | None:
        with self.store.write(durable=False) as db:
            row = db.execute(sa.select(api_request).where(api_request.c.key == self.key)).first()
            if row is not None and row.payload_sha256 != self.payload:
                what = "this Idempotency-Key was sent with another request"
                raise ApiError("api.key-reused", what, status=422, fix="use a new key for each new request")
            if row is not None and row.status is not None:
                headers = {**row.headers, "idempotent-replayed": "true"}
                return Response((row.body or "").encode(), row.status, headers=headers)
            dead = (api_request.c.key == self.key) & (api_request.c.lease_until < now)
            if row is not None and db.execute(sa.update(api_request).where(dead).values(values)).rowcount == 1:
                return None
        what = "the first request with this Idempotency-Key is still being answered"
        raise ApiError("api.key-busy", what, status=409, fix="send it again in a few seconds")

    def renew(self) -> None:
        """Say that the request is still being answered."""
        self._set(lease_until=self.clock() + LEASE_S)

    def keep(self, done: Response) -> None:
        """Remember the answer, if it is final and can be repeated."""
        body = getattr(done, "body", None)
        if done.status_code in _LATER or done.status_code >= 500 or not isinstance(body, bytes):
            self.give_up()
            return
        headers = {name: value for name, value in done.headers.items() if name in _KEPT}
        self._set(status=done.status_code, headers=headers, body=body.decode(), lease_until=self.clock())

    def give_up(self) -> None:
        """Free the key: nothing was done."""
        with self.store.write(durable=False) as db:
            db.execute(sa.delete(api_request).where(*self._mine()))

    def _set(self, **values: object) -> None:
        with self.store.write(durable=False) as db:
            db.execute(sa.update(api_request).where(*self._mine()).values(values))

    def _mine(self) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return api_request.c.key == self.key, api_request.c.owner == self.owner


def forget_old(store: StateStore, now: float) -> None:
    """Remove the answers, and the keys of decisions, that are older than a day."""
    over, keys = api_request.c.created_at < now - KEEP_S, idempotency.c.created_at < now - KEEP_S
    with store.read() as db:
        asked = sa.select(sa.literal(1))
        if not any(db.execute(asked.where(one).limit(1)).first() for one in (over, keys)):
            return
    with store.write(durable=False) as db:
        db.execute(sa.delete(api_request).where(over, api_request.c.lease_until < now))
        db.execute(sa.delete(idempotency).where(keys))


def _sha(data: bytes) -> str:
    return sha256(data).hexdigest()
