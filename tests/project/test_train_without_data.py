"""`compound train` asks for `training` only where the function of a specialist reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.keys.table import Desk, Place
from tests.project.keys.world import world

IMPORTS = """from collections.abc import Iterator
from pathlib import Path

from compound.specialist import Example

"""
NONE = "def examples() -> Iterator[Example]:\n    lines = MOODS\n"
BY_DEFAULT = 'def examples(training: Path = Path("x")) -> Iterator[Example]:\n    lines = MOODS\n'
OR_NONE = "def examples(training: Path | None) -> Iterator[Example]:\n    assert training is None\n    lines = MOODS\n"
NEEDED = "def examples(training: Path) -> Iterator[Example]:\n    lines = training.read_text().splitlines()\n"


def project(tmp_path: Path, head: str) -> Place:
    place = world(Desk(tmp_path, tmp_path)).edit("pyproject.toml", 'training = "moods.txt"\n', "")
    text = (place.root / "tools/training.py").read_text(encoding="utf-8")
    body = text[text.index("        text, _, label") :]
    moods = (place.root / "moods.txt").read_text(encoding="utf-8").splitlines()
    loop = "    for number, line in enumerate(lines):\n"
    return place.write({"tools/training.py": f"{IMPORTS}MOODS = {moods!r}\n\n\n{head}{loop}{body}"})


@pytest.mark.parametrize("head", [NONE, BY_DEFAULT, OR_NONE])
def test_a_function_that_reads_no_file_needs_none(tmp_path: Path, head: str) -> None:
    place = project(tmp_path, head)
    assert [one for one in place.codes() if "function" in one or "training" in one] == []
    said = place.say("train", "mood")
    assert said.code == 0, said.err


def test_a_function_that_reads_a_file_says_so(tmp_path: Path) -> None:
    place = project(tmp_path, NEEDED)
    said = place.say("train", "mood")
    assert said.code != 0
    for words in ("project.no-training", "tools.training:examples", "profile 'plain'", "training ="):
        assert words in said.err
