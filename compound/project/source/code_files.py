"""The files that a function depends on: its module, and every project module that it imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from compound.language.sha import sha

if TYPE_CHECKING:
    from compound.project.source.modules import ProjectModules

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Fields of AST nodes that contain statements."""


class CodeFiles:
    """The Python files of a project, read once each.

    Args:
        modules: The project's modules.
    """

    def __init__(self, modules: ProjectModules) -> None:
        self._root = modules.root
        self._package = modules.package
        self._imports: dict[str, frozenset[str]] = {}
        self._digests: dict[str, str] = {}
        self._paths: dict[str, str | None] = {}

    def files(self, function: Callable[..., object]) -> frozenset[str]:
        """Paths of the function's module and its imports, relative to the root; empty outside the project."""
        name = getattr(function, "__module__", None) or ""
        return self.of_module(name.removeprefix(f"{self._package}.")) if self._is_own(name) else frozenset()

    def of_module(self, dotted: str) -> frozenset[str]:
        """Like `files`, for a module such as `tools.refunds`."""
        found: set[str] = set()
        seen: set[str] = set()
        waiting = [dotted]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            path = self._file(name)
            if path is None or path in found:
                continue
            found.add(path)
            waiting += self._imported(name, path)
            waiting += [name.rpartition(".")[0]] if "." in name else []
        return frozenset(found)

    def digest(self, path: str) -> str:
        """Digest of a file below the root; `absent` if it does not exist."""
        if path not in self._digests:
            file = self._root / path
            self._digests[path] = sha(file.read_bytes(), 16) if file.is_file() else "absent"
        return self._digests[path]

    def _is_own(self, module: str) -> bool:
        return module.startswith(f"{self._package}.") and module in sys.modules

    def _file(self, dotted: str) -> str | None:
        # Cached: functions ask for the same names, most of which are not modules.
        if dotted not in self._paths:
            self._paths[dotted] = self._found(dotted)
        return self._paths[dotted]

    def _found(self, dotted: str) -> str | None:
        base = Path(*dotted.split(".")) if dotted else Path()
        for path in (base.with_suffix(".py") if dotted else None, base / "__init__.py"):
            if path is not None and (self._root / path).is_file():
                return path.as_posix()
        return None

    def _imported(self, dotted: str, path: str) -> frozenset[str]:
        if path not in self._imports:
            try:
                tree = ast.parse((self._root / path).read_bytes())
            except (SyntaxError, ValueError):
                return frozenset()
            is_package = path.endswith("__init__.py")
            self._imports[path] = frozenset(_names(tree, dotted, self._package, is_package=is_package))
        return self._imports[path]


def _names(tree: ast.AST, dotted: str, package: str, *, is_package: bool) -> Iterator[str]:
    """All names that imports in the module may refer to; others than project modules are ignored later."""
    parts = dotted.split(".")
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from (_local(one.name, package) for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            drop = node.level - is_package
            base = parts[: len(parts) - drop] if node.level else []
            lead = [*base, *(_local(node.module, package).split(".") if node.module else [])]
            yield ".".join(lead)
            yield from (".".join([*lead, one.name]) for one in node.names)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement at any depth, without expressions: imports are statements, and expressions are most of a tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in _BLOCKS:
            waiting += getattr(node, name, ())


def _local(name: str, package: str) -> str:
    return name.removeprefix(f"{package}.")
