"""`/events`: what happens to reviews, as server-sent events or as one answer for callers that poll."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any, Final

import anyio
import orjson
import sqlalchemy as sa
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse

from compound.connector.state.tables import audit, review
from compound.graph import SSE_HEADERS
from compound.web.api.calls import Reader, aside, moment, problems
from compound.web.door.access import still_signed_in
from compound.web.identity.person import Person
from compound.web.site.place import place_of

if TYPE_CHECKING:
    from compound.connector.state import StateStore

router = APIRouter(tags=["events"])
EVERY_S: Final = 1.0
"""Seconds between two looks at the audit log."""
BEAT_S: Final = 15.0
"""Seconds of silence before a comment, which detects a reader that has left, and whether it is still signed in."""
MOST: Final = 200
"""Events of one look."""
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "The events."}
}


@router.get("/events", responses={**problems(429), **_STREAM}, response_class=Response)
async def events(
    request: Request,
    person: Reader,
    after: Annotated[int | None, Query(ge=0, le=2**53, description="Id of the last event that was read.")] = None,
    follow: Annotated[bool, Query(description="False: what there is now, and then the end.")] = True,
    last_event_id: Annotated[str | None, Header(max_length=20, description="As `after`; browsers send it.")] = None,
) -> Response:
    """Events of the reviews that the caller sees.

    The name of an event is that of the audit log (`review.opened`, `review.claimed`, `review.decided`, ...), its id
    counts up, and a stream that broke off goes on behind `Last-Event-ID` without a gap. Without either, it begins
    now.

    One account follows the events three times at once at most; more are refused with 429. A program that cannot keep
    a connection open polls: `follow=false&after=` the last id that it read.
    """
    seen = int(last_event_id) if last_event_id is not None and last_event_id.isdecimal() else after
    start = await aside(lambda: _newest(request)) if seen is None else min(seen, 2**53)
    blocks = _blocks(request, person, start, follow=follow)
    if follow:
        limits = place_of(request).limits
        limits.open_stream(person.name)
        blocks = _counted(blocks, lambda: limits.close_stream(person.name))
    return StreamingResponse(blocks, media_type="text/event-stream", headers=dict(SSE_HEADERS))


async def _counted(blocks: AsyncGenerator[bytes], ended: Callable[[], None]) -> AsyncGenerator[bytes]:
    try:
        async for block in blocks:
            yield block
    finally:
        ended()


async def _blocks(request: Request, person: Person, last: int, *, follow: bool) -> AsyncGenerator[bytes]:
    yield b"retry: 2000\n\n"
    silent, log = 0.0, _log_of(request)
    while True:
        found, read = await aside(lambda: log.behind(last) if follow else log.read(last))  # noqa: B023 - awaited at once
        rows = [row for row in found if person.sees(row.queue)]
        for row in rows:
            data = {"event": row.event, "review_id": row.subject, "queue": row.queue, "actor": row.actor}
            data |= {"at": moment(row.at), "action": row.details.get("action"), "version": row.details.get("version")}
            yield b"id: %d\nevent: %s\ndata: %s\n\n" % (row.seq, row.event.encode(), orjson.dumps(data))
        is_full, last = read > last and len(found) == MOST, max(read, last)
        silent = 0.0 if rows else silent + EVERY_S
        if is_full:
            continue
        if not follow:
            return
        if silent >= BEAT_S:
            if not await still_signed_in(request):
                return
            silent = 0.0
            yield b": still here\n\n"
        await anyio.sleep(EVERY_S)


def _newest(request: Request) -> int:
    with place_of(request).project.resources.state.read() as db:
        return int(db.execute(sa.select(sa.func.coalesce(sa.func.max(audit.c.seq), 0))).scalar_one())


class _Log:
    """The audit log for many streams: those that read up to the same place share a look at what is behind it."""

    def __init__(self, state: StateStore) -> None:
        self._state = state
        self._lock = Lock()
        self._looks: dict[int, tuple[float, Sequence[Any], int]] = {}

    def behind(self, last: int) -> tuple[Sequence[Any], int]:
        """As `read`, or what another stream read a moment ago."""
        with self._lock:
            now = time.monotonic()
            self._looks = {place: look for place, look in self._looks.items() if now - look[0] < EVERY_S / 2}
            if last not in self._looks:
                self._looks[last] = (now, *self.read(last))
            _, rows, read = self._looks[last]
            return rows, read

    def read(self, last: int) -> tuple[Sequence[Any], int]:
        """The next events behind a number, and the number up to which the log was read."""
        query = (
            sa.select(audit.c.seq, audit.c.event, audit.c.subject, audit.c.actor, audit.c.at, audit.c.details)
            .add_columns(review.c.queue)
            .join(review, review.c.review_id == audit.c.subject)
            .where(audit.c.seq > last, audit.c.event.startswith("review."))
            .order_by(audit.c.seq)
            .limit(MOST)
        )
        with self._state.read() as db:
            rows = db.execute(query).all()
            if len(rows) == MOST:
                return rows, int(rows[-1].seq)
            newest = db.execute(sa.select(sa.func.coalesce(sa.func.max(audit.c.seq), 0))).scalar_one()
            return rows, int(newest)


def _log_of(request: Request) -> _Log:
    """The log that the streams of this server share."""
    shared = request.app.state
    if not hasattr(shared, "log"):
        shared.log = _Log(place_of(request).project.resources.state)
    return shared.log
