"""HTML that others wrote: sanitized for the page, and whole only inside a sandboxed frame."""

from __future__ import annotations

import re
from typing import Final

import nh3
from markupsafe import Markup

from compound.web.site.visible import chips, is_hidden

TAGS: Final = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "i", "ins", "li", "ol", "p", "pre", "q", "s", "small", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
})  # fmt: skip
"""No forms, no media, nothing that loads or runs."""
_HEADINGS: Final = re.compile(r"<(/?)h[1-6]>")
_PIECE: Final = re.compile(r"<(?:\"[^\"]*\"|[^\">])*>|[^<]+|<")
ORIGINAL_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"
"""What a mail as it came may do inside its frame: have a look of its own, nothing else."""


def sanitized(html: str) -> Markup:
    """The mail without anything that runs, loads, is styled or can be filled in; hidden characters are chips."""
    clean = nh3.clean(
        html,
        tags=set(TAGS),
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    # A heading of a mail is no heading of the page.
    bold = _HEADINGS.sub(lambda found: "</strong></p>" if found.group(1) else "<p><strong>", clean)
    return Markup("".join(_with_chips(one) for one in _PIECE.findall(bold)))


def _with_chips(piece: str) -> str:
    if piece.startswith("<"):
        return piece
    return "".join(str(chips(one)) if is_hidden(one) else one for one in piece)
