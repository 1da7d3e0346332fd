"""Canonical JSON, hashes, and what is kept of a node's input and output."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, cast

import orjson

from compound.language.sha import sha

_PLAIN: Final = orjson.OPT_NON_STR_KEYS
_CANONICAL: Final = orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS

SEEN_S: Final = 3_600.0
"""For so long a process does not store a blob again that it stored."""

Redact = Callable[[object], object]
"""Takes a payload, gives the payload that may be hashed and kept."""


def _plain(value: object) -> object:
    """What orjson does not know: pydantic models, sets, bytes, anything else as its text."""
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(cast("Mapping[object, object]", value))
    if isinstance(value, AbstractSet | tuple):
        return sorted(cast("AbstractSet[object]", value), key=str)
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


def _mend(value: object) -> object:
    """A copy that JSON can hold: broken text replaced, numbers beyond 64 bits as text."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool | float) or value is None:
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {str(_mend(str(k))): _mend(v) for k, v in items}
    if isinstance(value, list | tuple):
        return [_mend(item) for item in cast("list[object]", value)]
    return _mend(_plain(value))


def to_json(value: object, *, canonical: bool = False) -> bytes:
    """The value as JSON; text that is not valid Unicode is replaced, unknown objects become their text.

    Args:
        value: JSON-like data; pydantic models and dataclasses are taken by their fields.
        canonical: Keys sorted, so that equal values give equal bytes.
    """
    try:
        return orjson.dumps(value, None, orjson.OPT_SORT_KEYS if canonical else None)
    except TypeError:
        return _unusual_json(value, _CANONICAL if canonical else _PLAIN)


def _unusual_json(value: object, options: int) -> bytes:
    """Keys that are no text, values of other types, broken text, large numbers: whatever is not plain JSON."""
    try:
        return orjson.dumps(value, _plain, options)
    except (TypeError, ValueError):
        return orjson.dumps(_mend(value), _plain, options)


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, as hex."""
    return sha(to_json(value, canonical=True))


class Seen:
    """The blobs that this process has handed over lately; bounded, oldest forgotten first.

    Args:
        limit: Keys at most.
        ttl_s: A key is new again after this many seconds: a process that removes old content may then trust that what
            a span of now refers to was stored within that time.
        clock: Seconds that only grow.
    """

    def __init__(
        self, limit: int = 100_000, ttl_s: float = SEEN_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._ttl_s = ttl_s
        self._clock = clock
        self._keys: dict[str, float] = {}

    def add(self, key: str) -> bool:
        """True when the key is new here. A forgotten key is stored twice, which the view hides."""
        now = self._clock()
        known = self._keys.get(key)
        if known is not None:
            if now - known < self._ttl_s:
                return False
            del self._keys[key]  # to the end of the row: the oldest is forgotten first
        self._keys[key] = now
        if len(self._keys) > self._limit:
            del self._keys[next(iter(self._keys))]
        return True
