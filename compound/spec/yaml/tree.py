"""A YAML file as a tree that keeps comments, blank lines and styles.

ruamel.yaml parses; its round-trip loader is not used, because it attaches a comment to the token before it: a key
that moves leaves its comment behind, and comments inside `{...}` are lost. Here each comment belongs to the
entry that it describes, so that entries can be moved and lines broken again.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from compound.spec.yaml.reading import parser_events, read_yaml

if TYPE_CHECKING:
    from pydantic import JsonValue

BREAKS: Final = "\n\r\x85\u2028\u2029"
Kind = Literal["scalar", "map", "list"]

_BREAK: Final = re.compile(f"\r\n|[{BREAKS}]")
_COMMENT: Final = re.compile(f"#[^{BREAKS}]*")
"""Outside of scalars only a comment has this character."""


@dataclass(slots=True, eq=False)
class Node:
    """A value.

    Attributes:
        value: For a scalar: its value, as from `read_yaml`.
        raw: For a plain scalar: its text.
        style: For a scalar: ` ` plain, `'`, `"`, `|`, `>`; for the others `{` on one line, ` ` in lines.
        tail: Comments after the last entry; `` is a blank line.
    """

    kind: Kind
    start: int
    end: int
    style: str = " "
    value: JsonValue = None
    raw: str = ""
    entries: list[Entry] = field(default_factory=list["Entry"])
    tail: list[str] = field(default_factory=list[str])

    @property
    def is_flow(self) -> bool:
        """Whether it is written as `{...}` or `[...]`."""
        return self.kind != "scalar" and self.style == "{"


@dataclass(slots=True, eq=False)
class Entry:
    """A key with its value, or an item of a list.

    Attributes:
        start: Start of the key, or of an item's dash or value.
        key: The key as text; None for an item.
        key_end: End of the key.
        is_quoted: Whether the key is written in quotes.
        before: Comments in the lines above; `` is a blank line.
        beside: The comment at the end of its line; empty for none.
        column: Column of that comment, counted from the start of the entry.
    """

    start: int
    value: Node
    key: str | None = None
    key_end: int = 0
    is_quoted: bool = False
    before: list[str] = field(default_factory=list[str])
    beside: str = ""
    column: int = 0


@dataclass(slots=True, eq=False)
class Tree:
    """A file.

    Attributes:
        head: Comments above everything; they stay there.
        root: The mapping or list of the file.
    """

    head: list[str]
    root: Node

    def comments(self) -> Iterator[str]:
        """Every comment."""
        yield from (text for text in self.head if text)
        yield from _comments(self.root)


def _comments(node: Node) -> Iterator[str]:
    for entry in node.entries:
        yield from (text for text in entry.before if text)
        yield from ([entry.beside] if entry.beside else [])
        yield from _comments(entry.value)
    yield from (text for text in node.tail if text)


def parse_tree(text: str, file: str) -> Tree:
    """Read a file with its comments.

    Raises:
        ProjectError: ``yaml.*``, as `read_yaml`.
    """
    data = read_yaml(text, file).data
    text = text.removeprefix("\ufeff")
    events = [event for event in parser_events(text) if "Stream" not in type(event).__name__]
    if not events:
        return Tree(head=[found.group() for found in _COMMENT.finditer(text)], root=Node(kind="scalar", start=0, end=0))
    root = _Builder(text, iter(events[1:])).value(data)
    return _Comments(text, root).attach()


class _Builder:
    def __init__(self, text: str, events: Iterator[Any]) -> None:
        self._text = text
        self._events = events

    def value(self, data: JsonValue) -> Node:
        event = next(self._events)
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(data, dict | list):
            return self._collection(data, start, end, "{" if event.flow_style else " ")
        style = event.style or " "
        return Node(
            kind="scalar",
            start=start,
            end=end,
            style=style,
            value=data,
            raw=self._text[start:end] if style == " " else "",
        )

    def _collection(self, data: dict[str, JsonValue] | list[JsonValue], start: int, end: int, style: str) -> Node:
        node = Node(kind="map" if isinstance(data, dict) else "list", start=start, end=end, style=style)
        items = data.items() if isinstance(data, dict) else [(None, item) for item in data]
        node.entries = [self._entry(key, item, style) for key, item in items]
        closing = next(self._events)
        if style == "{":
            node.end = closing.end_mark.index
        elif node.entries:
            # The parser ends a block at the start of the next token: after blank lines and comments.
            node.start, node.end = node.entries[0].start, node.entries[-1].value.end
        return node

    def _entry(self, key: str | None, data: JsonValue, style: str) -> Entry:
        event = next(self._events) if key is not None else None
        value = self.value(data)
        start = self._item_start(value.start, style) if event is None else event.start_mark.index
        key_end = start + 1 if event is None else event.end_mark.index
        if value.kind == "scalar" and value.start == value.end:
            # An empty value: the parser reports the place of the next token.
            value.start = value.end = key_end if style != "{" or event is not None else value.start
        is_quoted = event is not None and event.style is not None
        return Entry(start=start, key=key, key_end=key_end, is_quoted=is_quoted, value=value)

    def _item_start(self, start: int, style: str) -> int:
        """For a list in lines: place of an item's dash; comments may be in between."""
        dash = start
        while style != "{":
            dash = self._text.rfind("-", 0, dash)
            line = max(self._text.rfind(mark, 0, dash) for mark in BREAKS) + 1
            if "#" not in self._text[line:dash]:
                break
        return dash


