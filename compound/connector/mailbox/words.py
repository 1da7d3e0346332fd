"""The words of HTML: what a person would read, without scripts, styles and hidden parts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_SILENT: Final = frozenset({"script", "style", "head", "title", "template", "noscript", "iframe", "object", "svg"})
_BLOCKS: Final = frozenset(
    {"p", "div", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "tr", "blockquote", "pre"}
    | {"section", "article", "header", "footer", "dl", "dt", "dd", "figure"}
)
_APART: Final = frozenset({"p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre"})
_HIDDEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?!\.)", re.I)
_VOID: Final = frozenset({"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "wbr"})
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_BLANKS: Final = re.compile(r"\n{3,}")


def words_of(html: str) -> str:
    """The text of an HTML message: blocks on lines of their own, `- ` before list items, links with their addresses.

    Parts that a reader does not see (`display: none`) are left out: they could speak to a model behind the person's
    back.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = "".join(reader.found).split("\n")
    return _BLANKS.sub("\n\n", "\n".join(line.strip(" ") for line in lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._links: list[tuple[str, int]] = []

    @property
    def _is_silent(self) -> bool:
        return any(silent for _, silent in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        silent = tag in _SILENT or "hidden" in given or bool(_HIDDEN.search(given.get("style") or ""))
        if tag not in _VOID:
            self._open.append((tag, silent))
        if self._is_silent:
            return
        if tag in _BLOCKS:
            self._line(apart=tag in _APART)
        elif tag == "li":
            self._line()
            self.found.append("- ")
        elif tag in {"td", "th"}:
            self.found.append(" ")
        elif tag == "a":
            self._links.append((given.get("href") or "", len(self.found)))

    def handle_endtag(self, tag: str) -> None:
        if all(name != tag for name, _ in self._open):
            return
        was_silent = self._is_silent
        while self._open and self._open.pop()[0] != tag:
            pass  # left open by its author
        if was_silent:
            return
        if tag == "a" and self._links:
            href, start = self._links.pop()
            shown = "".join(self.found[start:]).strip()
            if href.startswith(("http://", "https://", "mailto:")) and href.removeprefix("mailto:") != shown:
                self.found.append(f" ({href})")
        elif tag in _BLOCKS:
            self._line(apart=tag in _APART)

    def handle_data(self, data: str) -> None:
        if not self._is_silent:
            text = _SPACES.sub(" ", data)
            self.found.append(text.lstrip(" ") if self._is_at_start else text)

    @property
    def _is_at_start(self) -> bool:
        return not self.found or self.found[-1].endswith("\n")

    def _line(self, *, apart: bool = False) -> None:
        if self.found:
            self.found.append("\n\n" if apart else "\n")
