"""Formats times and ages."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(at: float) -> str:
    """A time as ISO 8601, UTC, whole seconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def age(seconds: float) -> str:
    """An age in the largest whole unit."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def span(seconds: float) -> str:
    """A length of time, exactly, in the largest unit that divides it."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{int(seconds // size)} {unit}"
    return f"{seconds:g} s"


def since_of(text: str, now: float) -> float:
    """UTC seconds of `2026-01-31`, `2026-01-31T09:00`, or of an age before now, `30d`.

    Raises:
        DataError: ``review.bad-time``.
    """
    from compound.errors import DataError
    from compound.spec.words import parse_age

    try:
        return now - parse_age(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        what = f"{text!r} is neither a date nor an age"
        raise DataError("review.bad-time", what, fix="write 2026-01-31, 2026-01-31T09:00 (UTC), or 30d") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
