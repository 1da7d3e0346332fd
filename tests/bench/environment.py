"""How much an installation brings: bytes of what Compound requires beside bytes of the engines that do its work."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.bench._rows import Bar, Row, at_most, none_of, reported

MEGABYTE = 1_000_000
ENGINES = ("duckdb", "deltalake", "scikit-learn", "qdrant-edge-py", "langgraph", "pydantic", "sqlalchemy")
BYTES = Bar(
    1.6, "most of an installation is the engines; what Compound adds to them stays below six tenths of their size"
)
NO_TORCH = "an installation runs on any machine: a deep-learning stack alone would be several times the rest"


def rows() -> list[Row]:
    """What is installed here; compiled modules do not count."""
    ours = closure(["compound"])
    stacks = [name for name in ("torch", "tensorflow", "jax") if installed(name)]
    return judged(size_of(ours), size_of(closure(ENGINES)), len(stacks))


def judged(ours: float, theirs: float, stacks: int) -> list[Row]:
    """The figures against their bars."""
    return [
        reported("installation with all that it requires", ours / MEGABYTE, "MB"),
        at_most("installation / its engines, bytes", ours / theirs, BYTES),
        none_of("deep-learning stacks in this environment", stacks, "packages", NO_TORCH),
    ]


def closure(names: list[str] | tuple[str, ...]) -> set[str]:
    """These packages and all that they require, extras aside; a package that is not installed here is left out."""
    found: set[str] = set()
    waiting = [canonical(name) for name in names]
    while waiting:
        name = waiting.pop()
        there = installed(name)
        if name in found or there is None:
            continue
        found.add(name)
        wanted = [Requirement(line) for line in there.requires or []]
        waiting += [canonical(one.name) for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


def installed(name: str) -> Distribution | None:
    """What is there under a name."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def canonical(name: str) -> str:
    """A name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def size_of(names: set[str]) -> float:
    """Bytes of the packages' files."""
    files = [file for name in names if (there := installed(name)) for file in there.files or []]
    paths = {str(file.locate()) for file in files if file.suffix != ".pyc"}
    return sum(path.stat().st_size for path in map(Path, paths) if path.is_file())
