"""Where a person goes after signing in: only to a page of this server."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote, urlsplit

HOME: Final = "/reviews"


def inside(back: str) -> str:
    r"""A path of this server as it was given in `back=`; anything else leads to the reviews.

    Browsers drop tabs and line breaks, and read `\` as `/`: so both are refused, also where they are encoded twice.
    """
    path = unquote(back)
    read = unquote(path)
    is_plain = all(one not in text for text in (path, read) for one in "\\\t\r\n\0") and path.isprintable()
    parts = urlsplit(read)
    is_local = path.startswith("/") and not read.startswith("//") and not parts.scheme and not parts.netloc
    return path if is_plain and is_local and not path.startswith(("/login", "/logout")) else HOME
