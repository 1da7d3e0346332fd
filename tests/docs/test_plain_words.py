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
RIDDLES: Final = (
    "as far as it goes",
    "goes? before",
    "goes? on",
    "going on",
    "held against",
    "is given where",
    "(?:is|are) gone",
    "(?<!there )(?:is|are|was|were) no (?:action|answer|database|file|graph|JSON|key|list|mapping|node|number|person"
    "|record|reference|review|text|type|value|word)",
    "nobody knows",
    "one arm per",
    "says? otherwise",
    "stands? in",
    "the way on",
    "what (?:becomes|became|came) of",
)
"""Roundabout phrases, as patterns: a file of `FINISHED` uses none of them."""
_RIDDLE: Final = re.compile(rf"\b(?:{'|'.join(RIDDLES)})\b", re.IGNORECASE)
FINISHED: Final = (
    "compound/graph/",
    "compound/language/",
    "compound/project/decision/",
    "compound/project/evaluation/",
    "compound/project/offer/",
    "compound/project/open/",
    "compound/project/retention/",
    "compound/project/running/",
    "compound/project/serve/",
    "compound/project/source/",
    "compound/project/work/",
    "compound/spec/",
    "tools/",
    "connectors/",
    "graphs/",
    "evals/",
    "docs/explanation/how-sql-runs.md",
    "docs/explanation/offline-planner.md",
    "docs/how-to/certify-a-specialist.md",
    "docs/how-to/certify-automation.md",
    "docs/how-to/change-a-graph.md",
    "docs/how-to/decide-in-a-review.md",
    "docs/how-to/edit-files.md",
    "docs/how-to/give-a-context.md",
    "docs/how-to/keep-less.md",
    "docs/how-to/review-from-a-terminal.md",
    "docs/how-to/serve-graphs-over-mcp.md",
    "docs/how-to/stream-a-run.md",
    "docs/how-to/use-a-model.md",
    "docs/how-to/use-langgraph.md",
    "docs/how-to/use-mcp-tools.md",
    "docs/how-to/when-tickets-fail.md",
    "docs/how-to/write-a-suite.md",
)
LEXICON: Final = (
    "tools/lexicon",
    "tools/letters/reply_texts.py",
    "connectors/sample/letters",
    "connectors/sample/policies",
    LETTERS,
)
"""Words that customers and the desk write: data, not our words."""


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


def _finished() -> list[Path]:
    names = [(path, path.relative_to(ROOT).as_posix()) for path in _files()]
    return [path for path, name in names if name.startswith(FINISHED) and not name.startswith(LEXICON)]


@pytest.mark.parametrize("path", _finished(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_finished_room_has_no_riddles(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if _RIDDLE.search(line)]
    assert not found, "say it as the documentation of a library would: subject, verb, object"


@pytest.mark.parametrize(
    "line",
    [
        "x is no number",
        "the file is gone",
        "it goes before the file's",
        "What became of the graph.",
        "One arm per kind",
    ],
)
def test_a_riddle_is_found(line: str) -> None:
    assert _RIDDLE.search(line)


@pytest.mark.parametrize("line", ["Write it anew.", "Whoever asks", "at most so many times", "Mend the file"])
def test_a_word_is_found(line: str) -> None:
    assert _FOUND.search(line)
