"""What people ask of a batch from any process: pause it, continue it, cancel it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.connector.state import tables

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_ASKED = tables.batch_request


class Wish(StrEnum):
    """What the process that runs a batch does before its next item."""

    RUN = "run"
    PAUSE = "pause"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The last request to a batch.

    Attributes:
        by: Who asked.
        at: When, UTC seconds.
        note: Why, in the person's words; empty if not said.
    """

    wish: Wish
    by: str
    at: float
    note: str = ""

    def __str__(self) -> str:
        said = f" ({self.note})" if self.note else ""
        return f"by {self.by} at {datetime.fromtimestamp(self.at, UTC):%Y-%m-%d %H:%M:%S} UTC{said}"


def request_of(db: Connection, job_id: str) -> Request | None:
    """The last request to a batch; None if there is none."""
    row = db.execute(sa.select(_ASKED).where(_ASKED.c.job_id == job_id)).first()
    if row is None:
        return None
    return Request(wish=Wish(row.wish), by=row.asked_by, at=row.asked_at, note=row.note or "")


def store_request(db: Connection, job_id: str, request: Request) -> None:
    """Store a request in place of the last one."""
    forget_request(db, job_id)
    values = {"wish": request.wish.value, "asked_by": request.by, "asked_at": request.at, "note": request.note or None}
    db.execute(sa.insert(_ASKED).values(job_id=job_id, **values))


def forget_request(db: Connection, job_id: str) -> None:
    """Delete the request: the batch is over, or starts again."""
    db.execute(sa.delete(_ASKED).where(_ASKED.c.job_id == job_id))
