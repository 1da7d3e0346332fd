"""`ReviewClient` and `AsyncReviewClient` against the application in memory: no server process, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import anyio
import httpx
import pytest
from httpx import ASGITransport
from starlette.testclient import TestClient

from compound.client import AsyncReviewClient, CallError, ReviewClient
from tests.web.api.conftest import HOST, Api


def _fine(_: int) -> str:
    return ""


class InMemory(httpx.BaseTransport):
    """The application as a transport of httpx; `before` may break a call, before or after it was done."""

    def __init__(self, api: Api, before: Callable[[int], str] = _fine) -> None:
        self._inner = TestClient(api.app, base_url=f"https://{HOST}", raise_server_exceptions=False)
        self._before = before
        self.calls = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        fate = self._before(self.calls)
        if fate == "lost on the way":
            raise httpx.ConnectError("no")
        if fate == "busy":
            return httpx.Response(503, headers={"retry-after": "0"})
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        path = request.url.raw_path.decode()
        answer = self._inner.request(request.method, path, content=request.read(), headers=headers)
        if fate == "answer lost":
            raise httpx.ReadError("no")
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)


class Always(httpx.BaseTransport):
    """Answers every call in the same way."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._answer


def _at_once(*_: object) -> float:
    return 0.0


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setattr("compound.client.calls.wait_s", _at_once)


def client(api: Api, transport: httpx.BaseTransport | None = None, name: str = "ann") -> ReviewClient:
    return ReviewClient(f"https://{HOST}", api.token(name), transport=transport or InMemory(api))


@pytest.fixture
def ann(api: Api) -> Iterator[ReviewClient]:
    with client(api) as made:
        yield made


def test_a_reviewer_works_through_the_queue(api: Api, ann: ReviewClient) -> None:
    done: list[str] = []
    while (review := ann.next()) is not None:
        assert review.held_by == "ann"
        outcome = ann.decide(review, "approve")
        assert not outcome.settled
        outcome = ann.wait(outcome)
        assert (outcome.ok, outcome.run_status, outcome.effects[0]["status"]) == (True, "done", "sent")
        done.append(review.name)
    assert sorted(done) == ["L1", "L2", "L3"]
    assert len(api.place.replies()) == 3


def test_every_part_of_a_list(ann: ReviewClient) -> None:
    first = ann.list(limit=2)
    rest = ann.list(limit=2, cursor=first.next)
    assert sorted(row.item_id for row in (*first.items, *rest.items)) == ["L1", "L2", "L3"]
    assert rest.next is None
    assert [row.item_id for row in ann.list(words="Water 2", sort="newest").items] == ["L2"]
    assert ann.list(status=["decided", "stale"]).items == ()


def test_what_changed_is_in_the_error(api: Api, ann: ReviewClient) -> None:
    review = ann.show(ann.list(item="L1").items[0])
    with client(api, name="bo") as bo:
        bo.decide(review, "reject", fields={"reason": "no"})
    with pytest.raises(CallError) as caught:
        ann.decide(review, "approve")
    error = caught.value
    assert (error.status, error.code) == (412, "review.decided")
    assert error.current is not None
    assert error.current.decisions[0]["actor"] == "bo"
    assert error.request_id


def test_the_other_calls(ann: ReviewClient) -> None:
    row = ann.list(item="L1").items[0]
    held = ann.claim(row)
    assert ann.heartbeat(held).version == held.version
    assert ann.comment(row, "Hm?").text == "Hm?"
    assert [one.author for one in ann.comments(row)] == ["ann"]
    assert ann.release(held).held_by == ""
    assert set(ann.evidence(row).evidence)
    snoozed = ann.snooze(ann.show(row), datetime.now(UTC) + timedelta(hours=2))
    assert (snoozed.status, ann.wake(row).status) == ("snoozed", "pending")
    assert [one.event for one in ann.audit(row)][:2] == ["review.opened", "review.claimed"]
    several = ann.decide_many(ann.list().items, "approve")
    assert [one.status for one in several] == [202, 202, 202]


def test_a_program_runs_a_graph_and_reads_its_run(ann: ReviewClient) -> None:
    assert {one.name for one in ann.graphs()} == {"answer", "direct"}
    assert ann.graph("direct").input_schema is not None
    given = {"letter": {"id": "L1", "subject": "Water", "body": "Hm?"}}
    run = ann.run("direct", given, key="my-run")
    assert (run.status, run.output and run.output["text"]) == ("done", "Re Hm?")
    assert ann.run("direct", given, key="my-run") == run
    assert ann.show_run(run.run_id).status == "done"
    with pytest.raises(CallError, match="does not exist"):
        ann.run("nothing", {})


@pytest.mark.parametrize("fate", ["lost on the way", "busy", "answer lost"])
def test_a_call_that_broke_is_sent_again_and_done_once(api: Api, fate: str) -> None:
    transport = InMemory(api, lambda number: fate if number == 2 else "")
    with client(api, transport) as ann:
        row = ann.list(item="L1").items[0]
        outcome = ann.decide(row, "approve")
        assert transport.calls == 3
        assert ann.wait(outcome).ok
    assert api.place.replies() == ["Re Question 1?"]


def test_a_server_that_is_not_there_is_said(api: Api) -> None:
    with client(api, InMemory(api, lambda _: "lost on the way")) as ann, pytest.raises(CallError) as caught:
        ann.list()
    assert (caught.value.status, caught.value.code) == (0, "client.unreachable")


def test_an_answer_of_another_program_is_said(api: Api) -> None:
    for answer, code in (
        (httpx.Response(200, text="<html>"), "client.bad-answer"),
        (httpx.Response(418), "client.refused"),
    ):
        transport = Always(answer)
        with client(api, transport) as ann, pytest.raises(CallError) as caught:
            ann.list()
        assert caught.value.code == code


def test_without_blocking(api: Api) -> None:
    async def work() -> list[str]:
        token = api.token("ann")
        async with AsyncReviewClient(f"https://{HOST}", token, transport=ASGITransport(api.app)) as ann:
            review = await ann.next()
            assert review is not None
            outcome = await ann.wait(await ann.decide(review, "edit", fields={"text": "Dear Ann."}))
            page = await ann.list()
            return [outcome.action, *[row.item_id for row in page.items], review.name]

    done = anyio.run(work)
    assert (done[0], sorted(done[1:])) == ("edit", ["L1", "L2", "L3"])
    assert api.place.replies() == ["Dear Ann."]
