"""`GET /export` and `GET /canaries`: examples as lines, catch rates; who may read them."""

from __future__ import annotations

import json

from tests.web.api.conftest import Api


def test_examples_are_lines_for_those_who_may_learn(api: Api) -> None:
    reviews = api.project.reviews()
    reviews.decide("L1", "edit", user="bea", fields={"text": "Better."})
    reviews.decide("L2", "approve", user="bea")
    for role in ("qa", "developer", "admin"):
        answer = api.caller(f"a-{role}", role).get("/export", params={"kind": "dpo"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jsonl")
        [row] = [json.loads(line) for line in answer.text.splitlines()]
        assert (row["chosen"][0]["content"], row["reviewer"]) == ("Better.", "bea")
    for role in ("viewer", "reviewer", "senior", "operator", "agent"):
        assert api.caller(f"b-{role}", role).get("/export", params={"kind": "sft"}).status_code == 403
    qa = api.caller("eva", "qa")
    assert len(qa.get("/export", params={"kind": "sft"}).text.splitlines()) == 2
    assert len(qa.get("/export", params={"kind": "sft", "without": "rubber-stamps"}).text.splitlines()) == 1
    assert qa.get("/export", params={"kind": "sft", "canaries": "true"}).json()["code"] == "review.bad-export"
    assert qa.get("/export", params={"kind": "sft", "since": "soon"}).json()["code"] == "review.bad-time"
    assert qa.get("/export").status_code == 422
    # of a team's queues only
    team = api.caller("tom", "qa", teams=("other",))
    assert team.get("/export", params={"kind": "sft"}).text == ""
    assert team.get("/export", params={"kind": "sft", "queue": "default"}).status_code == 404


def test_figures_of_others_need_the_right(api: Api) -> None:
    everything = api.caller("eva", "qa").get("/canaries").json()
    assert (everything["all"]["n"], everything["all"]["rate"], everything["waiting"]) == (0, None, 0)
    own = api.caller("bea", "reviewer").get("/canaries").json()
    assert (own["all"], own["waiting"], own["reviewers"]) == (None, None, [])
