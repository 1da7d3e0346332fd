"""Nothing is sent before a person decides, and what is approved is sent once. Run it with pytest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import JsonValue

from compound import Project
from compound.errors import ConflictError

ROOT = Path(__file__).resolve().parents[1]
ASKED = {"id": "Q-1", "question": "On which days may I water my plot in July?"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The project with an empty state folder, which is thrown away after the test."""
    monkeypatch.setenv("COMPOUND_HOME", str(tmp_path))
    with closing(Project.open(ROOT)) as opened:
        opened.index()
        yield opened


def sent(project: Project) -> list[dict[str, JsonValue]]:
    """The arguments of every effect that ran: what left the project."""
    return [dict(one.arguments) for one in project.effects().list() if one.status == "sent"]


def test_an_approved_answer_is_sent_once(project: Project) -> None:
    run = project.run("answer", ASKED)
    assert run.status == "waiting_review"
    assert sent(project) == []
    project.reviews().decide(run.review_ids[0], "approve", user="ann")
    with pytest.raises(ConflictError):
        project.reviews().decide(run.review_ids[0], "approve", user="ben")
    text = "From June to August you may water your plot on Monday, Wednesday and Friday."
    assert sent(project) == [{"id": "Q-1", "text": text}]


def test_a_rejected_answer_is_not_sent(project: Project) -> None:
    run = project.run("answer", ASKED)
    project.reviews().decide(run.review_ids[0], "reject", user="ann")
    assert sent(project) == []
