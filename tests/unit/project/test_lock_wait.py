"""`lock_wait`: how long a write waits, from the profile or the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from compound.errors import ProjectError
from compound.project.settings.settings import load_settings


def settings_of(root: Path, line: str = "", **environ: str) -> float:
    (root / "pyproject.toml").write_text(f"[tool.compound]\n{line}\n[tool.compound.profiles.one]\n")
    return load_settings(root, environ=environ).profile.lock_wait_s


def test_it_is_read_as_a_length_of_time(tmp_path: Path) -> None:
    assert settings_of(tmp_path) == 30.0
    assert settings_of(tmp_path, 'lock_wait = "2m"') == 120.0
    assert settings_of(tmp_path, 'lock_wait = "2m"', COMPOUND_LOCK_WAIT="500ms") == 0.5


def test_what_is_no_length_of_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="the setting `lock_wait`: 'soon' is not a duration") as refused:
        settings_of(tmp_path, 'lock_wait = "soon"')
    assert refused.value.code == "project.bad-duration"
