"""Fifty people at once: each lists, takes the next review, reads it, approves it, and looks what is new."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from tests.bench.serve.client import Answer, Client
from tests.bench.serve.served import Served

PASSWORD: Final = "four words nobody guesses"
_HIDDEN: Final = re.compile(r'name="(version|seen)" value="([^"]*)"')
_IDS: Final = re.compile(r'data-id="(\w{24})"')
LEASE_S: Final = 120


@dataclass
class Load:
    """What the people saw.

    Attributes:
        took_ms: Kind of request to milliseconds until the answer.
        wrong: What went wrong: kind and status, or the error.
        decided: Reviews that were approved.
        twice: Reviews that two people got at once.
    """

    took_ms: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    wrong: Counter[str] = field(default_factory=Counter[str])
    decided: list[str] = field(default_factory=list[str])
    twice: list[str] = field(default_factory=list[str])
    _held: dict[str, str] = field(default_factory=dict[str, str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def saw(self, kind: str, answer: Answer) -> Answer:
        """Note an answer."""
        with self._lock:
            self.took_ms.setdefault(kind, []).append(answer.took_s * 1e3)
            if answer.status >= 400:
                self.wrong[f"{kind}: {answer.status}"] += 1
        return answer

    def got(self, review_id: str, name: str) -> None:
        """Note who got a review."""
        with self._lock:
            if self._held.setdefault(review_id, name) != name:
                self.twice.append(review_id)

    def let_go(self, review_id: str) -> None:
        """Note that a review is decided; nobody may get it afterwards either."""
        with self._lock:
            self.decided.append(review_id)


def work(served: Served, names: list[str], *, seconds: float, pace_s: float) -> Load:
    """Let people work.

    Args:
        served: The server.
        names: Their accounts; each has its own browser.
        seconds: For how long.
        pace_s: Seconds from one review to the next of a person.
    """
    load, clients = Load(), {name: Client(served.address) for name in names}
    for name, client in clients.items():  # before the clock starts: checking a password is meant to take long
        load.saw("sign in", client.sign_in(name, PASSWORD))
    ends = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_person, args=(client, name, load, ends, pace_s, at), daemon=True)
        for at, (name, client) in enumerate(clients.items())
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 120)
    return load


def _person(client: Client, name: str, load: Load, ends: float, pace_s: float, seed: int) -> None:
    dice = random.Random(seed)
    stream: http.client.HTTPConnection | None = None
    try:
        stream = _stream(client)
        begins = time.monotonic() + dice.random() * pace_s
        while begins < ends:
            time.sleep(max(0.0, begins - time.monotonic()))
            begins += pace_s
            _one_review(client, name, load, dice)
    except Exception as error:  # noqa: BLE001 - counted as what went wrong
        load.wrong[f"{type(error).__name__}: {error}"] += 1
    finally:
        client.close()
        if stream is not None:
            stream.close()


def _stream(client: Client) -> http.client.HTTPConnection:
    """An open page: a stream of events that nobody reads is as much work for the server as one that is read."""
    parts = urlsplit(client.address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("GET", "/api/v1/events", headers=client.headers)
    connection.getresponse().read1(16)
    return connection


def _one_review(client: Client, name: str, load: Load, dice: random.Random) -> None:
    page = load.saw("list", client.get("/reviews"))
    ids = ",".join(_IDS.findall(page.text))
    if dice.random() < 0.2:
        load.saw("search", client.get(f"/reviews?q=70{dice.randrange(10**5):05d}"))
    if dice.random() < 0.2:
        load.saw("filter", client.get("/reviews?queue=billing&risk=some"))
    taken = load.saw("next", client.post("/api/v1/reviews/next", {"lease_s": LEASE_S}))
    if taken.status != 200:
        load.wrong[f"next: {taken.status} {taken.text[:80]}"] += 1
        return
    review_id = str(taken.document["review_id"])
    load.got(review_id, name)
    one = load.saw("one review", client.get(f"/reviews/{review_id}"))
    load.saw("news", client.get(f"/reviews/news?since={time.time()}&ids={ids}"))
    shown = dict(_HIDDEN.findall(one.text))
    load.saw("decide", client.send(f"/reviews/{review_id}/decide", action="approve", **shown))
    load.let_go(review_id)
    load.saw("news", client.get(f"/reviews/news?since={time.time()}&ids={ids}"))
