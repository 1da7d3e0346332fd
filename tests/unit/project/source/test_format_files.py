"""`compound fmt` on files: what is written, what is left alone, what the exit code says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from compound.errors import ProjectError
from compound.project.source.formats import format_files

TIDY = "compound: mailbox/v1\nreplies: sent\n"
UNTIDY = "replies:   sent\ncompound: mailbox/v1\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One tidy, one untidy, one broken file."""
    (tmp_path / "pyproject.toml").write_text("[tool.compound]\n", encoding="utf-8")
    (tmp_path / "connectors").mkdir()
    (tmp_path / "graphs").mkdir()
    (tmp_path / "connectors/desk.yaml").write_text(UNTIDY, encoding="utf-8")
    (tmp_path / "graphs/good.yaml").write_text("compound: graph/v1\nname: good\nnodes: {}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def program(*arguments: str, given: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "compound", *arguments], input=given, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_all_files_of_the_project(project: Path) -> None:
    file = project / "connectors/desk.yaml"
    file.chmod(0o640)
    assert [(one.path, one.status) for one in format_files([], write=False)] == [
        ("connectors/desk.yaml", "changed"),
        ("graphs/good.yaml", "same"),
    ]
    assert file.read_text(encoding="utf-8") == UNTIDY
    format_files([], write=True)
    assert file.read_text(encoding="utf-8") == TIDY
    assert file.stat().st_mode & 0o777 == 0o640
    assert [one.status for one in format_files([], write=True)] == ["same", "same"]
    assert sorted(os.listdir(file.parent)) == ["desk.yaml"]


def test_a_broken_file_stays_as_it_is_and_stops_no_other(project: Path) -> None:
    broken = project / "graphs/a.yaml"
    broken.write_text("compound: graph/v1\nname: a\nnodes: {x: {use: tol}}\n", encoding="utf-8")
    before = broken.read_bytes()
    found = {one.path: one for one in format_files([], write=True)}
    assert found["graphs/a.yaml"].status == "refused"
    assert str(found["graphs/a.yaml"].error).startswith("graphs/a.yaml:3:18: unknown kind 'tol'")
    assert broken.read_bytes() == before
    assert found["connectors/desk.yaml"].status == "changed"


def test_windows_line_ends_and_byte_order_marks_are_changes(project: Path) -> None:
    file = project / "connectors/desk.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + TIDY.replace("\n", "\r\n").encode())
    assert format_files([str(file)], write=True)[0].status == "changed"
    assert file.read_bytes() == TIDY.encode()


def test_files_without_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProjectError) as caught:
        format_files([], write=False)
    assert caught.value.code == "project.no-root"
    assert [one.status for one in format_files(["missing.yaml"], write=False)] == ["refused"]


def test_the_command(project: Path) -> None:
    assert program("fmt", "--check") == (1, "would change connectors/desk.yaml\n2 files, 1 would change\n", "")
    code, text, _ = program("fmt", "--diff")
    assert code == 0
    assert "+replies: sent\n" in text
    assert program("fmt", "connectors/desk.yaml") == (0, "changed connectors/desk.yaml\n1 files, 1 changed\n", "")
    assert program("fmt", "--check")[0] == 0
    assert program("fmt", "-", given=UNTIDY) == (0, TIDY, "")
    (project / "connectors/desk.yaml").write_text("compound: mailbox/v1\nrepl: x\n", encoding="utf-8")
    code, text, errors = program("fmt", "--check", "--json")
    assert (code, errors) == (2, "")
    assert json.loads(text)["files"][0]["error"]["line"] == 2
    code, text, errors = program("fmt")
    assert (code, errors.splitlines()[0]) == (2, "connectors/desk.yaml:2:1: unknown key 'repl' [project.bad-file]")
