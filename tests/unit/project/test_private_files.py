"""Whatever the umask is, what runs leave behind can be read by their owner only, or by a group that was allowed to."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from compound import Project
from compound.errors import ProjectError
from tests.support.projects import PYPROJECT, write_project

GRAPH = """\
compound: graph/v1
name: main
input: {text: str}
output: {action: $ok.action}
nodes:
  loud: {use: tool, tool: shout, in: {text: $input.text}, out: str, cache: 20d}
  ok: {use: review, show: [$input.text, $loud]}
"""
TOOLS = """\
from compound.tool import tool


@tool
def shout(text: str) -> str:
    return text.upper()
"""
FILES = {"graphs/main.yaml": GRAPH, "tools/voice.py": TOOLS}
GROUP = PYPROJECT.replace('name = "small"', 'name = "small"\ngroup_access = true')


def compound(folder: Path, *arguments: str, umask: int = 0) -> None:
    """The command as a process with a umask of its own."""
    command = [sys.executable, "-m", "compound", *arguments]
    subprocess.run(command, cwd=folder, umask=umask, check=True, capture_output=True, timeout=120)


def modes(folder: Path) -> dict[str, set[int]]:
    """The modes of all folders, and of all files, at and below the state folder."""
    paths = [folder, *folder.rglob("*")]
    assert sum(path.is_file() for path in paths) >= 4
    return {
        "folders": {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()},
        "files": {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()},
    }


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o007])
def test_files_are_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    write_project(tmp_path, FILES)
    compound(tmp_path, "run", "text=hello", umask=umask)
    compound(tmp_path, "review", "list", umask=umask)
    assert modes(tmp_path / ".compound") == {"folders": {0o700}, "files": {0o600}}


def test_a_group_may_be_allowed(tmp_path: Path) -> None:
    write_project(tmp_path, {"pyproject.toml": GROUP, **FILES})
    compound(tmp_path, "run", "text=hello", umask=0o077)
    assert modes(tmp_path / ".compound") == {"folders": {0o770}, "files": {0o660}}


def test_nobody_else_gets_in_while_the_project_is_open(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        project = Project.open(write_project(tmp_path, FILES))
        project.run("main", {"text": "hello"})
        assert stat.S_IMODE((tmp_path / ".compound").stat().st_mode) == 0o700
        project.close()
    finally:
        os.umask(before)
    assert modes(tmp_path / ".compound") == {"folders": {0o700}, "files": {0o600}}


def test_files_of_a_killed_process_are_private_at_the_next_command(tmp_path: Path) -> None:
    write_project(tmp_path, FILES)
    compound(tmp_path, "run", "text=hello")
    for path in (tmp_path / ".compound").rglob("*"):
        path.chmod(0o777)
    compound(tmp_path, "review", "list")
    assert modes(tmp_path / ".compound") == {"folders": {0o700}, "files": {0o600}}


def test_the_setting_is_true_or_false(tmp_path: Path) -> None:
    write_project(tmp_path, {"pyproject.toml": GROUP.replace("true", '"yes"'), **FILES})
    with pytest.raises(ProjectError, match="`group_access` is 'yes'; it must be `true` or `false`"):
        Project.open(tmp_path)
