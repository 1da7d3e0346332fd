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
NOT_SAID: Final = (
    r"(?<!there )\b(?:is|are) no (?!longer\b)[a-z]+",
    r"\bno \w+ of (?:that|this) name\b",
    r"\bof that name\b",
    r"\bgives (?:how|its|the|a|back|out|where)\b",
    r"; gives\b",
    r"\bhangs on\b",
    r"\bgo(?:es)? before (?:it|the|what)\b",
    r"\bgo(?:es)? on with\b",
    r"\bwhole or not\b",
    r"\bsigns? of life\b",
    r"\bnobody holds\b",
    r"\b(?:taken|took|takes? it) back\b",
    r"\bis asked for\b",
    r"\bnouns of\b",
    r"\bwhat (?:came|comes) of\b",
    r"\bwhat (?:becomes|became) of\b",
    r"\blets? go of\b",
    r"\bbegins? so\b",
    r"\bis called so\b",
    r"\bholds? (?:it|them|an? \w+) against\b",
    r"\b(?:a|the|one|each|every|its|which|whose|this|that|of|all|many) tickets?\b",
)
"""Turns of phrase that the field says otherwise: "is not a number", "returns the count", "lease", "an item"."""
FINISHED: Final = (
    "compound/__init__.py",
    "compound/__main__.py",
    "compound/batch",
    "compound/cli",
    "compound/connector",
    "compound/effect",
    "compound/errors.py",
    "compound/evaluation",
    "compound/graph",
    "compound/language",
    "compound/model",
    "compound/plugins.py",
    "compound/project",
    "compound/retrieval",
    "compound/review",
    "compound/spec",
    "compound/specialist",
    "compound/testing",
    "compound/tool",
    "compound/trace",
)
"""Rooms without these phrases: all of `compound/`."""
_SAID: Final = re.compile("|".join(f"(?:{one})" for one in NOT_SAID), re.IGNORECASE)
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
"""Roundabout phrases, as patterns: a file of `PROJECT` uses none of them."""
_RIDDLE: Final = re.compile(rf"\b(?:{'|'.join(RIDDLES)})\b", re.IGNORECASE)
PROJECT: Final = (
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
    "docs/how-to/when-items-fail.md",
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
    tops = [ROOT / place for place in FINISHED]
    return sorted(path for top in tops for path in ([top] if top.is_file() else top.rglob("*.py")))


@pytest.mark.parametrize("path", _finished(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_finished_room_says_it_in_the_words_of_the_field(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if _SAID.search(line)]
    assert not found, "subject, verb, object, and the field's own terms"


def test_every_finished_room_has_files() -> None:
    assert all((ROOT / place).exists() for place in FINISHED)
    assert len(_finished()) > len(FINISHED)


@pytest.mark.parametrize(
    "line",
    [
        "'x' is no number",
        "there is no graph of that name",
        "Removes rows; gives how many",
        "What a value hangs on",
        "`--model` goes before it",
        "nothing waits that nobody holds",
        "Every ticket of a backlog",
    ],
)
def test_a_phrase_is_found(line: str) -> None:
    assert _SAID.search(line)


@pytest.mark.parametrize("line", ["there is no header", "it is no longer valid", "the option `--ticket`"])
def test_plain_english_is_not_found(line: str) -> None:
    assert not _SAID.search(line)


def _project() -> list[Path]:
    names = [(path, path.relative_to(ROOT).as_posix()) for path in _files()]
    return [path for path, name in names if name.startswith(PROJECT) and not name.startswith(LEXICON)]


@pytest.mark.parametrize("path", _project(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_project_and_its_pages_have_no_riddles(path: Path) -> None:
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
