"""Read YAML as plain JSON data, with the place of every key and value.

Built from parser events, so that only plain data is constructed: no tags, anchors, aliases or merge keys, no
duplicate keys, a bounded size and depth. Scalars follow the YAML 1.2 core schema: `no` and `on` are text, dates
stay text.

`list[str]`, `enum(a, b)` and `$found[0].id` may be unquoted inside `{...}`, where `[`, `]` and `,` have a meaning in
YAML: they are masked, character for character, before parsing, so that columns stay correct.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from compound.errors import Location, ProjectError

if TYPE_CHECKING:
    from pydantic import JsonValue

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 40
MAX_VALUES: Final = 25_000
_REMEMBERED: Final = 100_000
"""Characters of the largest file whose data is kept while the program runs."""

Step: TypeAlias = "str | int"
DataPath: TypeAlias = "tuple[Step, ...]"

_MASK: Final = {"[": "\ue000", "]": "\ue001", ",": "\ue002", "{": "\ue003", "}": "\ue004"}
_TO_MASK: Final = str.maketrans(_MASK)
_FROM_MASK: Final = str.maketrans({mask: char for char, mask in _MASK.items()})
_MASKED: Final = re.compile("[\ue000-\ue004]")
_TYPE_CALL: Final = re.compile(r"(?<![\w$.'\"])(?:list\[|enum\()")
_INDEXED: Final = re.compile(r"(?<![\w$'\"])\$[A-Za-z_][\w.?]*(?:\[\d+\][\w.?]*)+")
_BRACKET: Final = re.compile(r"[(\[{)\]}\n]|(?<= )#")
_HALF: Final = re.compile("[\ud800-\udfff]")
_INT: Final = re.compile(r"[-+]?[0-9]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, JsonValue]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


class SourceMap:
    """Places of the keys and values of a file.

    Two source maps are always equal: the place of a value is not part of its identity.
    """

    __slots__ = ("_keys", "_values", "file")

    def __init__(
        self,
        file: str = "",
        keys: Mapping[DataPath, tuple[int, int]] | None = None,
        values: Mapping[DataPath, tuple[int, int]] | None = None,
    ) -> None:
        self.file = file
        self._keys = keys or {}
        self._values = values or {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SourceMap)

    def __hash__(self) -> int:
        return 0

    def value(self, path: Sequence[Step]) -> Location:
        """Place of the value at `path`, or of the nearest value around it."""
        return self._nearest(tuple(path), self._values)

    def key(self, path: Sequence[Step]) -> Location:
        """Place of the key at `path`; for a list item, of its value."""
        full = tuple(path)
        return self._at(self._keys[full]) if full in self._keys else self.value(full)

    def below(self, path: Sequence[Step]) -> list[Step]:
        """The keys at a path of the file, including dropped ones; empty if unknown."""
        full = tuple(path)
        return [key[-1] for key in self._keys if key[:-1] == full]

    def _nearest(self, path: DataPath, places: Mapping[DataPath, tuple[int, int]]) -> Location:
        for length in range(len(path), -1, -1):
            for table in (places, self._keys):
                if path[:length] in table:
                    return self._at(table[path[:length]])
        return Location(self.file)

    def _at(self, place: tuple[int, int]) -> Location:
        return Location(self.file, place[0], place[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlDocument:
    """A file as plain data.

    Attributes:
        data: None, bool, int, float, str, list and dict only.
        source: Place of each key and value.
    """

    data: JsonValue
    source: SourceMap


_Event: TypeAlias = "Any"
"""A parser event of ruamel.yaml, which has no types of its own."""


@dataclass(slots=True)
class _Reader:
    file: str
    events: Iterator[_Event]
    keys: dict[DataPath, tuple[int, int]] = field(default_factory=dict[DataPath, tuple[int, int]])
    values: dict[DataPath, tuple[int, int]] = field(default_factory=dict[DataPath, tuple[int, int]])

    def fail(self, code: str, what: str, event: _Event, fix: str = "") -> ProjectError:
        mark = event.start_mark
        return ProjectError(code, what, fix=fix, where=Location(self.file, mark.line + 1, mark.column + 1))

    def document(self) -> JsonValue:
        next(self.events)
        if type(next(self.events)).__name__ == "StreamEndEvent":
            return None
        data = self.value(next(self.events), ())
        next(self.events)
        after = next(self.events)
        if type(after).__name__ != "StreamEndEvent":
            raise self.fail("yaml.many-documents", "a second document starts here", after, "keep one per file")
        return data

    def value(self, event: _Event, path: DataPath) -> JsonValue:
        kind = type(event).__name__
        if kind == "AliasEvent" or event.anchor is not None:
            raise self.fail("yaml.anchor", "anchors and aliases are not allowed", event, "write the value out")
        if event.ctag is not None:
            raise self.fail("yaml.tag", f"the tag {event.ctag} is not allowed", event, "write a plain value")
        if len(path) > MAX_DEPTH:
            raise self.fail("yaml.too-deep", f"nested more than {MAX_DEPTH} deep", event)
        if len(self.values) >= MAX_VALUES:
            raise self.fail("yaml.too-many", f"more than {MAX_VALUES:,} values", event, "split the file")
        self.values[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
        if kind == "ScalarEvent":
            return self.scalar(event)
        return self.mapping(path) if kind == "MappingStartEvent" else self.sequence(path)

    def scalar(self, event: _Event) -> JsonValue:
        text = self.text(event)
        if _MASKED.search(text):
            return text.translate(_FROM_MASK)
        if event.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            if len(text) > 20:
                raise self.fail("yaml.bad-number", f"the number {text[:24]}... is too long", event, "quote it")
            return int(text)
        if _FLOAT.fullmatch(text):
            number = float(text)
            if not math.isfinite(number):
                raise self.fail("yaml.bad-number", f"{text} is not a finite number", event, "quote it")
            return number
        return text

    def text(self, event: _Event) -> str:
        text = cast("str", event.value)
        if half := _HALF.search(text):
            what = f"U+{ord(half.group()):04X} is half a character"
            raise self.fail("yaml.bad-character", what, event, "write the character itself")
        return text

    def sequence(self, path: DataPath) -> JsonValue:
        items: list[JsonValue] = []
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            items.append(self.value(event, (*path, len(items))))
        return items

    def mapping(self, path: DataPath) -> JsonValue:
        record: dict[str, JsonValue] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            key = self.key(event)
            if key in record:
                raise self.fail("yaml.duplicate-key", f"the key {key!r} is here twice", event, "keep one")
            below = (*path, key)
            self.keys[below] = (event.start_mark.line + 1, event.start_mark.column + 1)
            record[key] = self.value(next(self.events), below)
        return record

    def key(self, event: _Event) -> str:
        if type(event).__name__ != "ScalarEvent":
            raise self.fail("yaml.bad-key", "a key must be plain text", event)
        if event.anchor is not None or event.ctag is not None:
            raise self.fail("yaml.anchor", "anchors and tags are not allowed on keys", event)
        if event.value == "<<" and not event.style:
            raise self.fail("yaml.merge-key", "merge keys (<<) are not allowed", event, "write the keys out")
        return self.text(event).translate(_FROM_MASK)


def read_yaml(text: str | bytes, file: str) -> YamlDocument:
    """Parse one YAML document.

    Args:
        text: The file's content, at most `MAX_BYTES` long.
        file: Its name as the user would type it, for messages.

    Raises:
        ProjectError: ``yaml.*``: not UTF-8, too large, too many or too deep, invalid, or one of the refused features.
    """
    decoded = _decode(text, file)
    read = _remembered if len(decoded) <= _REMEMBERED else _read
    document = read(decoded, file)
    return YamlDocument(data=_copy(document.data), source=document.source)


@lru_cache(maxsize=128)
def _remembered(decoded: str, file: str) -> YamlDocument:
    """One command reads the same files many times, and parsing them is most of what `check` does."""
    return _read(decoded, file)


def _copy(data: JsonValue) -> JsonValue:
    """Containers of the caller's own: who reads a file may change what it says."""
    if isinstance(data, dict):
        return {key: _copy(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_copy(value) for value in data]
    return data


def _read(decoded: str, file: str) -> YamlDocument:
    parser = YAML(typ="safe", pure=True)
    try:
        reader = _Reader(file, iter(parser.parse(_mask(decoded))))
        data = reader.document()
    except YAMLError as error:
        raise _broken(error, file) from None
    except (RecursionError, ValueError) as error:
        raise ProjectError("yaml.broken", f"cannot be parsed: {error}", where=Location(file)) from None
    return YamlDocument(data=data, source=SourceMap(file, reader.keys, reader.values))


def parser_events(text: str) -> Iterator[_Event]:
    """The parser events of a text that `read_yaml` accepts, for its formatter; with places in the text.

    Values of scalars may have masked characters; take them from the data.
    """
    return iter(YAML(typ="safe", pure=True).parse(_mask(text)))


def read_yaml_file(path: Path, shown: str = "") -> YamlDocument:
    """`read_yaml` of a file.

    Raises:
        ProjectError: ``yaml.unreadable`` if the file cannot be read; else as `read_yaml`.
    """
    name = shown or str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ProjectError("yaml.unreadable", f"cannot be read: {error.strerror}", where=Location(name)) from error
    return read_yaml(content, name)


def decode_utf8(content: str | bytes, file: str) -> str:
    """The content as text, without a byte order mark.

    Raises:
        ProjectError: ``yaml.not-utf8``, with the line of the first invalid byte; ``yaml.bad-character``.
    """
    if isinstance(content, str):
        if half := _HALF.search(content):
            line = content.count("\n", 0, half.start()) + 1
            what = f"U+{ord(half.group()):04X} is half a character"
            raise ProjectError("yaml.bad-character", what, fix="save it as UTF-8", where=Location(file, line))
        return content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"byte {error.start} (0x{content[error.start]:02x}) is not UTF-8"
        raise ProjectError("yaml.not-utf8", what, fix="save it as UTF-8", where=Location(file, line)) from None


def _decode(text: str | bytes, file: str) -> str:
    size = len(text)
    if size > MAX_BYTES:
        what = f"the file is larger than {MAX_BYTES:,} bytes"
        raise ProjectError("yaml.too-large", what, fix="split it", where=Location(file))
    text = decode_utf8(text, file)
    if masked := _MASKED.search(text):
        line = text.count("\n", 0, masked.start()) + 1
        what = f"the private-use character U+{ord(masked.group()):04X} is not allowed"
        raise ProjectError("yaml.bad-character", what, fix="remove it", where=Location(file, line))
    # The parser's nesting is the file's: refuse before it uses resources.
    return text


def _mask(text: str) -> str:
    text = _INDEXED.sub(lambda found: found.group().translate(_TO_MASK), text)
    if not _TYPE_CALL.search(text):
        return text
    ends = _closings(text)
    pieces: list[str] = []
    start = 0
    for found in _TYPE_CALL.finditer(text):
        if found.start() < start:
            continue
        end = ends.get(found.end() - 1)
        if end is not None:
            pieces += (text[start : found.start()], text[found.start() : end].translate(_TO_MASK))
            start = end
    return "".join((*pieces, text[start:]))


def _closings(text: str) -> dict[int, int]:
    """Place of each bracket to the end of its group, if that is on its line and before a comment."""
    ends: dict[int, int] = {}
    still_open: list[int] = []
    for found in _BRACKET.finditer(text):
        sign = found.group()
        if sign in "([{":
            still_open.append(found.start())
        elif sign in ")]}":
            if still_open:
                ends[still_open.pop()] = found.end()
        else:
            still_open.clear()
    return ends


def _broken(error: YAMLError, file: str) -> ProjectError:
    if isinstance(error, MarkedYAMLError):
        mark = cast("Any", error.problem_mark or error.context_mark)
        where = Location(file, mark.line + 1, mark.column + 1) if mark is not None else Location(file)
        problem = cast("str", error.problem or error.context or "broken").translate(_FROM_MASK)
        return ProjectError("yaml.broken", f"not valid YAML: {problem}", where=where)
    return ProjectError("yaml.broken", f"not valid YAML: {str(error).splitlines()[0]}", where=Location(file))
