"""Messages between the lakehouse and its worker processes: length-prefixed JSON, never code.

The worker runs untrusted SQL, so its answers are never unpickled and their length is checked.
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
    """The other end closed the connection."""


class FrameTimeout(Exception):
    """No complete message arrived in time."""


class FrameTooLong(Exception):
    """A message exceeds the maximum length."""


def frame(message: object) -> bytes:
    """Encode a message."""
    data = orjson.dumps(message)
    return len(data).to_bytes(_HEAD, "big") + data


def write_all(fd: int, data: bytes) -> None:
    """Write all bytes.

    Raises:
        OSError: The other end closed the connection.
    """
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def read_frame(fd: int, *, seconds: float | None = None, most: int = 1 << 31) -> dict[str, Any]:
    """Read the next message.

    Args:
        fd: File descriptor to read from.
        seconds: Timeout for the whole message; None: no timeout.
        most: Maximum length in bytes.

    Raises:
        EndOfFrames: The other end closed the connection or violates the protocol.
        FrameTimeout: No complete message within `seconds`.
        FrameTooLong: The message is longer than `most`.
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
    """Wait until the descriptor is readable; `select` does not support descriptors above 1,023."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(max(seconds, 0) * 1_000))
