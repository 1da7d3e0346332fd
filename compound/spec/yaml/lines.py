"""Converts a tree to the lines of its canonical form.

A value on one line stays on one line while it fits, else it is broken; a value on several lines stays so. Comments
keep their place, and their column if the line is not longer than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from compound.spec.yaml.scalars import block_lines, has_break, key_text, scalar_text
from compound.spec.yaml.tree import Entry, Node, Tree

WIDTH: Final = 110
_STEP: Final = 2
_DEEPEST: Final = 60
"""Columns after which a mapping in braces is not wrapped but written in lines."""


def tree_text(tree: Tree) -> str:
    """The whole file, ending with one line break; empty for an empty file."""
    root = tree.root
    head = _squeezed(tree.head)
    if root.kind == "scalar" or not root.entries:
        body = [] if root.kind == "scalar" and not root.raw and root.value is None else [_one_line(root, in_flow=False)]
    else:
        body = _block(root, 0, is_first=not head)
    lines = [*head, *body]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    return "\n".join(lines) + "\n" if lines else ""


def _squeezed(comments: Sequence[str], *, is_first: bool = False) -> list[str]:
    """Comments with at most one blank line between them; none before the first."""
    out: list[str] = []
    for text in comments:
        if text or (out[-1] if out else not is_first):
            out.append(text)
    return out


def _block(node: Node, indent: int, *, is_first: bool = True) -> list[str]:
    """A collection that has entries, in lines."""
    pad = " " * indent
    lines: list[str] = []
    for index, entry in enumerate(node.entries):
        comments = _squeezed(entry.before, is_first=is_first and index == 0)
        own = _entry(entry, indent, 0 if node.is_flow else indent + entry.column)
        while entry.key is None and own and not own[0].lstrip().startswith("-"):
            comments.append(own.pop(0).strip())
        lines += [pad + text if text else "" for text in comments]
        lines += own
    lines += [pad + text if text else "" for text in _squeezed(node.tail)]
    return lines


def _entry(entry: Entry, indent: int, column: int) -> list[str]:
    """A key, or a dash, with its value. Comments of an item's first key come before the line with the dash."""
    value = entry.value
    prefix = " " * indent + ("-" if entry.key is None else f"{key_text(entry.key, is_quoted=entry.is_quoted)}:")
    lines = _scalar(value, prefix, indent) if value.kind == "scalar" else _flow(value, prefix)
    if lines is None:
        below = _block(value, indent + _STEP)
        if entry.key is not None:
            return [_beside(prefix, entry.beside, column), *below]
        first = next(index for index, line in enumerate(below) if line and not line.lstrip().startswith("#"))
        comments = [*below[:first], *([entry.beside] if entry.beside else [])]
        return [*comments, f"{prefix} {below[first].lstrip()}", *below[first + 1 :]]
    last = 0 if value.kind == "scalar" else -1
    lines[last] = _beside(lines[last], entry.beside, column)
    return lines


def _beside(line: str, comment: str, column: int) -> str:
    return line + " " * max(2, column - len(line)) + comment if comment else line


def _scalar(node: Node, prefix: str, indent: int) -> list[str]:
    """Header line first, then the lines of a block scalar."""
    line = f"{prefix} {_one_line(node, in_flow=False)}"
    if not isinstance(node.value, str):
        return [line]
    text, style, is_long = node.value, node.style, len(line) > WIDTH
    if style in " '\"":
        # Quotes can contain line breaks; long prose reads better folded, quoted or not.
        style = "|" if has_break(text) and style == " " else ">" if is_long and not has_break(text) else ""
    block = block_lines(text, style, max(20, WIDTH - indent - _STEP)) if style else None
    if block is None or (node.style not in "|>" and (block[0][0] != style or len(block) < 3)):
        return [line]
    pad = " " * (indent + _STEP)
    return [f"{prefix} {block[0]}", *(pad + text if text else "" for text in block[1:])]


def _one_line(node: Node, *, in_flow: bool) -> str:
    if node.kind == "scalar":
        return scalar_text(node, in_flow=in_flow)
    items = [_item(entry) for entry in node.entries]
    return "{" + ", ".join(items) + "}" if node.kind == "map" else "[" + ", ".join(items) + "]"


def _item(entry: Entry) -> str:
    value = _one_line(entry.value, in_flow=True)
    return value if entry.key is None else f"{key_text(entry.key, is_quoted=entry.is_quoted)}: {value}"


def _flow(node: Node, prefix: str) -> list[str] | None:
    """A collection in braces, wrapped if it has only scalars; None if it must be written in lines."""
    if not node.entries:
        return [f"{prefix} {_one_line(node, in_flow=True)}"]
    if not node.is_flow or _has_comments(node):
        return None
    line = f"{prefix} {_one_line(node, in_flow=True)}"
    if len(line) <= WIDTH:
        return [line]
    return _wrapped(node, prefix) if all(entry.value.kind == "scalar" for entry in node.entries) else None


def _wrapped(node: Node, prefix: str) -> list[str] | None:
    opening, closing = "{}" if node.kind == "map" else "[]"
    indent = len(prefix) + 2
    items = [_item(entry) for entry in node.entries]
    if indent > _DEEPEST or len(items) < 2 or any(indent + len(item) + 1 > WIDTH for item in items):
        return None
    lines = [f"{prefix} {opening}{items[0]}"]
    for item in items[1:]:
        # One column is for the comma or the closing bracket.
        if len(lines[-1]) + 2 + len(item) + 1 <= WIDTH:
            lines[-1] += f", {item}"
        else:
            lines[-1] += ","
            lines.append(" " * indent + item)
    lines[-1] += closing
    return lines


def _has_comments(node: Node) -> bool:
    return any(node.tail) or any(
        any(entry.before) or entry.beside or _has_comments(entry.value) for entry in node.entries
    )
