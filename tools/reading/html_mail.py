"""Converts HTML mail to text: removes scripts, styles and code addresses, then lays it out.

A `blockquote` gets the mark of quoted lines, as in plain mail.
"""

from __future__ import annotations

import re

_WHOLE = re.compile(
    r"\s*(?:<!--[^>]*-->\s*)?<(?:!doctype|html|head|body|meta|style|div|p|table|span|center|font|br|section|article)\b",
    re.IGNORECASE,
)
_BLOCKQUOTE = re.compile(r"</?blockquote\b[^<>]*>", re.IGNORECASE)
_HIDDEN = re.compile(
    r"<[^<>]*(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?:\.0+)?\s*[;\"']|\shidden\b)",
    re.IGNORECASE,
)
_NEVER = {"script", "style", "title", "head", "template", "noscript"}


def is_html(text: str) -> bool:
    """Whether a text is an HTML document or a piece of one from its first character to its last."""
    return bool(_WHOLE.match(text[:2000])) and text.rstrip().endswith(">")


def hides_text(markup: str) -> bool:
    """Whether an element is styled to be invisible: its text would otherwise be read."""
    return bool(_HIDDEN.search(markup))


def html_text(markup: str) -> str:
    """The text of an HTML mail: paragraphs, line breaks and lists as lines, quotations behind `> `. Linear."""
    # Imported here: a project without HTML mail needs neither.
    import nh3
    from resiliparse.extract.html2text import extract_plain_text

    clean = nh3.clean(markup, tags=nh3.ALLOWED_TAGS - _NEVER, clean_content_tags=_NEVER, link_rel=None)
    pieces: list[str] = []
    depth = at = 0
    for match in _BLOCKQUOTE.finditer(clean):
        pieces += _piece(extract_plain_text(clean[at : match.start()], main_content=False, links=False), depth)
        depth = max(0, depth + (-1 if match.group().startswith("</") else 1))
        at = match.end()
    pieces += _piece(extract_plain_text(clean[at:], main_content=False, links=False), depth)
    return "\n\n".join(pieces).replace("\xa0", " ")


def _piece(text: str, depth: int) -> list[str]:
    if not text.strip():
        return []
    mark = ">" * min(depth, 8) + " " if depth else ""
    return ["\n".join(mark + line for line in text.strip().split("\n"))]
