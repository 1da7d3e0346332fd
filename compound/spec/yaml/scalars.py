"""Writes scalars so that every YAML reader, not only ours, reads the same value."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from compound.spec.yaml.tree import BREAKS, Node

if TYPE_CHECKING:
    from pydantic import JsonValue

_UNSAFE: Final = re.compile("[^\t\n -~\xa0-\ud7ff\ue005-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029\ufeff]")
"""Characters that need an escape: controls, unusual line breaks, the reader's own marks."""
_NOT_FIRST: Final = frozenset("-?:,[]{}#&*!|>'\"%@`=")
_NOT_IN_FLOW: Final = re.compile(r"[,\[\]{}]")
_NOT_PLAIN: Final = re.compile(r":(?=\s|$)|\s#|[\t\n]")


def plain_ok(text: str, *, in_flow: bool) -> bool:
    """Whether the text needs no quotes here and no reader takes it for another type."""
    if not text or text != text.strip() or _UNSAFE.search(text) or _NOT_PLAIN.search(text):
        return False
    if text[0] in _NOT_FIRST and not (text[0] in "-:?" and text[1:2].strip() and text[1] not in ",[]{}"):
        return False
    if text.startswith(("---", "...")) or (in_flow and (_NOT_IN_FLOW.search(text) or text[0] in ":?")):
        return False
    return _means_text(text)


@cache
def _resolver() -> Any:  # noqa: ANN401 - ruamel.yaml has no types of its own
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).resolver


def _means_text(text: str) -> bool:
    from ruamel.yaml.nodes import ScalarNode

    # Other readers parse a date as a date; ours reads text, and the models accept both.
    return str(_resolver().resolve(ScalarNode, text, (True, False))).rpartition(":")[2] in {"str", "timestamp"}


def quoted(text: str) -> str:
    """The text in double quotes, or in single quotes if that saves escapes."""
    if ('"' in text or "\\" in text) and not _UNSAFE.search(text) and not re.search(r"[\t\n]", text):
        return "'" + text.replace("'", "''") + "'"
    return _UNSAFE.sub(lambda found: _escape(found.group()), json.dumps(text, ensure_ascii=False))


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def key_text(key: str, *, is_quoted: bool) -> str:
    """A key; a plain one stays plain, even if other readers convert `on` or `1`."""
    if is_quoted or _UNSAFE.search(key) or not key:
        return quoted(key)
    return key if plain_ok(f"{key}x", in_flow=True) and not key.endswith(":") else quoted(key)


def scalar_text(node: Node, *, in_flow: bool) -> str:
    """A scalar on one line."""
    value: JsonValue = node.value
    if isinstance(value, str):
        if node.style != " " or not plain_ok(value, in_flow=in_flow):
            return quoted(value)
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return node.raw


def block_lines(text: str, style: str, width: int) -> list[str] | None:
    """Header and lines of a block scalar, not indented; None if it cannot be one.

    Args:
        text: The value.
        style: `>` folds at `width`; `|` keeps lines as they are.
        width: Columns of a line, at least 20.
    """
    body = text.removesuffix("\n")
    if not body.strip() or body.endswith("\n") or _UNSAFE.search(text):
        return None
    chomp = "" if text != body else "-"
    if style == ">" and not re.search(r"^[ \t]|\t|[ \t]$", body, re.MULTILINE) and "  " not in body:
        return [f">{chomp}", *_folded(body, width)]
    # Lines that start with blanks would be read as indentation.
    mark = "2" if body[0] in " \t\n" else ""
    return [f"|{mark}{chomp}", *body.split("\n")]


def _folded(body: str, width: int) -> list[str]:
    lines: list[str] = []
    for number, paragraph in enumerate(body.split("\n")):
        if number:
            lines.append("")
        if not paragraph:
            continue
        line = ""
        for word in paragraph.split(" "):
            if line and len(line) + 1 + len(word) > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        lines.append(line)
    return lines


def has_break(text: str) -> bool:
    """Whether it has more than one line."""
    return any(char in text for char in BREAKS)
