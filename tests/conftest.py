"""What tests of several folders share: profiles of hypothesis, a seeded home."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.e2e.desk_homes import Home

settings.register_profile("fuzz", max_examples=1_000, deadline=None)


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that was seeded, indexed and trained by the program; never changed afterwards."""
    from tests.e2e.desk_homes import seeded_home

    return seeded_home(tmp_path_factory.mktemp("seeded") / "home")


@pytest.fixture
def home(seeded: Home, tmp_path: Path) -> Home:
    """A seeded home of the test's own."""
    return seeded.copy(tmp_path / "home")
