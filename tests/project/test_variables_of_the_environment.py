"""`${env:NAME}` is read in one way everywhere: anywhere in a text, with a stand-in, and a missing one is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from compound.errors import ProjectError
from compound.project import Project
from tests.support.projects import PYPROJECT, write_project


def state_of(root: Path, text: str) -> str:
    write_project(root, {"pyproject.toml": PYPROJECT + f'state = "{text}"\n'})
    return Project.open(root).resources.settings.profile.state or ""


def test_a_variable_stands_anywhere_in_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_PASSWORD", "s3cret")
    assert state_of(tmp_path, "postgresql://ann:${env:DESK_PASSWORD}@db/desk") == "postgresql://ann:s3cret@db/desk"
    assert state_of(tmp_path, "${env:DESK_PASSWORD}.db") == "s3cret.db"
    assert state_of(tmp_path, "${env:NOT_THERE:-other}.db") == "other.db"


@pytest.mark.parametrize("text", ["${env:NOT_THERE}", "postgresql://ann:${env:NOT_THERE}@db/desk"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_an_error(
    text: str, value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_THERE", raising=False)
    if value is not None:
        monkeypatch.setenv("NOT_THERE", value)
    with pytest.raises(ProjectError) as caught:
        state_of(tmp_path, text)
    assert caught.value.code == "project.no-secret"
    assert caught.value.what == "state is ${env:NOT_THERE}, and the environment has no NOT_THERE"
