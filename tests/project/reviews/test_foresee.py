"""A record store says what effects would change, and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.web.one.workshop import STEPS, row, workshop, writes


def test_the_rows_of_each_effect_before_and_after_in_turn(tmp_path: Path) -> None:
    place = workshop(tmp_path)
    writes(place, {"A": {"steps": [*STEPS, {"name": "refund", "arguments": {"job": "J-9", "amount": 1}}]}})
    with place.open() as project:
        service = project.reviews()
        (item,) = service.list()
        foreseen = service.foresee(item.review_id, "approve", user="ann")
        moved, refunded, missing, sent = foreseen.effects
        assert [(one.name, one.before, one.after) for one in moved.rows[0].fields] == [
            ("pickup", "2026-12-01 morning", "2026-12-05 morning")
        ]
        assert [(one.ref, one.version) for one in refunded.rows] == [("jobs/J-1", 1)]
        assert [(one.name, one.before, one.after) for one in refunded.rows[0].fields] == [("paid", 80.0, 67.5)]
        assert (refunded.amount, moved.amount) == (12.5, None)
        assert missing.problem == "there is no job J-9"
        assert [(one.kind, one.to) for one in sent.messages] == [("reply", "A")]
        assert sent.recipients == ("A",)
        assert service.show(item.review_id).version == item.version
        assert project.resources.records["book"].applied() == []
    assert row(place, "J-1")["paid"] == 80.0


def test_an_edit_is_foreseen_and_more_than_the_policy_allows_is_said(tmp_path: Path) -> None:
    place = workshop(tmp_path)
    writes(place, {"A": {"steps": STEPS[1:]}})
    with place.open() as project:
        service = project.reviews()
        (item,) = service.list()
        fields: dict[str, Any] = {
            "text": "Dear Ann, 30 euros.",
            "steps": [{"name": "refund", "arguments": {"job": "J-2", "amount": 30}}],
        }
        foreseen = service.foresee(item.review_id, "edit", user="ann", fields=fields)
        assert [row.ref for one in foreseen.effects for row in one.rows] == ["jobs/J-2"]
        assert (foreseen.text, foreseen.effects[0].amount) == ("Dear Ann, 30 euros.", 30.0)
    assert row(place, "J-2")["paid"] == 45.5


def test_comments_and_assignments_are_on_the_command_line_too(tmp_path: Path) -> None:
    place = workshop(tmp_path)
    writes(place, {"A": {}, "B": {}})
    assert place.say("review", "comment", "A", "Ask Ben first.").code == 0
    assert place.say("review", "assign", "A", "--to", "ben").code == 0
    shown = place.say("review", "show", "A").out
    assert "assigned to ben" in shown
    assert "nora: Ask Ben first." in shown
    assert place.say("review", "next", "--user", "cleo", "--json").json["name"] == "B"
    assert place.say("review", "next", "--user", "cleo", "--json").json is None
    assert place.say("review", "next", "--user", "ben", "--json").json["name"] == "A"
    assert place.say("review", "assign", "A", "--nobody", "--json").json["assigned_to"] == ""
    assert place.say("review", "comment", "A", "  ").code != 0
    assert place.say("review", "assign", "A").code == 2
