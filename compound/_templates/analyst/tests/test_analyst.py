"""A question becomes figures, and names stay in the tables. Run it with pytest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from compound import Project

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The analyst with tables of its own, which are thrown away after the test."""
    monkeypatch.setenv("COMPOUND_HOME", str(tmp_path))
    with closing(Project.open(ROOT)) as opened:
        opened.seed()
        yield opened


def test_a_question_becomes_a_table(project: Project) -> None:
    run = project.run("lakehouse_analyst", {"question": "How many orders has each status?"})
    assert run.status == "done"
    assert "delivered" in str(run.output)


def test_a_name_is_not_granted(project: Project) -> None:
    run = project.run("lakehouse_analyst", {"question": "What is the e-mail address of each customer?"})
    assert "@" not in str(run.output)
