"""The status of an answer that reports an error."""

from __future__ import annotations

from typing import Final

from compound.errors import CompoundError, ConflictError, ConnectorError
from compound.web.door.access import Refused

_BY_CODE: Final = {"web.token": 401, "web.too-many-attempts": 429, "web.login-refused": 403}


def status_of(error: CompoundError) -> int:
    """The HTTP status of an error of ours."""
    if (status := getattr(error, "status", None)) is not None:
        return int(status)
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    if isinstance(error, Refused):
        return 403
    if isinstance(error, ConflictError):
        return 409
    if isinstance(error, ConnectorError):
        return 503
    return 404 if ".unknown" in error.code else 422