class _Comments:
    """Finds every comment and assigns it to an entry."""

    def __init__(self, text: str, root: Node) -> None:
        self._text = text
        self._root = root
        self._lines = [0, *(found.end() for found in _BREAK.finditer(text))]
        self._above: dict[int, tuple[Node, Entry | None]] = {}
        self._entries: list[Entry] = []
        self._spans: list[tuple[int, int, str]] = []
        self._head: list[str] = []
        self._walk(root, None)
        self._starts = [entry.start for entry in self._entries]

    def _walk(self, node: Node, parent: Entry | None) -> None:
        if node.kind == "scalar":
            self._spans.append((node.start, node.end, node.style))
        for entry in node.entries:
            self._entries.append(entry)
            self._above[id(entry)] = (node, parent)
            if entry.key is not None:
                self._spans.append((entry.start, entry.key_end, ""))
            self._walk(entry.value, entry)

    def attach(self) -> Tree:
        """Assign every comment to its entry, then note the blank lines."""
        for position, comment in self._found():
            if self._text[self._lines[self._line(position)] : position].strip():
                self._beside(position, comment)
            else:
                self._alone(position, comment)
        for entry in self._entries:
            if self._is_after_blank(entry.start):
                entry.before.append("")
        if self._root.entries:
            self._head += self._root.entries[0].before
            self._root.entries[0].before = []
        return Tree(head=self._head, root=self._root)

    def _found(self) -> Iterator[tuple[int, str]]:
        """Every comment outside of scalars, and those in the first line of a block scalar."""
        at = 0
        for start, end, style in [*self._spans, (len(self._text), len(self._text), "")]:
            first = _BREAK.search(self._text, start, end) if style and style in "|>" else None
            for found in _COMMENT.finditer(self._text, at, first.start() if first else start):
                yield found.start(), found.group().rstrip()
            at = max(at, end)

    def _line(self, position: int) -> int:
        return bisect_right(self._lines, position) - 1

    def _column(self, position: int) -> int:
        return position - self._lines[self._line(position)]

    def _is_after_blank(self, position: int) -> bool:
        line = self._line(position)
        return line > 0 and not self._text[self._lines[line - 1] : self._lines[line]].strip()

    def _chain(self, entry: Entry) -> Iterator[tuple[Node, Entry]]:
        """The collections around an entry with its entry in each, innermost first."""
        here: Entry | None = entry
        while here is not None:
            node, parent = self._above[id(here)]
            yield node, here
            here = parent

    def _alone(self, position: int, comment: str) -> None:
        """A comment with a line of its own."""
        index = bisect_right(self._starts, position)
        following = self._entries[index] if index < len(self._entries) else None
        place = self._place(position, following, self._entries[index - 1]) if index else self._first(following)
        place += ["", comment] if self._is_after_blank(position) else [comment]

    def _first(self, following: Entry | None) -> list[str]:
        return self._head if following is None else following.before

    def _place(self, position: int, following: Entry | None, last: Entry) -> list[str]:
        nodes = [last.value, *(node for node, _ in self._chain(last))]
        flow = next((node for node in nodes if node.is_flow and node.start < position < node.end), None)
        if flow is not None:
            inside = following is not None and following.start < flow.end
            return self._first(following) if inside else flow.tail if flow.entries else last.before
        value = last.value
        if value.start > position and (value.kind == "scalar" or value.is_flow):
            return last.before  # between a key and a value that has no lines of its own
        floor = -1 if following is None else self._column(following.start)
        is_child = following is not None and value.start <= following.start < value.end
        found = None if is_child or self._column(position) <= floor else self._tail(nodes, position, floor)
        if found is not None:
            return found
        return self._root.tail if following is None else following.before

    def _tail(self, nodes: list[Node], position: int, floor: int) -> list[str] | None:
        """End of the innermost block with the indentation of a comment; none that starts left of `floor`."""
        column = self._column(position)
        for node in nodes:
            if node.kind != "scalar" and not node.is_flow and floor < self._column(node.start) <= column:
                return node.tail
        return None

    def _beside(self, position: int, comment: str) -> None:
        """A comment at the end of a line: it belongs to the outermost entry that ends there."""
        index = bisect_right(self._starts, position)
        if not index:
            self._head.append(comment)
            return
        owner = last = self._entries[index - 1]
        for _, entry in self._chain(last):
            value = entry.value
            if value.end > position or not (value.kind == "scalar" or value.is_flow):
                break
            owner = entry
        if owner.beside:
            owner.before.append(comment)
        else:
            owner.beside, owner.column = comment, self._column(position) - self._column(owner.start)
