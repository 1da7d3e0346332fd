"""What happens to requests that are sent again, broken off, or race with others; and what other teams see: nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from compound.web.identity.people import People
from tests.project.conversations.helpline import answers, batch, helpline, letter
from tests.web.caller import Caller
from tests.web.conftest import Site, served
from tests.web.test_worker import wait_for

LETTERS = ("back", "drop", "race", "secret", "first", "second")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, dict[str, str]]]:
    """The helpline, served; a link for each account, and a token that reads."""
    place = helpline(tmp_path_factory.mktemp("resent"))
    batch(place, *[letter(name, f"About {name}.", subject=f"Letter {name}") for name in LETTERS])
    with place.open() as project:
        people = People(project.resources.state, project.resources.clock)
        people.add("ann", roles=["reviewer"])
        people.add("bo", roles=["reviewer"])
        people.add("cy", roles=["reviewer"], teams=["another-team"])
        known = {name: people.link(name) for name in ("ann", "bo", "cy")}
        known["token"] = people.token("ann", label="t", scopes=["read", "decide"])
        known["cys token"] = people.token("cy", label="t", scopes=["read", "decide"])
    with served(place) as site:
        yield site, known


@pytest.fixture(scope="module")
def callers(desk: tuple[Site, dict[str, str]]) -> Iterator[dict[str, Caller]]:
    """Each account in a browser of its own."""
    site, known = desk
    made = {name: Caller(f"{site.address}/login?link={known[name]}") for name in ("ann", "bo", "cy")}
    yield made
    for one in made.values():
        one.__exit__()


def sent(site: Site, name: str) -> list[str]:
    """What the customer of a letter got."""
    return [text for letter_id, text in answers(site.place) if letter_id == name]


def test_back_and_sent_again_is_the_same_result(desk: tuple[Site, dict[str, str]], callers: dict[str, Caller]) -> None:
    site, ann = desk[0], callers["ann"]
    path = ann.reviews()["Letter back"]
    form = {**ann.hidden(ann.get(path).text, "approve"), "action": "approve"}
    first, again = ann.send(f"{path}/decide", form), ann.send(f"{path}/decide", form)
    assert (first.status_code, again.status_code) == (303, 303)
    assert again.headers["location"] == first.headers["location"]
    wait_for(lambda: len(sent(site, "back")) == 1)
    assert "Decided by you" in ann.get(again.headers["location"]).text
    assert len(sent(site, "back")) == 1


def test_a_connection_that_breaks_behind_the_request_sends_once(
    desk: tuple[Site, dict[str, str]], callers: dict[str, Caller]
) -> None:
    site, ann = desk[0], callers["ann"]
    path = ann.reviews()["Letter drop"]
    form = {**ann.hidden(ann.get(path).text, "approve"), "action": "approve"}
    place, body = urlsplit(site.address), urlencode(form).encode()
    head = (
        f"POST {path}/decide HTTP/1.1\r\nhost: {place.netloc}\r\ncookie: {ann.cookie}\r\n"
        f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((str(place.hostname), place.port or 0)) as line:
        line.sendall(head.encode() + body)  # and nobody reads the answer
    wait_for(lambda: len(sent(site, "drop")) == 1)
    assert ann.send(f"{path}/decide", form).status_code == 303
    assert sent(site, "drop") == ["Re About drop."]


def test_of_an_approval_and_a_rejection_at_once_one_wins_and_the_other_sees_who(
    desk: tuple[Site, dict[str, str]], callers: dict[str, Caller]
) -> None:
    ann, bo = callers["ann"], callers["bo"]
    path = ann.reviews()["Letter race"]
    page, other = ann.get(path).text, bo.get(path).text
    wishes = (
        (ann, {**ann.hidden(page, "approve"), "action": "approve"}),
        (bo, {**bo.hidden(other, "approve"), "action": "reject", "field.reason": "no"}),
    )
    with ThreadPoolExecutor(2) as threads:
        posted = [threads.submit(caller.send, f"{path}/decide", form) for caller, form in wishes]
        done = [one.result() for one in posted]
    codes = sorted(one.status_code for one in done)
    assert codes[0] == 303
    assert codes[1] in (409, 412)
    winner, loser = ("ann", done[1]) if done[0].status_code == 303 else ("bo", done[0])
    assert f"Decided by {winner}" in loser.text
    site = desk[0]
    wait_for(lambda: len(sent(site, "race")) == (1 if winner == "ann" else 0))


def test_another_team_does_not_find_a_review_on_pages_calls_or_events(
    desk: tuple[Site, dict[str, str]], callers: dict[str, Caller]
) -> None:
    site, known = desk
    path = callers["ann"].reviews()["Letter secret"]
    cy = callers["cy"]
    assert "Letter secret" not in cy.page("view=open")
    form = {"csrf": cy.csrf(cy.get("/reviews").text), "version": "1", "action": "approve", "to": "cy", "text": "x"}
    parts = ("", "/original", "/queries/draft")
    assert {cy.get(f"{path}{part}").status_code for part in parts} == {404}
    moves = ("decide", "claim", "release", "hold", "undo", "redraft", "snooze", "wake", "comments", "assign", "draft")
    assert {name: cy.send(f"{path}/{name}", form).status_code for name in (*moves, "preview")} == dict.fromkeys(
        (*moves, "preview"), 404
    )
    with httpx.Client(base_url=f"{site.address}/api/v1", timeout=30) as calls:
        calls.headers["authorization"] = f"Bearer {known['cys token']}"
        reads = ("", "/evidence", "/comments", "/draft", "/decisions/x")
        assert {calls.get(f"{path}{part}").status_code for part in reads} == {404}
        assert calls.put(f"{path}/draft", json={"fields": {}}, headers={"if-match": '"0"'}).status_code == 404
        assert calls.post(f"{path}/preview", json={"action": "approve"}).status_code == 404
        told = calls.get("/events", params={"after": 0, "follow": "false"}).text
        assert "id:" not in told
        calls.headers["authorization"] = f"Bearer {known['token']}"
        assert path.rpartition("/")[2] in calls.get("/events", params={"after": 0, "follow": "false"}).text
    assert sent(site, "secret") == []


def test_a_stream_that_broke_goes_on_without_a_lost_or_doubled_event(
    desk: tuple[Site, dict[str, str]], callers: dict[str, Caller]
) -> None:
    site, known = desk
    ann = callers["ann"]
    listed = ann.reviews()
    headers = {"authorization": f"Bearer {known['token']}"}
    with httpx.Client(base_url=f"{site.address}/api/v1", headers=headers, timeout=30) as calls:
        start = ids(calls.get("/events", params={"after": 0, "follow": "false"}).text)[-1]
        with calls.stream("GET", "/events", params={"after": start}) as stream:
            ann.decide(listed["Letter first"], "approve")
            seen = list(until(stream, "review.decided"))
        ann.decide(listed["Letter second"], "approve")  # nobody follows
        with calls.stream("GET", "/events", headers={"last-event-id": seen[-1]}) as stream:
            seen += until(stream, "review.decided")
        polled = ids(calls.get("/events", params={"after": start, "follow": "false"}).text)
    assert seen == polled[: len(seen)]
    assert len(set(seen)) == len(seen)


def ids(text: str) -> list[str]:
    """The ids of the events of an answer."""
    return [line.removeprefix("id: ") for line in text.splitlines() if line.startswith("id: ")]


def until(stream: httpx.Response, event: str) -> Iterator[str]:
    """The ids of a stream up to the first event of this name."""
    last = ""
    for line in stream.iter_lines():
        if line.startswith("id: "):
            last = line.removeprefix("id: ")
            yield last
        if line == f"event: {event}":
            return
    raise AssertionError(f"the stream ended behind {last}")
