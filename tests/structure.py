"""The floor plan in figures: `python -m tests.structure` prints files, lines, private imports and public names."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
TOPS: Final = ("compound", "tools", "connectors", "evals", "tests")
MOST_FILES: Final = 15
MOST_LINES: Final = 400
MOST_LINES_OF_A_FUNCTION: Final = 50


def modules(top: str) -> list[Path]:
    """The Python files below a folder of the project, `__init__` files left out."""
    return sorted(path for path in (ROOT / top).rglob("*.py") if path.name != "__init__.py")


def files_a_folder(top: str) -> Mapping[str, int]:
    """Folder to the number of its modules."""
    return Counter(path.parent.relative_to(ROOT).as_posix() for path in modules(top))


def lines_a_file(top: str) -> Mapping[str, int]:
    """File to its lines."""
    return {path.relative_to(ROOT).as_posix(): len(path.read_bytes().splitlines()) for path in modules(top)}


def lines_a_function(top: str) -> Iterator[tuple[str, int]]:
    """Function, as `file:name`, and its lines, with its signature and docstring."""
    for path in modules(top):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT).as_posix()}:{node.name}", (node.end_lineno or 0) - node.lineno + 1


def private_imports(path: Path) -> Iterator[str]:
    """Modules of `compound` with a name that begins with `_` that a file imports, or imports such a name from."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("compound"):
            if any(part.startswith("_") for part in node.module.split(".")):
                yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names if one.name.startswith("_"))


def private_tests() -> list[Path]:
    """The files of tests that import private names of `compound`."""
    return [path for path in modules("tests") if any(private_imports(path))]


def report() -> Iterator[str]:
    """The figures as lines."""
    for top in TOPS:
        folders, lines = files_a_folder(top), lines_a_file(top)
        yield f"{top}: {len(lines)} files, {sum(lines.values()):,} lines"
        for name, count in sorted(folders.items(), key=lambda one: -one[1]):
            if count > MOST_FILES:
                yield f"  {name}: {count} files in one folder"
        for name, count in sorted(lines.items(), key=lambda one: -one[1]):
            if count > MOST_LINES:
                yield f"  {name}: {count} lines"
        for name, count in sorted(lines_a_function(top), key=lambda one: -one[1]):
            if count > MOST_LINES_OF_A_FUNCTION:
                yield f"  {name}: {count} lines in one function"
    tests = private_tests()
    yield f"tests that import private names of compound: {len(tests)} of {len(modules('tests'))}"
    names = (ROOT / "tests/unit/public_names.txt").read_text(encoding="utf-8").split()
    yield f"public names: {len(names)}, of them in compound itself: {sum(name.count('.') == 1 for name in names)}"


if __name__ == "__main__":
    print("\n".join(report()))  # noqa: T201 - a program
