"""What mutations are made of: a file, its data, the places in it, and how one place is changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias

from compound.spec.yaml.reading import read_yaml
from compound.spec.yaml.writing import write_yaml

Path_: TypeAlias = tuple[str | int, ...]
Change: TypeAlias = "tuple[str, str | Draft]"
"""What was changed, in words, and what the file says then."""
REFERENCE: Final = re.compile(r"\$([A-Za-z_]\w*)((?:\.\w+|\[\d+\])*)(\??)")
NAME: Final = re.compile(r"(?<![\w.])([A-Za-z_]\w*)((?:\.\w+|\[\d+\])*)(\??)")
LITERAL: Final = re.compile(r"'([^']*)'")
WORDS: Final = frozenset({"and", "or", "not", "in", "len", "null", "true", "false"})
SCALARS: Final = ("str", "int", "float", "bool", "date", "datetime", "json")
SHAPES: Final = frozenset({"types", "input", "context"})
ROOTS: Final = frozenset({"input", "context", "run", "previous", "item"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What a YAML file is to say; it is written down only for the mutants that are chosen."""

    data: Any

    def __str__(self) -> str:
        return write_yaml(self.data)


@cache
def _read(text: str, path: str) -> Any:
    return read_yaml(text, path).data


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a project, as it is when nothing is wrong.

    Attributes:
        project: Name of the project.
        path: Below the project's root.
        words: What lies beside it that a mutation needs: other files by path.
    """

    project: str
    path: str
    text: str
    words: dict[str, str]

    @property
    def is_graph(self) -> bool:
        """A graph file in YAML."""
        return self.path.startswith("graphs/") and self.path.count("/") == 1 and self.path.endswith(".yaml")

    @property
    def data(self) -> dict[str, Any]:
        """What a YAML file says; nobody changes it."""
        return _read(self.text, self.path)

    def says(self, word: str, *, but: str = "") -> bool:
        """The project's graphs and prompts refer to a field, or write a text in quotes; `but`: this file apart."""
        used = re.compile(rf"[.\]]{word}\b|'{word}'|[ =]{word}:? ?[$,}}\n]")
        return any(used.search(text) for path, text in self.words.items() if path != but and not path.endswith(".sql"))

    def written(self, data: Any) -> Draft:
        """The file with other data."""
        return Draft(data)


def typo(word: str) -> str:
    """A word with two neighbouring letters exchanged; with a letter more where that changes nothing."""
    for at in range(len(word) - 2, 0, -1):
        if word[at] != word[at + 1]:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word + "e"


def at(data: Any, path: Sequence[str | int]) -> Any:
    """What lies at a path."""
    for step in path:
        data = data[step]
    return data


def _changed(data: Any, path: Path_, change: Callable[[Any, Any], Any]) -> Any:
    """A copy of the way to a place, with the container at its end changed; everything beside it is shared."""
    if len(path) == 1:
        return change(data.copy(), path[0])
    made = data.copy()
    made[path[0]] = _changed(data[path[0]], path[1:], change)
    return made


def replaced(data: Any, path: Path_, value: Any) -> Any:
    """The same data with another value at a path."""

    def put(around: Any, key: Any) -> Any:
        around[key] = value
        return around

    return _changed(data, path, put)


def without(data: Any, path: Path_) -> Any:
    """The same data without what lies at a path."""

    def drop(around: Any, key: Any) -> Any:
        del around[key]
        return around

    return _changed(data, path, drop)


def renamed(data: Any, path: Path_, name: str) -> Any:
    """The same data with another key, in the same place."""

    def call(around: Any, key: Any) -> Any:
        return {(name if one == key else one): value for one, value in around.items()}

    return _changed(data, path, call)


def leaves(data: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every scalar with its path."""
    match data:
        case dict():
            for key, value in data.items():
                yield from leaves(value, (*path, key))
        case list():
            for index, value in enumerate(data):
                yield from leaves(value, (*path, index))
        case _:
            yield path, data


def nodes(data: Any, path: Path_ = ()) -> Iterator[tuple[Path_, dict[str, Any]]]:
    """Every node with its path, those of blocks and fallbacks too."""
    for name, node in data.get("nodes", {}).items():
        here = (*path, "nodes", name)
        yield here, node
        if isinstance(node.get("fallback"), dict) and "use" in node["fallback"]:
            yield (*here, "fallback"), node["fallback"]
        yield from nodes(node, here)


def bindings(data: Any) -> Iterator[tuple[Path_, str]]:
    """Every text that is a reference."""
    for path, value in leaves(data):
        is_reference = isinstance(value, str) and value.startswith("$") and not value.startswith("$$")
        if is_reference and path[0] not in SHAPES and "description" not in path:
            yield path, value


def conditions(data: Any) -> Iterator[tuple[Path_, str]]:
    """Every condition."""
    for path, value in leaves(data):
        if path[-1] in {"when", "until"} and isinstance(value, str):
            yield path, value


def types(data: Any) -> Iterator[tuple[Path_, str]]:
    """Every text that is a type."""
    for path, value in leaves(data):
        is_out = "out" in path[3:] and path[0] == "nodes" and not (isinstance(value, str) and value.startswith("$"))
        is_field = "decide" in path
        if isinstance(value, str) and path[-1] != "from" and (path[0] in SHAPES or is_out or is_field):
            yield path, value


def in_names(text: str, change: Callable[[re.Match[str]], str | None]) -> Iterator[str]:
    """A condition with one of its names changed, each in turn; texts between quotes are left alone."""
    quoted = [match.span() for match in LITERAL.finditer(text)]
    for match in NAME.finditer(text):
        if match[1] in WORDS or any(begin < match.start() < end for begin, end in quoted):
            continue
        made = change(match)
        if made is not None:
            yield text[: match.start()] + made + text[match.end() :]


def in_references(text: str, change: Callable[[re.Match[str]], str | None]) -> Iterator[str]:
    """A binding with one of its references changed, each in turn."""
    for match in REFERENCE.finditer(text):
        made = change(match)
        if made is not None:
            yield text[: match.start()] + made + text[match.end() :]


def shown(path: Path_) -> str:
    """A path as a person writes it."""
    return ".".join(str(step) for step in path if step != "nodes")
