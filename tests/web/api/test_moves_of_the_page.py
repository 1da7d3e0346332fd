"""What a person can do on the pages a program can do: the same moves, one store of what is typed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.testclient import TestClient

from compound.client import AsyncReviewClient, ReviewClient
from compound.web.door.access import COOKIE
from compound.web.reviews.routes import router
from tests.web.api.conftest import HOST, Api, settled
from tests.web.api.test_calls import LETTER

Item = Callable[[str], dict[str, Any]]
MOVES = {
    "POST /reviews/bulk": ("POST /reviews/bulk-decisions", "decide_many"),
    "POST /reviews/{review_id}/assign": ("POST /reviews/{review_id}/assign", "assign"),
    "POST /reviews/{review_id}/claim": ("POST /reviews/{review_id}/claim", "claim"),
    "POST /reviews/{review_id}/comments": ("POST /reviews/{review_id}/comments", "comment"),
    "POST /reviews/{review_id}/decide": ("POST /reviews/{review_id}/decisions", "decide"),
    "POST /reviews/{review_id}/draft": ("DELETE /reviews/{review_id}/draft", "discard_draft"),
    "POST /reviews/{review_id}/hold": ("POST /reviews/{review_id}/heartbeat", "heartbeat"),
    "POST /reviews/{review_id}/preview": ("POST /reviews/{review_id}/preview", "preview"),
    "POST /reviews/{review_id}/redraft": ("POST /reviews/{review_id}/redraft", "redraft"),
    "POST /reviews/{review_id}/release": ("DELETE /reviews/{review_id}/claim", "release"),
    "POST /reviews/{review_id}/snooze": ("POST /reviews/{review_id}/snooze", "snooze"),
    "POST /reviews/{review_id}/undo": ("POST /reviews/{review_id}/undo", "undo"),
    "POST /reviews/{review_id}/wake": ("POST /reviews/{review_id}/wake", "wake"),
    "PUT /reviews/{review_id}/draft": ("PUT /reviews/{review_id}/draft", "save_draft"),
}
"""Each change that a page asks for: the call of the API, and the method of the clients."""

HERE = "POST /reviews/{review_id}/here"
"""Says that a page is on a screen: it changes no review, and a program has no screen."""


def public(client: type) -> dict[str, tuple[str, ...]]:
    """The methods of a client, with the names of their parameters."""
    own = inspect.getmembers(client, inspect.isfunction)
    return {name: tuple(inspect.signature(one).parameters) for name, one in own if not name.startswith("_")}


def test_every_move_of_the_pages_is_a_call_and_a_method_of_both_clients(api: Api) -> None:
    pages = get_openapi(title="", version="", routes=router.routes)["paths"]
    moves = {f"{method.upper()} {path}" for path, found in pages.items() for method in found if method != "get"}
    assert moves == {*MOVES, HERE}
    document = api.plain().get("/openapi.json").json()
    calls = {f"{method.upper()} {path}" for path, found in document["paths"].items() for method in found}
    assert {call for call, _ in MOVES.values()} <= calls
    assert public(ReviewClient) == public(AsyncReviewClient)
    assert {method for _, method in MOVES.values()} <= set(public(ReviewClient))


def page_of(api: Api, name: str) -> tuple[TestClient, dict[str, str]]:
    """A browser of an account, and the header that its scripts send."""
    session = api.people.open(name)
    person = api.people.session(session)
    assert person is not None
    browser = TestClient(api.app, base_url=f"https://{HOST}", follow_redirects=False)
    browser.cookies.set(COOKIE, session)
    return browser, {"x-csrf-token": person.csrf}


def test_what_is_typed_on_the_page_and_what_a_program_saves_is_one_text(api: Api, ann: TestClient, item: Item) -> None:
    path = f"/reviews/{item('L1')['review_id']}"
    page, headers = page_of(api, "ann")
    first = ann.get(f"{path}/draft")
    assert (first.headers["etag"], first.json()["fields"]) == ('"0"', {})
    saved = ann.put(f"{path}/draft", json={"fields": {"text": "From a program."}}, headers={"if-match": '"0"'})
    assert (saved.status_code, saved.headers["etag"], saved.json()["fields"]) == (
        200,
        '"1"',
        {"text": "From a program."},
    )
    assert "From a program." in page.get(path).text
    typed = {"fields": {"field.text": "From the page.", "note": "better"}, "draft_seq": 1}
    kept = page.put(f"{path}/draft", json=typed, headers={**headers, "if-match": '"1"'})
    assert (kept.status_code, kept.headers["etag"]) == (200, '"2"')
    now = ann.get(f"{path}/draft").json()
    assert (now["version"], now["fields"], now["note"]) == (2, {"text": "From the page."}, "better")
    late = ann.put(f"{path}/draft", json={"fields": {"text": "x"}}, headers={"if-match": '"1"'})
    assert (late.status_code, late.json()["code"], late.headers["etag"]) == (412, "review.pen", '"2"')
    assert late.json()["draft"]["fields"] == {"text": "From the page."}
    assert ann.put(f"{path}/draft", json={"fields": {}}).json()["code"] == "api.no-version"
    wrong = ann.put(f"{path}/draft", json={"fields": {"price": 1}}, headers={"if-match": '"2"'})
    assert wrong.json()["code"] == "review.not-offered"
    assert ann.get(path).json()["draft"] == "Re Question 1?"
    assert ann.delete(f"{path}/draft").status_code == 204
    assert "From the page." not in page.get(path).text
    ann.put(f"{path}/draft", json={"fields": {"text": "Half"}}, headers={"if-match": '"0"'})
    settled(
        ann,
        ann.post(f"{path}/decisions", json={"action": "approve"}, headers={"if-match": ann.get(path).headers["etag"]}),
    )
    assert ann.get(f"{path}/draft").json()["version"] == 0


def test_a_form_that_is_sent_twice_is_done_once_and_another_tab_is_told(api: Api, ann: TestClient, item: Item) -> None:
    row = item("L1")
    path = f"/reviews/{row['review_id']}"
    page, headers = page_of(api, "ann")
    form = {"csrf": headers["x-csrf-token"], "action": "approve", "version": str(row["version"]), "once": "tab-one"}
    first = page.post(f"{path}/decide", data=form)
    again = page.post(f"{path}/decide", data=form)
    assert (first.status_code, again.status_code) == (303, 303)
    assert again.headers["location"] == first.headers["location"]
    other = page.post(f"{path}/decide", data={**form, "once": "tab-two"})
    assert other.status_code in (409, 412)
    assert "Decided by you" in other.text
    changed = page.post(f"{path}/decide", data={**form, "action": "reject", "field.reason": "no"})
    assert changed.status_code in (409, 412)
    events = [one["event"] for one in ann.get(f"{path}/audit").json()]
    assert events.count("review.decided") == 1


def test_a_program_asks_for_a_review(api: Api, ann: TestClient) -> None:
    robo, bo = api.caller("robo", "agent"), api.caller("bo", "reviewer")
    wanted = {"graph": "answer", "input": LETTER}
    asked = robo.post("/reviews", json=wanted, headers={"idempotency-key": "n1"})
    assert (asked.status_code, asked.json()["status"]) == (201, "waiting_review")
    (review_id,) = asked.json()["review_ids"]
    assert set(ann.get(f"/reviews/{review_id}").json()["offers"]) == {"approve", "edit", "reject"}
    assert robo.post("/reviews", json=wanted, headers={"idempotency-key": "n1"}).json() == asked.json()
    assert len(ann.get("/reviews", params={"item": "N1"}).json()["items"]) == 1
    none = ann.post("/reviews", json={"graph": "direct", "input": LETTER})
    assert (none.status_code, none.json()["code"]) == (422, "api.no-review")
    assert ann.post("/reviews", json={"graph": "nothing", "input": {}}).status_code == 404
    assert bo.post("/reviews", json=wanted).status_code == 403


def test_assign_preview_return_and_what_is_offered(api: Api, ann: TestClient, item: Item) -> None:
    row = item("L1")
    path = f"/reviews/{row['review_id']}"
    api.people.add("bo", roles=["reviewer"])
    assert ann.post(f"{path}/assign", json={"to": "bo"}).json()["assigned_to"] == "bo"
    assert ann.post(f"{path}/assign", json={"to": "nobody"}).json()["code"] == "review.assignee"
    seen = ann.post(f"{path}/preview", json={"action": "edit", "fields": {"text": "Dear Ann."}}).json()
    (effect,) = seen["effects"]
    assert (effect["name"], effect["arguments"]["text"], seen["problem"]) == ("send_answer", "Dear Ann.", "")
    assert api.place.replies() == []
    back = ann.post(
        f"{path}/decisions",
        json={"action": "return", "note": "shorter"},
        headers={"if-match": ann.get(path).headers["etag"]},
    )
    assert settled(ann, back)["ok"]
    assert ann.get("/reviews", params={"item": "L1"}).json()["items"][0]["status"] == "pending"
    assert [one["name"] for one in ann.get("/queues").json()] == ["default"]
    assert ann.get("/policies").json() == []
    assert ann.get("/reasons").json() == [
        {"graph": "answer", "node": "ok", "action": "reject", "field": "reason", "choices": []}
    ]
    hook = ann.post("/webhooks", json={"url": "https://x.example/hook", "events": ["run.ended"]}).json()
    assert hook["secret"].startswith("whsec_")
    assert [(one["webhook_id"], one["secret"]) for one in ann.get("/webhooks").json()] == [(hook["webhook_id"], None)]
    assert ann.delete(f"/webhooks/{hook['webhook_id']}").status_code == 204
    assert ann.post(f"/webhooks/{hook['webhook_id']}/retry").status_code == 404
    assert api.caller("cy", "reviewer").get("/webhooks").status_code == 403
