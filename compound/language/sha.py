"""The hash of contents: prompts, code, graphs, certificates, runs. It must not change, or stored content is lost."""

from __future__ import annotations

import hashlib


def sha(content: str | bytes, characters: int = 64) -> str:
    """The first hexadecimal characters of the SHA-256 of a content; a text is hashed as UTF-8.

    Raises:
        UnicodeEncodeError: The text has half of a character (a lone surrogate).
    """
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()[:characters]
