"""Reviews over the API: what is listed, shown, claimed, decided, and what happens to those who come second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from compound.web.api import reviews
from tests.project.conversations.helpline import batch, letter
from tests.web.api.conftest import Api, settled
from tests.web.test_worker import wait_for

Item = Callable[[str], dict[str, Any]]


def decide(caller: TestClient, row: dict[str, Any], action: str = "approve", **more: Any) -> Any:
    headers = {"if-match": f'"{row["version"]}"', **more.pop("headers", {})}
    return caller.post(f"/reviews/{row['review_id']}/decisions", json={"action": action, **more}, headers=headers)


def test_an_approval_sends_once_and_says_what_was_done(api: Api, ann: TestClient, item: Item) -> None:
    answer = decide(ann, item("L1"))
    assert (answer.status_code, answer.json()["settled"], answer.json()["run_status"]) == (202, False, "resuming")
    done = settled(ann, answer)
    assert (done["run_status"], done["actor"], done["ok"]) == ("done", "ann", True)
    assert [one["status"] for one in done["effects"]] == ["sent"]
    assert api.place.replies() == ["Re Question 1?"]


def test_a_list_is_read_in_parts_without_a_gap(ann: TestClient, api: Api) -> None:
    batch(api.place, *[letter(f"M{n}", "Hello.", subject=f"More {n}") for n in range(7)], name="more.jsonl")
    for sort in ("urgency", "newest", "oldest"):
        seen: list[str] = []
        cursor = None
        while True:
            params = {"sort": sort, "limit": 3, **({"cursor": cursor} if cursor else {})}
            page = ann.get("/reviews", params=params).json()
            seen += [one["item_id"] for one in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        whole = [one["item_id"] for one in ann.get("/reviews", params={"sort": sort, "limit": 200}).json()["items"]]
        assert seen == whole
        assert len(set(seen)) == 10
    answer = ann.get("/reviews", params={"cursor": "nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (422, "api.bad-cursor")


def test_filters(ann: TestClient, item: Item) -> None:
    first = item("L1")
    ann.post(f"/reviews/{first['review_id']}/claim", json={})
    names = [one["item_id"] for one in ann.get("/reviews", params={"view": "mine"}).json()["items"]]
    assert names == ["L1"]
    assert [one["item_id"] for one in ann.get("/reviews", params={"q": "water 2"}).json()["items"]] == ["L2"]
    assert ann.get("/reviews", params={"status": "decided"}).json()["items"] == []
    assert ann.get("/reviews", params={"queue": "nowhere"}).json()["items"] == []
    assert ann.get("/reviews", params={"view": "nothing"}).status_code == 422


def test_an_item_has_an_etag_and_its_evidence_is_a_call_of_its_own(
    ann: TestClient, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = item("L1")
    answer = ann.get(f"/reviews/{row['review_id']}")
    review = answer.json()
    assert answer.headers["etag"] == f'"{review["version"]}"'
    assert (review["draft"], "evidence" in review) == ("Re Question 1?", False)
    assert set(review["offers"]) == {"approve", "edit", "reject"}
    again = ann.get(f"/reviews/{row['review_id']}", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    evidence = ann.get(f"/reviews/{row['review_id']}/evidence").json()
    assert set(evidence) == {"review_id", "version", "evidence", "refs", "left_out"}
    assert evidence["evidence"]
    name, value = next(iter(evidence["evidence"].items()))
    path = f"/reviews/{row['review_id']}/evidence"
    with monkeypatch.context() as small:
        small.setattr(reviews, "LARGEST_EVIDENCE", 1)
        assert ann.get(path).json()["left_out"] == list(evidence["evidence"])
    assert ann.get(path, params={"name": name}).json()["evidence"] == {name: value}
    assert ann.get(path, params={"name": "nothing"}).json()["code"] == "review.unknown-evidence"


def test_who_decides_an_older_version_is_told_with_the_present_one(api: Api, ann: TestClient, item: Item) -> None:
    row = item("L1")
    bo = api.caller("bo", "reviewer")
    settled(bo, decide(bo, row, "edit", fields={"text": "Dear Ann."}))
    answer = decide(ann, row)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["status"]) == (412, "review.decided", 412)
    assert "bo chose 'edit'" in problem["detail"]
    assert problem["current"]["status"] == "decided"
    assert answer.headers["etag"] == f'"{problem["current"]["version"]}"'
    assert answer.headers["content-type"] == "application/problem+json"
    assert api.place.replies() == ["Dear Ann."]


def test_a_decision_names_the_version_that_was_read(ann: TestClient, item: Item) -> None:
    row = item("L1")
    path = f"/reviews/{row['review_id']}/decisions"
    assert ann.post(path, json={"action": "approve"}).json()["code"] == "api.no-version"
    for bad in ("*", "W/x", '"-1"', "seven", ""):
        answer = ann.post(path, json={"action": "approve"}, headers={"if-match": bad})
        assert (answer.status_code, answer.json()["code"]) == (422, "api.bad-version"), bad


def test_claims(api: Api, ann: TestClient, item: Item) -> None:
    row = item("L1")
    path = f"/reviews/{row['review_id']}/claim"
    held = ann.post(path, json={"lease_s": 60}).json()
    assert (held["status"], held["held_by"]) == ("in_review", "ann")
    bo = api.caller("bo", "reviewer")
    refused = bo.post(path, json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "review.claimed")
    assert refused.json()["current"]["held_by"] == "ann"
    assert decide(bo, held).json()["code"] == "review.claimed"
    beat = ann.post(f"/reviews/{row['review_id']}/heartbeat", json={"lease_s": 600})
    assert (beat.status_code, beat.json()["version"]) == (200, held["version"])
    assert bo.post(f"/reviews/{row['review_id']}/heartbeat", json={}).json()["code"] == "review.lease-lost"
    assert bo.request("DELETE", path).status_code == 409
    assert ann.request("DELETE", path).json()["status"] == "pending"
    assert bo.post(path, json={}, headers={"if-match": f'"{held["version"]}"'}).status_code == 412
    taken = ann.post(path, json={}).json()
    assert bo.post(path, json={"takeover": True}).json()["held_by"] == "bo"
    assert taken["held_by"] == "ann"


def test_next_is_a_different_item_for_each(api: Api, ann: TestClient) -> None:
    bo = api.caller("bo", "reviewer")
    got = [one.post("/reviews/next", json={}) for one in (ann, bo, ann, bo)]
    assert [one.status_code for one in got] == [200, 200, 200, 204]
    assert len({one.json()["review_id"] for one in got[:3]}) == 3


def test_snooze_and_wake(ann: TestClient, item: Item) -> None:
    row = item("L1")
    path = f"/reviews/{row['review_id']}"
    headers = {"if-match": f'"{row["version"]}"'}
    past = ann.post(f"{path}/snooze", json={"until": "2001-01-01T00:00:00Z"}, headers=headers)
    assert past.json()["code"] == "review.bad-time"
    done = ann.post(f"{path}/snooze", json={"until": "2999-01-01T00:00:00Z"}, headers=headers)
    assert done.json()["status"] == "snoozed"
    assert ann.post(f"{path}/wake").json()["status"] == "pending"
    assert ann.post(f"{path}/wake").json()["code"] == "review.transition"


def test_several_decisions_each_succeed_or_fail_for_themselves(api: Api, ann: TestClient, item: Item) -> None:
    rows = [item(name) for name in ("L1", "L2", "L3")]
    decide(ann, rows[1], "reject", fields={"reason": "no"})
    wishes = [{"review_id": one["review_id"], "version": one["version"], "action": "approve"} for one in rows]
    wishes.append({"review_id": "nothing", "version": 1, "action": "approve"})
    answer = ann.post("/reviews/bulk-decisions", json={"decisions": wishes})
    assert answer.status_code == 207
    assert [one["status"] for one in answer.json()] == [202, 412, 202, 404]
    wait_for(lambda: len(api.place.replies()) == 2)
    assert sorted(api.place.replies()) == ["Re Question 1?", "Re Question 3?"]
    assert ann.post("/reviews/bulk-decisions", json={"decisions": wishes * 6}).status_code == 422


def test_comments_and_audit(api: Api, ann: TestClient, item: Item) -> None:
    row = item("L1")
    path = f"/reviews/{row['review_id']}"
    said = ann.post(f"{path}/comments", json={"text": "Is this the right well?"})
    assert (said.status_code, said.json()["author"]) == (201, "ann")
    assert [one["text"] for one in ann.get(f"{path}/comments").json()] == ["Is this the right well?"]
    events = ann.get(f"{path}/audit").json()
    assert [one["event"] for one in events] == ["review.opened", "review.commented"]
    assert "right well" not in str(events)
    assert ann.get("/audit/verify").json()["ok"] is True
    assert api.caller("bo", "reviewer").get(f"{path}/audit").json()["code"] == "web.no-right"


def test_events_are_read_behind_the_last_one(api: Api, ann: TestClient, item: Item) -> None:
    stream = ann.get("/events", params={"after": 0, "follow": False}).text
    assert stream.count("event: review.opened") == 3
    last = stream.rpartition("id: ")[2].partition("\n")[0]
    decide(ann, item("L1"))
    later = ann.get("/events", params={"follow": False}, headers={"last-event-id": last}).text
    assert [line for line in later.splitlines() if line.startswith("event:")] == ["event: review.decided"]
    assert '"action":"approve"' in later


def test_of_another_team_nothing_exists(api: Api, item: Item) -> None:
    row = item("L1")
    cy = api.caller("cy", "senior", "developer", "qa", teams=("elsewhere",))
    path = f"/reviews/{row['review_id']}"
    calls = [
        cy.get(path), cy.get(f"{path}/evidence"), cy.get(f"{path}/comments"), cy.get(f"{path}/audit"),
        cy.post(f"{path}/claim", json={}), cy.post(f"{path}/heartbeat", json={}), cy.post(f"{path}/undo"),
        cy.post(f"{path}/comments", json={"text": "x"}), cy.put(f"{path}/draft", json={"fields": {}}),
        cy.post(f"{path}/redraft"), cy.post(f"{path}/wake"), cy.request("DELETE", f"{path}/claim"), decide(cy, row),
    ]  # fmt: skip
    assert [one.status_code for one in calls] == [404] * len(calls)
    assert cy.get("/reviews").json()["items"] == []
    assert cy.post("/reviews/next", json={}).status_code == 204
    assert cy.post("/reviews/next", json={"queue": row["queue"]}).status_code == 404
    assert "event:" not in cy.get("/events", params={"after": 0, "follow": False}).text
    wish = {"review_id": row["review_id"], "version": row["version"], "action": "approve"}
    assert cy.post("/reviews/bulk-decisions", json={"decisions": [wish]}).json()[0]["status"] == 404
    assert api.place.replies() == []


def test_an_agent_cannot_read_or_decide(api: Api, item: Item) -> None:
    row = item("L1")
    robo = api.caller("robo", "agent")
    assert decide(robo, row).json()["code"] == "web.no-right"
    assert robo.get("/reviews").status_code == 403
    api.people.add("eve", roles=["admin"])
    token = api.people.token("eve", label="x", scopes=["decide", "read", "admin"])
    api.people.add("eve", roles=["agent", "admin"])
    eve = api.plain({"authorization": f"Bearer {token}"})
    assert decide(eve, row).status_code == 403
    assert api.place.replies() == []


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_an_escalated_item_is_decided_by_a_senior(api: Api, ann: TestClient, item: Item, action: str) -> None:
    bo, cy, di = api.caller("bo", "reviewer"), api.caller("cy", "reviewer"), api.caller("di", "senior")
    assert decide(bo, item("L1"), "escalate").status_code == 200
    row = next(one for one in ann.get("/reviews").json()["items"] if one["level"] == 1)
    fields = {"reason": "no"} if action == "reject" else {}
    refused = decide(cy, row, action, fields=fields)
    assert (refused.status_code, refused.json()["code"]) == (403, "web.no-right")
    assert settled(di, decide(di, row, action, fields=fields))["run_status"] == "done"
