"""Reviewers at a server that is killed again and again: they do what a browser or a client does, and try again."""

from __future__ import annotations

import random
import re
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.web.caller import Caller
from tests.web.histories.post_office import PASSWORD

UNDO = re.compile(r'action="(/reviews/\w+/undo)"')


@dataclass(slots=True)
class Answered:
    """A decision that the server has confirmed to a person.

    Attributes:
        text: What the person wrote; None where the draft was approved as it is.
        undone: Whether it was taken back; None where the server died before it said so.
    """

    review_id: str
    decision_id: str
    user: str
    action: str
    text: str | None
    undone: bool | None = False


@dataclass(slots=True)
class Records:
    """What all people together were told.

    Attributes:
        answers: Confirmed decisions.
        broken: Requests that a death cut off or that found no server.
        wrong: Answers that no request may get: errors of the server.
    """

    answers: list[Answered] = field(default_factory=list[Answered])
    broken: int = 0
    wrong: list[str] = field(default_factory=list[str])


class Over(Exception):
    """The day is over."""


class Reviewer(threading.Thread):
    """A person, by forms as a browser sends them, or by the API with `Idempotency-Key`.

    Args:
        address: The server, which comes back at the same address after each death.
        name: An account.
        token: A token for the API; empty: by forms.
    """

    def __init__(self, address: str, name: str, records: Records, over: threading.Event, *, token: str = "") -> None:
        super().__init__(name=name, daemon=True)
        self._address, self._token, self._records, self._over = address, token, records, over
        self._random = random.Random(name)
        self.error: BaseException | None = None

    def run(self) -> None:
        """Decide until the day is over."""
        try:
            if self._token:
                headers = {"authorization": f"Bearer {self._token}"}
                with httpx.Client(base_url=f"{self._address}/api/v1", headers=headers, timeout=30) as http:
                    while not self._over.is_set():
                        self._by_api(http)
            else:
                with self._again(lambda: Caller(self._address, name=self.name, password=PASSWORD)) as caller:
                    while not self._over.is_set():
                        self._by_forms(caller)
        except Over:
            return
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.error = error

    def _again(self, do: Callable[[], Any]) -> Any:
        """Send a request until it is answered."""
        while True:
            try:
                answer = do()
            except httpx.TransportError:
                self._records.broken += 1
                if self._over.is_set():
                    raise Over from None
                time.sleep(0.05)
                continue
            if isinstance(answer, httpx.Response) and answer.status_code >= 500:
                self._records.wrong.append(f"{answer.status_code} {answer.request.url}: {answer.text[:500]}")
            return answer

    def _rest(self) -> None:
        self._over.wait(self._random.uniform(0.0, 0.6))

    def _choice(self) -> tuple[str, dict[str, str]]:
        action = self._random.choice(["approve", "approve", "edit", "reject"])
        given = {"edit": {"text": f"By {self.name}, {uuid.uuid4().hex}"}, "reject": {"reason": "tone"}}
        return action, given.get(action, {})

    def _by_forms(self, caller: Caller) -> None:
        mine = list(self._again(lambda: caller.reviews("mine")).values())
        listed = mine or list(self._again(caller.reviews).values())
        self._rest()
        if not listed:
            return
        path = self._random.choice(listed)
        if self._random.random() < 0.5:
            csrf = caller.csrf(self._again(lambda: caller.get(path)).text)
            self._again(lambda: caller.send(f"{path}/claim", {"csrf": csrf}))
        for _ in range(3):  # what is taken back is decided again
            page = self._again(lambda: caller.get(path)).text
            action, given = self._choice()
            try:
                form = caller.hidden(page, action)
            except AssertionError:
                return  # somebody else holds it, or has decided it
            data = {**form, **{f"field.{name}": text for name, text in given.items()}}
            self._rest()
            answer = self._again(lambda data=data: caller.send(f"{path}/decide", data))
            if answer.status_code != 303:
                return
            said = parse_qs(urlsplit(answer.headers["location"]).query)["decided"][0]
            if not self._takes_back(caller, path, self._noted(path.rpartition("/")[2], said, action, given)):
                return

    def _takes_back(self, caller: Caller, path: str, mine: Answered) -> bool:
        """Sometimes undo it; whether the review is open again."""
        page = self._again(lambda: caller.get(f"{path}?decided={mine.decision_id}")).text
        if self._random.random() > 0.4 or UNDO.search(page) is None:
            return False
        broken = self._records.broken
        mine.undone = None
        answer = self._again(lambda: caller.send(f"{path}/undo", {"csrf": caller.csrf(page)}))
        if answer.status_code == 303:
            mine.undone = True
        elif self._records.broken == broken:  # the first answer was a refusal
            mine.undone = False
        return answer.status_code == 303

    def _by_api(self, http: httpx.Client) -> None:
        held = self._again(lambda: http.get("/reviews", params={"view": "mine"})).json()["items"]
        if held:  # claimed, and the answer was lost
            review = self._again(lambda: http.get(f"/reviews/{held[0]['review_id']}"))
        else:
            review = self._again(lambda: http.post("/reviews/next", json={}))
        self._rest()
        if review.status_code != 200:
            return
        name, version = review.json()["review_id"], review.json()["version"]
        action, given = self._choice()
        headers = {"if-match": f'"{version}"', "idempotency-key": uuid.uuid4().hex}
        wish = {"action": action, "fields": given}
        answer = self._again(lambda: http.post(f"/reviews/{name}/decisions", json=wish, headers=headers))
        while answer.status_code == 409 and answer.json().get("code") == "api.key-busy" and not self._over.is_set():
            time.sleep(0.5)
            answer = self._again(lambda: http.post(f"/reviews/{name}/decisions", json=wish, headers=headers))
        if answer.status_code != 200:
            return
        mine = self._noted(name, answer.json()["decision_id"], action, given)
        if self._random.random() < 0.3:
            broken, mine.undone = self._records.broken, None
            back = self._again(lambda: http.post(f"/reviews/{name}/undo"))
            mine.undone = True if back.status_code == 200 else False if self._records.broken == broken else None

    def _noted(self, review_id: str, decision_id: str, action: str, given: dict[str, str]) -> Answered:
        mine = Answered(review_id, decision_id, self.name, action, given.get("text"))
        self._records.answers.append(mine)
        return mine
