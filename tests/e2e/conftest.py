"""The project, seeded, indexed and trained once; every test works on a copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.desk_homes import Home


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that was seeded, indexed and trained by the program; never changed afterwards."""
    home = Home(path=tmp_path_factory.mktemp("seeded") / "home")
    home.path.mkdir()
    for command in (("seed",), ("index",), ("train", "intent")):
        home.run(*command, check=True)
    return home


@pytest.fixture
def home(seeded: Home, tmp_path: Path) -> Home:
    """A seeded home of the test's own."""
    return seeded.copy(tmp_path / "home")
