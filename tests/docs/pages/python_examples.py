"""The examples of the Python reference: the bodies of the tests in `tests/docs/python/`.

The docstring of such a test names what it shows: `tool.tool, tool.Function` are names of `compound`. The example
stands under the first one.
"""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

PLACE: Final = Path(__file__).parents[1] / "python"


@dataclass(frozen=True)
class Example:
    """A block that runs.

    Attributes:
        names: What it shows, as `compound.tool.tool`.
        code: Its lines.
        where: The test, `test_tools.py::test_a_tool`.
    """

    names: tuple[str, ...]
    code: str
    where: str


@cache
def examples() -> tuple[Example, ...]:
    """Every example, in the order of files and lines."""
    return tuple(one for path in sorted(PLACE.glob("test_*.py")) for one in _in(path))


def _in(path: Path) -> list[Example]:
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    found: list[Example] = []
    for node in ast.parse(text).body:
        names = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and names:
            begin, end = node.body[0].end_lineno, node.end_lineno
            assert begin is not None
            code = textwrap.dedent("\n".join(lines[begin:end])).strip("\n")
            shown = tuple(f"compound.{one.strip()}" for one in names.rstrip(".").replace("\n", " ").split(","))
            found.append(Example(names=shown, code=code, where=f"{path.name}::{node.name}"))
    return found
