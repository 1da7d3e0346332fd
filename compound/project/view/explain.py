"""The shipped error pages, for `compound explain CODE`."""

from __future__ import annotations

import re
from pathlib import Path

from compound.errors import DataError, ProjectError, choices
from compound.version import PACKAGE

_SECTION = re.compile(r"^## (\S+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"^<!-- /?[a-z-]+ -->\n?", re.MULTILINE)


def error_codes() -> list[str]:
    """Every documented error code."""
    return sorted(code for page in _pages().glob("*.md") for code, _ in _entries(page))


def explain(code: str) -> str:
    """The entry of a code, as Markdown.

    Raises:
        DataError: `errors.unknown-code`.
        ProjectError: `errors.no-pages`: the installation is damaged.
    """
    page = page_of(code)
    for found, text in _entries(page) if re.fullmatch(r"[a-z]+\.md", page.name) and page.is_file() else ():
        if found == code:
            return f"{code}\n\n{text}"
    raise DataError("errors.unknown-code", f"{code!r} is not an error code", fix=choices(error_codes(), code))


def page_of(code: str) -> Path:
    """The page with the entry of a code, if any.

    Raises:
        ProjectError: `errors.no-pages`: the installation is damaged.
    """
    return _pages() / f"{code.partition('.')[0]}.md"


def _entries(page: Path) -> list[tuple[str, str]]:
    text = page.read_text(encoding="utf-8")
    return [(code, _COMMENT.sub("", body).strip()) for code, body in _SECTION.findall(text) if "." in code]


def _pages() -> Path:
    """The folder of the pages, in the installed package or a source checkout."""
    package = PACKAGE
    for place in (package / "_errors", package.parent / "docs" / "errors"):
        if place.is_dir():
            return place
    raise ProjectError("errors.no-pages", "the error pages are missing", fix="reinstall compound")
