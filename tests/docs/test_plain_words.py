"""Plain English: words that a reader trips over are in no docstring, comment, message, help text or page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
NOT_USED: Final = (
    "anew",
    "mend",
    "mended",
    "otherwise than",
    "another one now",
    "so many",
    "gone through",
    "as it stands",
    "whoever",
    "how-manieth",
)
_FOUND: Final = re.compile(rf"\b({'|'.join(map(re.escape, NOT_USED))})\b", re.IGNORECASE)
_STATUS: Final = re.compile(r"""[`'"]mend[`'"]""")
"""The status of an answer to a question in SQL: a value in data, not a word of ours."""
PLACES: Final = ("compound", "tools", "connectors", "graphs", "evals", "docs", "README.md", "AGENTS.md")
LETTERS: Final = "connectors/sample/wording"
"""Letters of invented customers, who write as people do."""


def _files() -> list[Path]:
    found = [ROOT / place for place in PLACES]
    inside = [path for top in found if top.is_dir() for path in top.rglob("*") if path.suffix in _KINDS]
    return sorted(path for path in [*inside, *found] if path.is_file() and LETTERS not in path.as_posix())


_KINDS: Final = {".py", ".md", ".yaml", ".sql", ".pyi"}


@pytest.mark.parametrize("path", _files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_is_written_in_plain_words(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [
        f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if _FOUND.search(_STATUS.sub("", line))
    ]
    assert not found, f"say it in other words than {', '.join(NOT_USED)}"


@pytest.mark.parametrize("line", ["Write it anew.", "Whoever asks", "at most so many times", "Mend the file"])
def test_a_word_is_found(line: str) -> None:
    assert _FOUND.search(line)
