"""The wheel: it holds what git holds, and it works where there is nothing but the wheel."""

from __future__ import annotations

import compileall
import json
import os
import re
import resource
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(900)  # it installs the wheel, and runs the whole desk from it

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
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=800, check=False)


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
    compileall.compile_dir(site, quiet=2)  # as an installer does; every command would compile everything else
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


def spent_s() -> float:
    """Processor seconds of the commands so far: how long they take besides says how busy the machine is."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


PROGRAM = "import sys; from compound.cli import main; sys.argv[0] = 'compound'; main()"
"""As the installed script runs it: neither the working folder nor a checkout is on the path."""


@dataclass(frozen=True)
class Newcomer:
    """Somebody who has the wheel and nothing else.

    Attributes:
        folder: The working folder.
        env: The environment: Compound is found in the wheel's files alone.
    """

    folder: Path
    env: dict[str, str]

    def types(self, line: str, code: int = 0) -> str:
        """What a command prints, on both streams; its exit code is asserted."""
        words = shlex.split(line)
        assert words[0] in {"compound", "pytest"}
        start = (
            [sys.executable, "-P", "-c", PROGRAM] if words[0] == "compound" else [sys.executable, "-P", "-m", "pytest"]
        )
        done = run(*start, *words[1:], cwd=self.folder, env=self.env)
        assert done.returncode == code, f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def json(self, line: str, code: int = 0) -> Any:
        """The document that a command with `--json` prints."""
        return json.loads(self.types(f"{line} --json", code))


@pytest.fixture
def newcomer(installed: Path, tmp_path: Path) -> Newcomer:
    site = tmp_path / "site"
    site.mkdir()
    # The checkout is installed editable here: a finder or a path of it would serve its top-level folders.
    (site / "sitecustomize.py").write_text(FORGET.format(root=str(ROOT), wheel=str(installed)), encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("COMPOUND_", "PYTEST"))}
    env |= {"PYTHONPATH": f"{site}{os.pathsep}{installed}", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "120"}
    made = Newcomer(tmp_path, env)
    where = run(sys.executable, "-P", "-c", "import compound; print(compound.__file__)", cwd=tmp_path, env=env)
    assert where.stdout.startswith(str(installed))
    without = run(sys.executable, "-P", "-c", "import connectors", cwd=tmp_path, env=env)
    assert "ModuleNotFoundError" in without.stderr
    return made


FORGET = """\
import sys

sys.path[:] = [one for one in sys.path if one.rstrip("/") != {root!r}]
"""


def inside(newcomer: Newcomer, template: str) -> Newcomer:
    """A project of a template, whose check has no findings."""
    newcomer.types(f"compound init mine --template {template}")
    made = Newcomer(newcomer.folder / "mine", newcomer.env)
    assert "no findings" in made.types("compound check")
    return made


def test_the_small_project_runs_at_once(newcomer: Newcomer) -> None:
    """`compound init mine && cd mine && compound run`: less than a minute, no key, no network, no data."""
    begin = spent_s()
    newcomer.types("compound init mine")
    mine = Newcomer(newcomer.folder / "mine", newcomer.env)
    assert "waiting_review" in mine.types("compound run")
    assert spent_s() - begin < 60
    assert "no findings" in mine.types("compound check")
    (item,) = mine.json("compound review list")
    assert "Monday, Wednesday and Friday" in mine.types(f"compound review show {item['short_id']}")
    assert "send_answer: sent" in mine.types(f"compound review approve {item['short_id']}")
    assert "1.000" in mine.types("compound eval answers")
    assert "2 passed" in mine.types("pytest -q")


def test_the_analyst_runs(newcomer: Newcomer) -> None:
    mine = inside(newcomer, "analyst")
    mine.types("compound seed")
    assert "delivered" in mine.types("compound run")
    assert mine.json("compound review list") == []
    assert "1.000" in mine.types("compound eval figures")
    assert "2 passed" in mine.types("pytest -q")


def test_the_whole_desk_runs(newcomer: Newcomer) -> None:
    mine = inside(newcomer, "retail-desk")
    done = mine.types("compound demo --limit 4")
    assert "check: no findings" in done
    assert re.search(r"ran 4 items in [\d.]+ s", done)
    item = mine.json("compound review list")[0]["short_id"]
    assert "run done" in mine.types(f"compound review reject {item} --reason tone --user ann")
    assert "outcome_match" in mine.types("compound eval outcome --limit 4 --exit-zero")
    assert "1 passed" in mine.types("pytest -q")
    assert mine.types("compound explain graph.cycle").startswith("graph.cycle\n")
