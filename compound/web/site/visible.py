"""Characters that a reader cannot see, made visible."""

from __future__ import annotations

import unicodedata

from markupsafe import Markup, escape

_PLAIN = frozenset("\n\t\r")
_SPACES = dict.fromkeys(map(ord, _PLAIN))


def is_hidden(character: str) -> bool:
    """Whether a character is invisible or changes the direction of others: controls, format characters, tags."""
    return character not in _PLAIN and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")


def chips(text: str) -> Markup:
    """A text as HTML in which each hidden character is a chip with its code point and its Unicode name."""
    if text.translate(_SPACES).isprintable():  # then nothing is hidden, as in most texts
        return escape(text)
    parts: list[str] = []
    for one in text:
        parts.append(
            f'<span class="chip-hidden" title="{unicodedata.name(one, "")}">U+{ord(one):04X}</span>'
            if is_hidden(one)
            else str(escape(one))
        )
    return Markup("".join(parts))


def without_hidden(text: str) -> str:
    """A text without its hidden characters, as it may be sent."""
    return "".join(one for one in text if not is_hidden(one) or one in ("\u200d", "\u200c"))
