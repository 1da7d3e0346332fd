"""Mentions of a person: a key such as a customer id or an e-mail address, found in texts, rows and bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import cached_property
from typing import Final

_EDGE: Final = r"[\w@]"


class Mention:
    """Finds any of several keys as a whole word, ignoring case: `C-1` is not in `C-10`.

    Args:
        keys: Customer ids, e-mail addresses; none is empty.
    """

    def __init__(self, keys: Collection[str]) -> None:
        self.keys = tuple(keys)

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """Each key as it is, and as JSON with and without escapes."""
        forms = [form for key in self.keys for form in (key, _in_json(key, ascii_only=True), _in_json(key))]
        return tuple(dict.fromkeys(forms))

    @cached_property
    def pattern(self) -> str:
        """A regular expression for both DuckDB and Python, to be used ignoring case."""
        any_form = "|".join(re.escape(form) for form in self.forms)
        return f"(^|[^\\w@])({any_form})($|[^\\w@])"

    @cached_property
    def _words(self) -> re.Pattern[str]:
        any_form = "|".join(re.escape(form) for form in self.forms)
        return re.compile(f"(?<!{_EDGE})(?:{any_form})(?!{_EDGE})", re.IGNORECASE)

    @cached_property
    def _bytes(self) -> re.Pattern[bytes]:
        encoded = [form.encode(code) for form in self.forms for code in ("utf-8", "utf-16-le")]
        any_form = b"|".join(re.escape(form) for form in dict.fromkeys(encoded))
        return re.compile(rb"(?<![A-Za-z0-9_@])(?:" + any_form + rb")(?![A-Za-z0-9_@])", re.IGNORECASE)

    def in_text(self, text: str) -> bool:
        """Whether a text names the person."""
        return self._words.search(text) is not None

    def in_bytes(self, data: bytes) -> bool:
        """Whether the bytes of a file name the person, as UTF-8 or UTF-16."""
        return self._bytes.search(data) is not None


def _in_json(key: str, *, ascii_only: bool = False) -> str:
    return json.dumps(key, ensure_ascii=ascii_only)[1:-1]
