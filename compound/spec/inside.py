"""Whether a file really lies where it seems to lie: links are followed before it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def is_inside(path: Path, folders: Iterable[Path]) -> bool:
    """The file or folder that a path leads to lies in one of the folders, or is one.

    Args:
        path: Where it seems to lie; it need not exist.
        folders: Absolute; links in them are followed too.
    """
    real = path.resolve()
    return any(real.is_relative_to(folder.resolve()) for folder in folders)
