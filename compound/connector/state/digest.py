"""Canonical text and hash of values."""

from __future__ import annotations

import json

from compound.language.sha import sha


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values have equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON."""
    return sha(canonical(value))
