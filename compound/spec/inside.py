"""Whether a file is really inside a folder, after following links."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def is_inside(path: Path, folders: Iterable[Path]) -> bool:
    """Whether a path, with links followed, is one of the folders or inside one.

    Args:
        path: The path; it need not exist.
        folders: Absolute paths; links in them are followed too.
    """
    real = path.resolve()
    return any(real.is_relative_to(folder.resolve()) for folder in folders)
