"""A graph may let a person choose several reasons: `reason: "list[enum(...)]"`."""

from __future__ import annotations

from pathlib import Path

from tests.project.conversations.helpline import GRAPH, batch, did, helpline, letter, shown
from tests.web.caller import Caller
from tests.web.conftest import served


def test_several_reasons_are_ticked_stored_and_told(tmp_path: Path) -> None:
    several = GRAPH.replace("reject: {reason: str}", 'reject: {reason: "list[enum(wrong_fact, tone, other)]"}')
    place = helpline(tmp_path, {"graphs/answer.yaml": several})
    batch(place, letter("L1", subject="Tap"), letter("L2", subject="Pipe"))
    did(place.say("review", "reject", "L1", "--reason", "wrong_fact,other"))
    decided = shown(place, "L1")["decisions"][-1]
    assert (decided["reason"], decided["fields"]["reason"]) == ("wrong_fact, other", ["wrong_fact", "other"])
    assert "wrong_fact" in place.say("review", "reject", "L2", "--reason", "rude").err
    with served(place) as site, Caller(site.link) as ann:
        path = ann.reviews()["Pipe"]
        page = ann.get(path).text
        assert page.count('type="checkbox" name="field.reason.') == 3
        refused = ann.decide(path, "reject")
        assert (refused.status_code, "is needed" in refused.text) == (422, True)
        done = ann.decide(path, "reject", **{"field.reason.tone": "on", "field.reason.other": "on"})
        assert done.status_code == 303, done.text
        assert "tone, other" in ann.get(path).text
    assert shown(place, "L2")["decisions"][-1]["fields"]["reason"] == ["tone", "other"]
