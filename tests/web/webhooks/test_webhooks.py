"""Webhooks against a real receiver: what it is told, how it can trust it, and what happens while it is down."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from compound.connector.state.serving.tables import webhook_delivery
from compound.review.queue.queue import ReviewQueue
from compound.web.webhooks.deliver import WAITS_S, Delivered, deliver_due
from tests.project.conversations.helpline import batch, helpline, letter
from tests.project.keys.table import Place


class Receiver:
    """A server that keeps what it is sent, and answers with `status`."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.status)
                if outer.status in (301, 307):
                    self.send_header("location", outer.url)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return helpline(tmp_path)


def add(place: Place, url: str, *events: str) -> tuple[str, str]:
    said = place.say("webhooks", "add", url, *[word for one in events for word in ("--event", one)])
    assert said.code == 0, said.err
    hook, secret = said.out.split()
    return hook, secret


def deliver(place: Place, later: float = 0.0) -> Delivered:
    with place.open() as project:
        return deliver_due(project, project.resources.clock() + later)


def test_a_receiver_is_told_of_a_review_its_decision_its_effect_and_the_end_of_its_run(
    place: Place, receiver: Receiver
) -> None:
    add(place, receiver.url)
    batch(place, letter("L1", "My IBAN is DE00."))
    place.say("review", "approve", "L1", "--user", "ann")
    said = place.say("webhooks", "deliver").out
    assert said == "4 delivered, 0 failed and tried again later, 0 given up\n"
    told = sorted(receiver.told, key=lambda one: one["timestamp"])
    assert {one["type"] for one in told} == {"review.opened", "review.decided", "effect.done", "run.ended"}
    by_type = {one["type"]: one["data"] for one in told}
    assert by_type["review.decided"]["action"] == "approve"
    assert by_type["review.decided"]["actor"] == "ann"
    assert by_type["review.opened"]["review_id"] == by_type["review.decided"]["review_id"]
    assert (by_type["effect.done"]["status"], by_type["effect.done"]["effects"]) == ("sent", ["send_answer"])
    assert (by_type["run.ended"]["status"], by_type["run.ended"]["item_id"]) == ("done", "L1")
    assert "IBAN" not in str(told)
    assert deliver(place) == Delivered()


def test_the_signature_is_that_of_the_secret(place: Place, receiver: Receiver) -> None:
    _, secret = add(place, receiver.url, "review.opened")
    batch(place, letter("L1"))
    deliver(place)
    ((headers, body),) = receiver.got
    signed = b"%s.%s.%s" % (headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()}"
    assert headers["content-type"] == "application/json"


def test_only_the_wanted_events_are_sent_and_a_removed_webhook_gets_none(place: Place, receiver: Receiver) -> None:
    hook, _ = add(place, receiver.url, "run.ended")
    batch(place, letter("L1"), letter("L2"))
    place.say("review", "reject", "L1", "--reason", "no")
    assert (deliver(place).delivered, [one["type"] for one in receiver.told]) == (1, ["run.ended"])
    place.say("review", "reject", "L2", "--reason", "no")
    assert place.say("webhooks", "remove", hook).code == 0
    assert deliver(place) == Delivered()
    assert "webhook.unknown-webhook" in place.say("webhooks", "remove", hook).err


def test_a_receiver_that_is_down_is_tried_later_and_given_up_after_some(place: Place, receiver: Receiver) -> None:
    hook, _ = add(place, receiver.url, "review.opened")
    receiver.status = 500
    batch(place, letter("L1"))
    later = 0.0
    assert deliver(place) == Delivered(failed=1)
    assert deliver(place, 1) == Delivered()
    for wait in WAITS_S[:-1]:
        later += wait + 1
        assert deliver(place, later) == Delivered(failed=1)
    later += WAITS_S[-1] + 1
    assert deliver(place, later) == Delivered(dead=1)
    assert deliver(place, later * 3) == Delivered()
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    (row,) = place.say("webhooks", "list", "--json").json
    assert (row["dead"], row["pending"], row["last_error"]) == (1, 0, "status 500")
    receiver.status = 200
    assert place.say("webhooks", "retry", hook).out == "1 deliveries are due again\n"
    assert deliver(place) == Delivered(delivered=1)


def test_a_receiver_that_cannot_be_reached_or_redirects_has_not_got_it(place: Place, receiver: Receiver) -> None:
    add(place, "http://127.0.0.1:9/none", "review.opened")
    add(place, receiver.url, "review.opened")
    receiver.status = 307
    batch(place, letter("L1"))
    assert deliver(place) == Delivered(failed=2)
    assert len(receiver.got) == 1
    errors = {one["last_error"] for one in place.say("webhooks", "list", "--json").json}
    assert errors == {"ConnectError", "status 307"}


def test_what_is_rolled_back_is_told_to_nobody(
    place: Place, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(place, receiver.url, "review.decided")
    batch(place, letter("L1"))
    with place.open() as project:
        queue: ReviewQueue = project.services.queue
        (row,) = queue.list()

        def fails(*_: Any, **__: Any) -> None:
            raise RuntimeError("the process ends here")

        monkeypatch.setattr("compound.connector.state.serving.webhooks.tell", fails)
        with pytest.raises(RuntimeError):
            queue.decide(row.review_id, "reject", user="ann", version=row.version, reason="no")
        assert (queue.decisions(row.review_id), deliver_due(project)) == ([], Delivered())


def test_two_processes_send_a_delivery_once(place: Place, receiver: Receiver) -> None:
    add(place, receiver.url, "review.opened")
    batch(place, *[letter(f"L{n}") for n in range(5)])
    threads = [threading.Thread(target=deliver, args=(place,)) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(receiver.got) == 5
    with place.open() as project, project.resources.state.read() as db:
        assert set(db.execute(sa.select(webhook_delivery.c.status)).scalars()) == {"delivered"}


@pytest.mark.parametrize(
    "url", ["ftp://x.example", "example.com/hook", "https://user:pw@x.example", "https://", "file:///x"]
)
def test_an_address_that_cannot_be_called_is_refused(place: Place, url: str) -> None:
    assert "[webhook.url]" in place.say("webhooks", "add", url).err


def test_an_event_that_does_not_exist_names_the_choices(place: Place) -> None:
    assert (
        "did you mean 'review.decided'"
        in place.say("webhooks", "add", "https://x.example", "--event", "review.decide").err
    )
