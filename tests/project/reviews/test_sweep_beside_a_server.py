"""`compound review sweep` beside a server that carries out the same decisions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.conversations.helpline import answers, batch, did, helpline, letter


def test_a_sweep_leaves_to_another_process_what_that_one_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = helpline(tmp_path)
    batch(place, *(letter(f"L{n}", f"Question {n}?", subject=f"W {n}") for n in (1, 2)))
    with place.open() as project:
        reviews = project.reviews()
        for name in ("L1", "L2"):
            reviews.decide(name, "approve", user="ann", goes_on=False)
        seen = reviews.open_resumes()
        # the other process is a moment faster: it takes the first one after the sweep has read what is due
        taken = reviews.queue.claim_resume(reviews.find("L1").review_id, owner="another-host|1|1")
        monkeypatch.setattr(reviews, "open_resumes", lambda: seen)
        assert reviews.sweep().resumed == (reviews.find("L2").review_id,)
        assert answers(place) == [("L2", "Re Question 2?")]
        reviews.queue.finish_resume(taken, error={"code": "x", "what": "it stopped", "fix": ""}, retry=True)
    did(place.say("review", "sweep"))
    assert sorted(answers(place)) == [("L1", "Re Question 1?"), ("L2", "Re Question 2?")]
