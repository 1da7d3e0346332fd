"""An exporter that writes the names of spans to a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compound import Setup


class Journal:
    """One line a span."""

    is_immediate = False

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def append(self, table: str, lines: Sequence[bytes]) -> None:
        """Write the names of a batch of spans."""
        if table == "spans":
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(f"{json.loads(line)['name']}\n" for line in lines)

    def publish(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is held."""


def open_journal(setup: Setup) -> Journal:
    """The entry point."""
    return Journal(Path(str(setup.options.get("file") or setup.folder / "spans.txt")))
