"""Messages between the lakehouse and its worker processes: JSON behind a length, never code.

The far end runs SQL that a model wrote, so nothing that comes back is unpickled or believed to be short.
"""

from __future__ import annotations

import os
import select
import time
from typing import Any, Final, cast

import orjson

_HEAD: Final = 4
_CHUNK: Final = 1 << 20


class EndOfFrames(Exception):
    """The other end is gone."""


class FrameTimeout(Exception):
    """No whole message came in time."""


class FrameTooLong(Exception):
    """A message says that it is longer than it may be."""


def frame(message: object) -> bytes:
    """A message as bytes."""
    data = orjson.dumps(message)
    return len(data).to_bytes(_HEAD, "big") + data


def write_all(fd: int, data: bytes) -> None:
    """Write all of it.

    Raises:
        OSError: The other end is gone.
    """
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def read_frame(fd: int, *, seconds: float | None = None, most: int = 1 << 31) -> dict[str, Any]:
    """The next message.

    Args:
        fd: Where it is read from.
        seconds: How long to wait for all of it; None for ever.
        most: Its length in bytes, at most.

    Raises:
        EndOfFrames: The other end is gone, or does not speak this protocol.
        FrameTimeout: `seconds` are over.
        FrameTooLong: It is longer than `most`.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    size = int.from_bytes(_exactly(fd, _HEAD, deadline), "big")
    if size > most:
        raise FrameTooLong(size)
    try:
        message: object = orjson.loads(_exactly(fd, size, deadline))
    except orjson.JSONDecodeError as error:
        raise EndOfFrames from error
    if not isinstance(message, dict):
        raise EndOfFrames
    return cast("dict[str, Any]", message)


def _exactly(fd: int, size: int, deadline: float | None) -> bytes:
    parts: list[bytes] = []
    left = size
    while left:
        if deadline is not None and not _readable(fd, deadline - time.monotonic()):
            raise FrameTimeout
        try:
            part = os.read(fd, min(left, _CHUNK))
        except OSError as error:
            raise EndOfFrames from error
        if not part:
            raise EndOfFrames
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _readable(fd: int, seconds: float) -> bool:
    """Something can be read within the time; `select` itself cannot watch descriptors above 1,023."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(max(seconds, 0) * 1_000))
