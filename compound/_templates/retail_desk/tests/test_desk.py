"""A ticket becomes a draft that waits for a person. Run it with pytest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import JsonValue

from compound import Project

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The desk with an invented shop of its own, which is thrown away after the test."""
    monkeypatch.setenv("COMPOUND_HOME", str(tmp_path))
    with closing(Project.open(ROOT)) as opened:
        opened.seed()
        opened.index()
        opened.train("intent")
        yield opened


def test_a_draft_waits_for_a_person_and_nothing_is_sent(project: Project) -> None:
    ticket: JsonValue = {"id": "T-1", "subject": "Refund", "body": "How long does a refund take?"}
    run = project.run("support_reply", {"ticket": ticket})
    assert run.status == "waiting_review"
    assert [one for one in project.effects().list() if one.status == "sent"] == []
    project.reviews().decide(run.review_ids[0], "reject", user="ann", fields={"reason": "tone"})
    assert [one for one in project.effects().list() if one.status == "sent"] == []
