"""Canonical JSON, hashes, and stored inputs and outputs of nodes."""

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
"""Seconds during which a process does not store the same blob again."""

Redact = Callable[[object], object]
"""Redacts a payload before it is hashed and stored."""


def _plain(value: object) -> object:
    """Convert values that orjson cannot serialize: pydantic models, sets, bytes, others as text."""
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


def _valid_json(value: object) -> object:
    """A copy that is valid JSON: invalid text replaced, numbers beyond 64 bits as text."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool | float) or value is None:
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {str(_valid_json(str(k))): _valid_json(v) for k, v in items}
    if isinstance(value, list | tuple):
        return [_valid_json(item) for item in cast("list[object]", value)]
    return _valid_json(_plain(value))


def to_json(value: object, *, canonical: bool = False) -> bytes:
    """The value as JSON; text that is not valid Unicode is replaced, unknown objects become their text.

    Args:
        value: JSON-like data; pydantic models and dataclasses become objects.
        canonical: Whether to sort keys, so that equal values have equal bytes.
    """
    try:
        return orjson.dumps(value, None, orjson.OPT_SORT_KEYS if canonical else None)
    except TypeError:
        return _unusual_json(value, _CANONICAL if canonical else _PLAIN)


def _unusual_json(value: object, options: int) -> bytes:
    """Serialize values with non-text keys, other types, invalid text or large numbers."""
    try:
        return orjson.dumps(value, _plain, options)
    except (TypeError, ValueError):
        return orjson.dumps(_valid_json(value), _plain, options)


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, as hex."""
    return sha(to_json(value, canonical=True))


class Seen:
    """The blobs that this process has stored recently; bounded, oldest evicted first.

    Args:
        limit: Maximum number of keys.
        ttl_s: A key expires after this many seconds, so that the content of any current span was stored within that
            time, which pruning relies on.
        clock: Monotonic seconds.
    """

    def __init__(
        self, limit: int = 100_000, ttl_s: float = SEEN_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._ttl_s = ttl_s
        self._clock = clock
        self._keys: dict[str, float] = {}

    def add(self, key: str) -> bool:
        """Returns True if the key is new. An evicted key is stored twice, which the view hides."""
        now = self._clock()
        known = self._keys.get(key)
        if known is not None:
            if now - known < self._ttl_s:
                return False
            del self._keys[key]  # move to the end: the oldest is evicted first
        self._keys[key] = now
        if len(self._keys) > self._limit:
            del self._keys[next(iter(self._keys))]
        return True
