"""Limits of an account and an address, alarms about decisions that are too fast, and what a help desk tells us."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from compound.connector.state.messages import Arrival, Messages
from compound.web.api import events
from compound.web.site import limits, pace
from compound.web.webhooks.deliver import sign
from tests.web.api.conftest import HOST, Api

Item = Callable[[str], dict[str, Any]]
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_too_many_requests_of_an_account_or_an_address_are_told_to_wait(api: Api, ann: TestClient) -> None:
    place = api.app.state.place
    now = [1000.0]
    place.limits.per_minute, place.limits.clock = 3, lambda: now[0]
    answers = [ann.get("/graphs") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert [one.headers["ratelimit"] for one in answers[:2]] == ['"account";r=2;t=20', '"account";r=1;t=40']
    assert answers[0].headers["ratelimit-policy"] == '"account";q=3;w=60'
    refused = answers[3]
    assert (refused.json()["code"], refused.headers["retry-after"]) == ("web.too-many-requests", "20")
    assert refused.headers["content-type"] == "application/problem+json"
    now[0] += 20
    assert ann.get("/graphs").status_code == 200
    assert api.caller("bo", "viewer").get("/reviews").status_code == 200
    stranger = api.plain({"authorization": "Bearer nonsense"})
    codes = [stranger.get("/reviews").status_code for _ in range(limits.REFUSED_PER_MINUTE + 1)]
    assert (set(codes[:-1]), codes[-1]) == ({401}, 429)
    place.limits.per_minute = 0
    assert [ann.get("/graphs").status_code for _ in range(5)] == [200] * 5


def test_three_streams_of_an_account_and_polling_beside_them(
    api: Api, ann: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = api.app.state.place.limits
    for _ in range(limits.STREAMS):
        streams.open_stream("ann")
    refused = ann.get("/events")
    assert (refused.status_code, refused.json()["code"]) == (429, "web.too-many-streams")
    assert int(refused.headers["retry-after"]) > 0
    assert ann.get("/events", params={"after": 0, "follow": False}).text.count("event: review.opened") == 3
    streams.close_stream("ann")

    async def nobody(_: object) -> bool:
        return False

    monkeypatch.setattr(events, "still_signed_in", nobody)
    monkeypatch.setattr(events, "BEAT_S", 0.0)
    for _ in range(3):  # a stream that ended counts no longer
        assert ann.get("/events", params={"after": 0}).status_code == 200


def test_decisions_that_are_too_fast_to_read_raise_an_alarm_and_are_made(
    api: Api, ann: TestClient, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "MOST", 2)
    monkeypatch.setattr(pace, "WINDOW_S", 60.0)
    for name in ("L1", "L2", "L3"):
        row = item(name)
        answer = ann.post(
            f"/reviews/{row['review_id']}/decisions",
            json={"action": "reject", "fields": {"reason": "no"}},
            headers={"if-match": f'"{row["version"]}"'},
        )
        assert answer.status_code == 202
    text = ann.get(f"https://{HOST}/metrics").text
    assert "compound_decisions_too_fast_total 1\n" in text
    assert ann.get("/audit/verify").json()["ok"]


def told(api: Api, body: dict[str, str], *, secret: str = SECRET, ago: int = 0) -> Any:
    """A notice of a help desk."""
    said = json.dumps(body).encode()
    at = int(api.project.resources.clock()) - ago
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(at),
        "webhook-signature": sign(secret, "msg_1", at, said),
    }
    return api.plain({"content-type": "application/json", **headers}).post("/hooks/ticket-changed", content=said)


def test_a_help_desk_says_that_a_conversation_changed(
    api: Api, ann: TestClient, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(api, {"item_id": "L1"}).json()["code"] == "hooks.off"
    settings = api.project.settings
    web = replace(settings.web, hook_secret="${env:HOOK_SECRET}")
    monkeypatch.setattr(api.project, "settings", replace(settings, web=web))
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    row = item("L1")
    assert told(api, {"item_id": "L1"}).json() == {"checked": [row["review_id"]], "stale": []}
    came = Arrival(mailbox="inbox", item_id="L9", thread="L1", words={"body": "And now?"})
    Messages(api.project.resources.state).arrive(came, "a-run", now=api.project.resources.clock())
    assert ann.get(f"/reviews/{row['review_id']}").json()["status"] == "pending"
    for wrong in (
        told(api, {"item_id": "L1"}, secret="whsec_" + "A" * 32),
        told(api, {"item_id": "L1"}, ago=600),
        api.plain().post("/hooks/ticket-changed", json={"item_id": "L1"}),
    ):
        assert wrong.status_code == 401
        assert wrong.json()["code"] in ("hooks.signature", "hooks.too-old")
    assert ann.get(f"/reviews/{row['review_id']}").json()["status"] == "pending"
    changed = told(api, {"item_id": "L9"}).json()
    assert row["review_id"] in changed["stale"]
    assert ann.get(f"/reviews/{row['review_id']}").json()["status"] == "stale"
    assert told(api, {}).status_code == 422
    assert told(api, {"thread": "nothing"}).json() == {"checked": [], "stale": []}
    monkeypatch.setenv("HOOK_SECRET", "short")
    assert told(api, {"item_id": "L1"}).json()["code"] == "project.bad-setting"
