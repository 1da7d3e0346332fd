"""`compound eval` without a name runs the only suite, and names the choices where there are none or several."""

from __future__ import annotations

import shutil
from pathlib import Path

from compound.project.work.scaffold import init_project
from tests.project.keys.table import Place


def _small(tmp_path: Path) -> Place:
    init_project(tmp_path / "garden", name="garden", template="small")
    return Place(tmp_path / "garden")


def test_the_only_suite_needs_no_name(tmp_path: Path) -> None:
    said = _small(tmp_path).say("eval")
    assert said.code == 0, said.err
    assert "suite answers, profile default" in said.out


def test_several_suites_are_choices(tmp_path: Path) -> None:
    place = _small(tmp_path)
    shutil.copytree(place.root / "evals/answers", place.root / "evals/more")
    said = place.say("eval")
    assert said.code == 2
    assert "the project has 2 suites, and none is named [project.unknown-suite]" in said.err
    assert "choices: answers, more" in said.err


def test_a_project_without_a_suite_is_told_where_one_is_written(tmp_path: Path) -> None:
    place = _small(tmp_path)
    shutil.rmtree(place.root / "evals")
    said = place.say("eval")
    assert (said.code, "write evals/NAME/suite.yaml" in said.err) == (2, True)
