"""Reads a file as a document: text in a detected Unicode encoding, and front matter."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from compound.connector.vector.types import Scalar

# Longer marks first: UTF-32's little-endian mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FRONT: Final = re.compile(
    r"\A(---|\+\+\+)[ \t]*\r?\n(.*?)(?:\r?\n)?^(?:\1|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE
)
_LINE_END: Final = re.compile(r"\r\n?")
_META_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OURS: Final = frozenset({"title", "doc_id", "source", "digest"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The content of a file.

    Attributes:
        text: Text without byte-order mark and front matter, with line feeds.
        title: Title in the front matter, else the first heading; may be empty.
        meta: Texts, integers and booleans of the front matter, for filters.
    """

    text: str
    title: str = ""
    meta: Mapping[str, Scalar] = field(default_factory=dict[str, "Scalar"])


def decoded(data: bytes) -> str:
    """Decode a file: UTF-8, or UTF-16 and UTF-32 if a mark or the zero bytes of Latin letters indicate it.

    Raises:
        ValueError: another encoding; nothing is guessed or replaced.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding)
    if b"\0" not in data:
        return data.decode("utf-8")
    wide = _without_mark(data)
    if wide is None:
        raise ValueError("it contains zero bytes, like a binary file")
    return wide


def _without_mark(data: bytes) -> str | None:
    """Decode UTF-16 without a mark: in Latin text nearly every second byte is zero, always on the same side."""
    if len(data) % 2:
        return None
    for side, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = data[side::2].count(0), data[1 - side :: 2].count(0)
        if not others and zeros > 0.4 * len(data) / 2:
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                return None
    return None


def read_page(data: bytes) -> Page:
    """Parse a file's bytes.

    Raises:
        ValueError: as `decoded`.
    """
    text = _LINE_END.sub("\n", decoded(data))
    front, text = _front_matter(text)
    title = front.get("title")
    return Page(text=text, title=title if isinstance(title, str) else _heading(text), meta=_meta(front))


def _front_matter(text: str) -> tuple[Mapping[str, object], str]:
    """The front matter between two lines `---` (YAML) or `+++` (TOML) at the beginning, and the rest.

    Without a record they are text: a page may begin with a horizontal rule.
    """
    found = _FRONT.match(text)
    if found is None:
        return {}, text
    record = _toml(found[2]) if found[1] == "+++" else _yaml(found[2])
    return ({}, text) if record is None else (record, text[found.end() :])


def _yaml(text: str) -> Mapping[str, object] | None:
    from compound.errors import ProjectError
    from compound.spec.yaml.reading import read_yaml

    if not text.strip():
        return {}
    try:
        data = read_yaml(text, "front matter").data
    except ProjectError:
        return None
    return cast("Mapping[str, object]", data) if isinstance(data, dict) else None


def _toml(text: str) -> Mapping[str, object] | None:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _meta(front: Mapping[str, object]) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for key, value in front.items():
        if key in _OURS or not _META_KEY.fullmatch(key):
            continue
        if isinstance(value, str | int):
            found[key] = value
        elif isinstance(value, date):
            found[key] = value.isoformat()
    return found


def _heading(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return first.lstrip("# ").strip() if first.startswith("#") else ""
