"""The bank's desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.other_desk.bank import Bank, bank


@pytest.fixture
def desk(tmp_path: Path) -> Bank:
    return bank(tmp_path)
