"""What a person changed in a text, word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Final

from markupsafe import Markup

from compound.web.site.visible import chips

_WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
MOST: Final = 4000
"""Words of a text that are compared; a longer one is compared line by line."""


def word_diff(before: str, after: str) -> Markup:
    """The new text as HTML with `<ins>` and `<del>`; empty if nothing changed."""
    if before == after:
        return Markup("")
    old, new = _parts(_WORDS, before), _parts(_WORDS, after)
    if max(len(old), len(new)) > MOST:
        old, new = _parts(_LINES, before), _parts(_LINES, after)
    made = Markup("")
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            made += chips(come)
            continue
        if gone:
            made += Markup("<del>{}</del>").format(chips(gone))
        if come:
            made += Markup("<ins>{}</ins>").format(chips(come))
    return made


def _parts(pattern: re.Pattern[str], text: str) -> list[str]:
    return pattern.findall(text)
