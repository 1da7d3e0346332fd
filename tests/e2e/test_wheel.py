"""The wheel: it holds what git holds, and it works where there is nothing but the wheel."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOMES = {
    "compound/": "compound/",
    "graphs/": "compound/_template/graphs/",
    "tools/": "compound/_template/tools/",
    "connectors/": "compound/_template/connectors/",
    "evals/": "compound/_template/evals/",
    "docs/errors/": "compound/_errors/",
}
"""Folder of the repository -> where the wheel has it."""


def run(*command: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=280, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files in a folder of their own, as an installer would lay them out."""
    site = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(site)
    return site


def tracked() -> Iterator[str]:
    """What git has, or would take, of the folders that are shipped."""
    done = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *HOMES, cwd=ROOT)
    if done.returncode:
        pytest.skip("not a git checkout")
    for name in done.stdout.splitlines():
        if (ROOT / name).is_file():
            home = next(home for home in HOMES if name.startswith(home))
            yield HOMES[home] + name.removeprefix(home)


def test_the_wheel_holds_exactly_what_git_holds(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == set(tracked())


def test_the_wheel_names_its_licence_its_program_and_no_path_of_this_machine(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    info = {name.partition("/")[2]: archive.read(name).decode() for name in archive.namelist() if ".dist-info/" in name}
    assert "License-Expression: Apache-2.0" in info["METADATA"]
    assert "Apache License" in info["licenses/LICENSE"]
    assert "compound = compound.cli:main" in info["entry_points.txt"]
    assert not [name for name, text in info.items() if str(ROOT) in text]


def test_a_project_made_from_the_wheel_runs(installed: Path, tmp_path: Path) -> None:
    """`compound init x && cd x && compound demo`, seen from a folder that knows no checkout."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("COMPOUND_")}
    env |= {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    where = run(sys.executable, "-c", "import compound; print(compound.__file__)", cwd=tmp_path, env=env)
    assert where.stdout.startswith(str(installed))
    made = run(sys.executable, "-m", "compound", "init", "my-desk", cwd=tmp_path, env=env)
    assert made.returncode == 0, made.stderr
    project = tmp_path / "my-desk"
    done = run(sys.executable, "-m", "compound", "demo", "--limit", "4", cwd=project, env=env)
    assert done.returncode == 0, done.stderr
    assert "check: no findings" in done.stdout
    assert re.search(r"ran 4 tickets in [\d.]+ s", done.stdout)
    explained = run(sys.executable, "-m", "compound", "explain", "graph.cycle", cwd=project, env=env)
    assert explained.stdout.startswith("graph.cycle\n")
