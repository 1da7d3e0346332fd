"""The examples run in the project that `compound init` makes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

SMALL = Path(__file__).parents[3] / "compound/_templates/small"


@pytest.fixture(autouse=True)
def _in_the_small_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    folder = tmp_path / "garden"
    shutil.copytree(SMALL, folder, ignore=shutil.ignore_patterns(".compound", "__pycache__"))
    monkeypatch.chdir(folder)
