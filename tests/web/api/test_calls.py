"""What every call has: who calls, keys of retries, problems, limits, request ids; and runs of graphs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from compound.connector.state.serving.tables import api_request
from compound.errors import ConnectorError
from compound.project.review.reviews import ReviewService as Moves
from compound.web.api import once
from compound.web.door.access import COOKIE
from tests.web.api.conftest import Api, settled

Item = Callable[[str], dict[str, Any]]
LETTER = {"letter": {"id": "N1", "subject": "New", "body": "Is it on?"}}


def test_nobody_and_a_wrong_token_are_refused_with_a_problem(api: Api) -> None:
    for headers, code in (({}, "web.sign-in"), ({"authorization": "Bearer nonsense"}, "web.token")):
        answer = api.plain(headers).get("/reviews")
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (401, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"
        assert problem["request_id"] == answer.headers["x-request-id"]


def test_a_request_keeps_its_id(ann: TestClient) -> None:
    assert ann.get("/graphs", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert ann.get("/graphs", headers={"x-request-id": "a b;"}).headers["x-request-id"] != "a b;"


def test_every_error_is_a_problem(ann: TestClient) -> None:
    cases = [
        (ann.get("/nothing"), 404, "api.unknown-path"),
        (ann.get("/reviews/nothing"), 404, "review.unknown"),
        (ann.delete("/reviews"), 405, "api.wrong-method"),
        (ann.post("/reviews/next", content=b"{", headers={"content-type": "application/json"}), 422, "api.bad-request"),
        (ann.post("/reviews/next", json={"lease_s": -1}), 422, "api.bad-request"),
        (ann.get("/graphs/nothing"), 404, "project.unknown-graph"),
        (ann.get("/graphs/..%2F..%2Fetc"), 404, "api.unknown-path"),
        (ann.get("/runs/nothing"), 404, "graph.unknown-run"),
    ]
    for answer, status, code in cases:
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["fix"]


def test_a_large_request_is_refused_with_and_without_a_length(ann: TestClient) -> None:
    large = b'{"input": "' + b"x" * (300 * 1024) + b'"}'
    whole = ann.post("/graphs/answer/runs", content=large)
    parts = ann.post("/graphs/answer/runs", content=(large[at : at + 9999] for at in range(0, len(large), 9999)))
    for answer in (whole, parts):
        assert (answer.status_code, answer.json()["code"]) == (413, "web.too-large")
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_same_request_with_the_same_key_is_answered_again(api: Api, ann: TestClient, item: Item) -> None:
    row = item("L1")
    path = f"/reviews/{row['review_id']}/decisions"
    headers = {"if-match": f'"{row["version"]}"', "idempotency-key": "k1"}
    first = ann.post(path, json={"action": "approve"}, headers=headers)
    second = ann.post(path, json={"action": "approve"}, headers=headers)
    assert (first.status_code, second.status_code, second.json()) == (202, 202, first.json())
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["etag"] == first.headers["etag"]
    assert (second.headers["idempotent-replayed"], "idempotent-replayed" in first.headers) == ("true", False)
    other = ann.post(path, json={"action": "reject"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "api.key-reused")
    settled(ann, first)
    assert api.place.replies() == ["Re Question 1?"]
    bo = api.caller("bo", "reviewer")
    assert bo.post(path, json={"action": "approve"}, headers=headers).status_code == 412
    assert ann.post(path, json={}, headers={"idempotency-key": "x" * 300}).json()["code"] == "api.bad-key"


def test_a_refusal_is_answered_again_and_a_server_that_is_busy_is_asked_again(
    api: Api, ann: TestClient, item: Item, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/reviews/{item('L1')['review_id']}"
    refused = ann.post(f"{path}/heartbeat", json={}, headers={"idempotency-key": "k2"})
    wrong = ann.post(f"{path}/claim", json={"lease_s": -1}, headers={"idempotency-key": "k3"})
    claimed = ann.post(f"{path}/claim", json={})
    assert (refused.status_code, wrong.status_code, claimed.status_code) == (409, 422, 200)
    again = ann.post(f"{path}/heartbeat", json={}, headers={"idempotency-key": "k2"})
    assert (again.status_code, again.json()) == (409, refused.json())
    assert (again.headers["content-type"], again.headers["idempotent-replayed"]) == ("application/problem+json", "true")
    assert ann.post(f"{path}/claim", json={"lease_s": -1}, headers={"idempotency-key": "k3"}).json() == wrong.json()
    assert ann.post(f"{path}/claim", json={}, headers={"idempotency-key": "k3"}).json()["code"] == "api.key-reused"

    def busy(*_: Any, **__: Any) -> None:
        raise ConnectorError("state.locked", "the state store is locked")

    with monkeypatch.context() as broken:
        broken.setattr(Moves, "claim", busy)
        assert ann.post(f"{path}/claim", json={}, headers={"idempotency-key": "k4"}).status_code == 503
    assert ann.post(f"{path}/claim", json={}, headers={"idempotency-key": "k4"}).status_code == 200


def test_a_key_is_forgotten_after_a_day(api: Api, ann: TestClient, item: Item, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/reviews/{item('L1')['review_id']}/claim"
    assert ann.post(path, json={}, headers={"idempotency-key": "k5"}).status_code == 200
    store, now = api.project.resources.state, api.project.resources.clock()
    for hours, left in ((23, 1), (25, 0)):
        once.forget_old(store, now + hours * 3600)
        with store.read() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(api_request)).scalar_one() == left
    assert "idempotent-replayed" not in ann.post(path, json={}, headers={"idempotency-key": "k5"}).headers


def test_a_key_is_busy_while_its_request_is_answered_and_free_when_its_process_died(
    api: Api, ann: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go = threading.Event(), threading.Event()
    real = api.project.run

    def slow(*args: Any, **kwargs: Any) -> Any:
        began.set()
        assert go.wait(20)
        return real(*args, **kwargs)

    monkeypatch.setattr(api.project, "run", slow)
    answers: list[Any] = []
    headers = {"idempotency-key": "run-1"}
    body = {"input": LETTER}
    thread = threading.Thread(
        target=lambda: answers.append(ann.post("/graphs/answer/runs", json=body, headers=headers))
    )
    thread.start()
    assert began.wait(20)
    busy = api.plain(dict(ann.headers)).post("/graphs/answer/runs", json=body, headers=headers)
    assert (busy.status_code, busy.json()["code"]) == (409, "api.key-busy")
    later = api.project.resources.clock() + once.LEASE_S + 1
    monkeypatch.setattr(api.project.resources, "clock", lambda: later)
    monkeypatch.setattr(api.project, "run", real)
    taken = api.plain(dict(ann.headers)).post("/graphs/answer/runs", json=body, headers=headers)
    go.set()
    thread.join(20)
    assert taken.status_code == 201
    assert answers[0].json()["run_id"] == taken.json()["run_id"]
    assert len(ann.get("/reviews", params={"item": "N1"}).json()["items"]) == 1


def test_a_graph_is_described_and_run(api: Api, ann: TestClient) -> None:
    graphs = {one["name"]: one for one in ann.get("/graphs").json()}
    assert set(graphs) == {"answer", "direct"}
    assert (graphs["answer"]["has_reviews"], graphs["direct"]["has_reviews"]) == (True, False)
    schema = ann.get("/graphs/direct").json()["input_schema"]
    assert schema["properties"]["letter"]["properties"]["id"] == {"type": "string"}
    run = ann.post("/graphs/direct/runs", json={"input": {"letter": {"id": "L1", "subject": "Water 1", "body": "Hm?"}}})
    assert (run.status_code, run.json()["status"], run.json()["output"]["text"]) == (201, "done", "Re Hm?")
    assert ann.get(run.headers["location"].removeprefix("/api/v1")).json()["output"] == run.json()["output"]
    bad = ann.post("/graphs/direct/runs", json={"input": {"letter": {"id": 7}}})
    assert (bad.status_code, bad.json()["code"]) == (422, "graph.bad-input")


def test_a_run_waits_for_a_person_and_ends_after_the_decision(ann: TestClient, api: Api) -> None:
    api.place.write({"letters.jsonl": '{"id": "N1", "subject": "New", "body": "Is it on?", "email": "a@x.example"}\n'})
    run = ann.post("/graphs/answer/runs", json={"input": LETTER}).json()
    assert (run["status"], run["output"], len(run["review_ids"])) == ("waiting_review", None, 1)
    review = ann.get(f"/reviews/{run['review_ids'][0]}")
    path = f"/reviews/{run['review_ids'][0]}/decisions"
    settled(ann, ann.post(path, json={"action": "approve"}, headers={"if-match": review.headers["etag"]}))
    done = ann.get(f"/runs/{run['run_id']}").json()
    assert (done["status"], done["output"]["action"], done["review_ids"]) == ("done", "approve", [])


def test_a_run_as_events(ann: TestClient) -> None:
    body = {"input": {"letter": {"id": "L1", "subject": "Water", "body": "Hm?"}}}
    stream = ann.post("/graphs/direct/runs", json=body, headers={"accept": "text/event-stream"})
    names = [line.partition(": ")[2] for line in stream.text.splitlines() if line.startswith("event:")]
    assert (names[0], names[-1]) == ("run_started", "run_finished")
    assert '"status":"done"' in stream.text


def test_an_agent_sees_only_the_runs_that_it_started(api: Api) -> None:
    one, two = api.caller("robo", "agent"), api.caller("robi", "agent")
    run = one.post("/graphs/answer/runs", json={"input": LETTER}).json()
    assert one.get(f"/runs/{run['run_id']}").json()["status"] == "waiting_review"
    assert two.get(f"/runs/{run['run_id']}").status_code == 404
    assert api.caller("dev", "developer").get(f"/runs/{run['run_id']}").status_code == 200
    assert api.caller("bo", "reviewer").get(f"/runs/{run['run_id']}").status_code == 403


def test_a_page_calls_with_its_session_and_its_token_against_forgery(api: Api, item: Item) -> None:
    row = item("L1")
    api.people.add("bo", roles=["reviewer"])
    session = api.people.open("bo")
    person = api.people.session(session)
    assert person is not None
    page = api.plain()
    page.cookies.set(COOKIE, session)
    assert page.get("/reviews").status_code == 200
    path = f"/reviews/{row['review_id']}/claim"
    assert page.post(path, json={}).json()["code"] == "web.foreign-form"
    forged = page.post(path, json={}, headers={"x-csrf-token": person.csrf, "origin": "https://evil.example"})
    assert forged.json()["code"] == "web.foreign-form"
    assert page.post(path, json={}, headers={"x-csrf-token": person.csrf}).json()["held_by"] == "bo"


def test_a_revoked_token_and_a_closed_account_are_refused_at_once(api: Api) -> None:
    secret = api.token("bo", "viewer")
    caller = api.plain({"authorization": f"Bearer {secret}"})
    assert caller.get("/reviews").status_code == 200
    api.people.revoke(api.people.tokens("bo")[0].token_id, by="ann")
    assert caller.get("/reviews").status_code == 401


def test_the_document_names_every_call_with_its_problems(ann: TestClient, api: Api) -> None:
    document = api.plain().get("/openapi.json").json()
    assert (document["openapi"], document["servers"]) == ("3.1.0", [{"url": "/api/v1"}])
    calls = {f"{method.upper()} {path}" for path, found in document["paths"].items() for method in found}
    assert {
        "GET /reviews", "POST /reviews/next", "GET /reviews/{review_id}", "POST /reviews/{review_id}/decisions",
        "POST /reviews/bulk-decisions", "PUT /reviews/{review_id}/draft", "POST /reviews/{review_id}/undo",
        "GET /audit/verify", "GET /events", "POST /graphs/{name}/runs", "GET /runs/{run_id}", "GET /graphs/{name}",
    } <= calls  # fmt: skip
    for found in document["paths"].values():
        for method, call in found.items():
            assert call["summary"]
            assert call["responses"]["401"]["content"].keys() == {"application/problem+json"}
            keys = [one for one in call.get("parameters", ()) if one["name"] == "Idempotency-Key"]
            assert bool(keys) == (method != "get")
