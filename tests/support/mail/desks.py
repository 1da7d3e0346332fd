"""Help desks on this machine that speak the public shapes of Zendesk's and Chatwoot's REST APIs."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

TOKEN = "t0ken-of-the-desk"
Reply = tuple[int, Any]


@dataclass
class HelpDesk:
    """A help desk: a store behind an HTTP server.

    Attributes:
        requests: Method and path of each request.
        arrived: Set when a write has arrived.
        go: A write waits for this before it is stored (`holds="before"`) or answered (`holds="after"`).
        busy: How many of the next requests are answered with 429.
        now: Its clock; each write is a minute later.
    """

    requests: list[str] = field(default_factory=list[str])
    arrived: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    holds: str = ""
    on_read: Callable[[], object] = lambda: None
    busy: int = 0
    now: float = 1_800_000_000.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    done: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"desk": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stamp(self) -> str:
        return datetime.fromtimestamp(self.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def later(self) -> str:
        """The time of the next change."""
        self.now += 60
        return self.stamp()

    def is_allowed(self, headers: Any) -> bool:
        raise NotImplementedError

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        raise NotImplementedError


class _Handler(BaseHTTPRequestHandler):
    """One request; `desk` is the help desk that answers it."""

    desk: HelpDesk
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # the name of the base class
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(timestamp or self.desk.now + 30, usegmt=True)

    def _do(self) -> None:
        at = urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.desk.requests.append(f"{self.command} {at.path}")
        is_write = self.command in {"POST", "PUT"}
        if is_write:
            self.desk.arrived.set()
            if self.desk.holds == "before":
                self.desk.go.wait(60)
            elif self.desk.holds == "lost":
                self.desk.done.wait(60)  # never carried out
                return
        else:
            self.desk.on_read()
        with self.desk.lock:
            status, said = self._answered(at.path, {k: v[0] for k, v in parse_qs(at.query).items()}, body)
        if is_write:
            self.desk.done.set()
            if self.desk.holds == "after":
                self.desk.go.wait(60)
        self._say(status, said)

    def _answered(self, path: str, query: dict[str, str], body: Any) -> Reply:
        if not self.desk.is_allowed(self.headers):
            return 401, {"error": "Couldn't authenticate you"}
        if self.desk.busy:
            self.desk.busy -= 1
            return 429, {"error": "too many"}
        return self.desk.answer(self.command, path, query, body)

    def _say(self, status: int, said: Any) -> None:
        text = json.dumps(said).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            if status == 429:
                self.send_header("Retry-After", "0.05")
            self.end_headers()
            self.wfile.write(text)
        except OSError:  # the client is gone
            self.close_connection = True

    do_GET = do_PUT = do_POST = _do


@dataclass
class ZendeskServer(HelpDesk):
    """Tickets, comments, audits, users; cursor pages of two; `safe_update` with `updated_stamp`."""

    page: int = 2
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict[int, "dict[str, Any]"])
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict[int, "list[dict[str, Any]]"])
    audits: dict[int, list[dict[str, Any]]] = field(default_factory=dict[int, "list[dict[str, Any]]"])
    users: dict[int, dict[str, Any]] = field(default_factory=dict[int, "dict[str, Any]"])
    queries: list[str] = field(default_factory=list[str])
    before_write: Callable[[], None] = lambda: None

    def is_allowed(self, headers: Any) -> bool:
        pair = base64.b64encode(f"agent@garden.example/token:{TOKEN}".encode()).decode()
        return headers.get("authorization") in {f"Basic {pair}", f"Bearer {TOKEN}"}

    def user(self, number: int, name: str, role: str = "end-user") -> int:
        self.users[number] = {"id": number, "name": name, "role": role, "email": f"{name.lower()}@x.example"}
        return number

    def ticket(self, number: int, requester: int, text: str, subject: str = "Water") -> None:
        """A new ticket."""
        self.tickets[number] = {
            "id": number,
            "subject": subject,
            "status": "open",
            "requester_id": requester,
            "updated_at": self.later(),
            "url": f"{self.url}/api/v2/tickets/{number}.json",
        }
        self.comments[number], self.audits[number] = [], []
        self.comment(number, requester, text)

    def comment(
        self, number: int, author: int, text: str, *, public: bool = True, custom: dict[str, Any] | None = None
    ) -> None:
        """A comment, as somebody writes it in the help desk."""
        place = 1000 * number + len(self.audits[number])
        at = self.later()
        self.audits[number].append(
            {
                "id": place + 500,
                "ticket_id": number,
                "author_id": author,
                "metadata": {"system": {}, "custom": custom or {}},
            }
        )
        self.comments[number].append(
            {
                "id": place,
                "audit_id": place + 500,
                "type": "Comment",
                "author_id": author,
                "body": text,
                "html_body": f"<div><p>{text}</p></div>",
                "plain_body": text,
                "public": public,
                "created_at": at,
                "attachments": [],
                "via": {"channel": "web"},
            }
        )
        self.tickets[number]["updated_at"] = at

    def answers(self, number: int) -> list[str]:
        """What the customer was told."""
        return [one["body"] for one in self.comments[number] if one["public"] and one["author_id"] == 9]

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        if path == "/api/v2/search/export":
            assert query["filter[type]"] == "ticket"
            if "page[after]" not in query:
                self.queries.append(query["query"])
            waiting = [one for one in self.tickets.values() if one["status"] in {"new", "open"}]
            waiting = waiting if query["query"] == "status<pending" else []
            return 200, self._paged(path, "results", waiting, query)
        _, _, _, _, number, *rest = path.split("/")
        if int(number) not in self.tickets:
            return 404, {"error": "RecordNotFound", "description": "Not found"}
        if method == "PUT":
            return self._updated(int(number), body["ticket"])
        if rest == ["comments"]:
            assert query.get("include") == "users"
            page = self._paged(path, "comments", self.comments[int(number)], query)
            return 200, page | {"users": [self.users[one["author_id"]] for one in page["comments"]]}
        if rest == ["audits"]:
            return 200, self._paged(path, "audits", self.audits[int(number)], query)
        return 200, {"ticket": self.tickets[int(number)]}

    def _paged(self, path: str, name: str, entries: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        begin = int(query.get("page[after]", 0))
        kept = {key: one for key, one in query.items() if key != "page[after]"}
        words = "&".join(f"{key}={one}" for key, one in {**kept, "page[after]": str(begin + self.page)}.items())
        more = begin + self.page < len(entries)
        links = {"next": f"{self.url}{path}?{words}" if more else None, "prev": None}
        return {name: entries[begin : begin + self.page], "meta": {"has_more": more}, "links": links}

    def _updated(self, number: int, given: dict[str, Any]) -> Reply:
        self.before_write()
        ticket = self.tickets[number]
        if given.get("safe_update") and given["updated_stamp"] != ticket["updated_at"]:
            return 409, {"error": "UpdateConflict", "description": "the ticket was updated since"}
        if ticket["status"] == "closed":
            return 422, {"error": "RecordInvalid", "description": "Status: closed prevents ticket update"}
        self.comment(
            number,
            9,
            given["comment"]["body"],
            public=given["comment"].get("public", True),
            custom=given.get("metadata", {}).get("custom"),
        )
        ticket["status"] = given.get("status", ticket["status"])
        return 200, {"ticket": ticket}


@dataclass
class ChatwootServer(HelpDesk):
    """Conversations and messages; pages of two conversations and of twenty messages before an id."""

    page: int = 2
    conversations: dict[int, dict[str, Any]] = field(default_factory=dict[int, "dict[str, Any]"])
    messages: dict[int, list[dict[str, Any]]] = field(default_factory=dict[int, "list[dict[str, Any]]"])
    last: int = 100

    def is_allowed(self, headers: Any) -> bool:
        return headers.get("api_access_token") == TOKEN

    def conversation(self, number: int, name: str, text: str, *, inbox: int = 1) -> None:
        """A new conversation."""
        sender = {"id": number + 40, "name": name, "email": f"{name.lower()}@x.example", "type": "contact"}
        self.conversations[number] = {
            "id": number,
            "inbox_id": inbox,
            "status": "open",
            "can_reply": True,
            "additional_attributes": {"mail_subject": "Water"},
            "meta": {"sender": sender, "channel": "Channel::Email"},
        }
        self.messages[number] = []
        self.message(number, text, 0, sender=sender)

    def message(
        self, number: int, text: str, kind: int, *, private: bool = False, sender: Any = None, attributes: Any = None
    ) -> dict[str, Any]:
        """A message: of kind 0 it came in, 1 goes out, 2 is an activity."""
        self.last += 1
        self.later()
        contact = self.conversations[number]["meta"]["sender"]
        made = {
            "id": self.last,
            "content": text,
            "conversation_id": number,
            "message_type": kind,
            "private": private,
            "content_type": "text",
            "content_attributes": attributes or {},
            "created_at": int(self.now),
            "source_id": None,
            "sender": sender or (contact if kind == 0 else {"id": 9, "name": "Ben", "type": "user"}),
        }
        self.messages[number].append(made)
        return made

    def answers(self, number: int) -> list[str]:
        """What the customer was told."""
        return [one["content"] for one in self.messages[number] if one["message_type"] == 1 and not one["private"]]

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        base = "/api/v1/accounts/3/conversations"
        if not path.startswith(base):
            return 404, {"error": "Resource could not be found"}
        parts = [one for one in path.removeprefix(base).split("/") if one]
        if not parts:
            begin = (int(query["page"]) - 1) * self.page
            open_ones = [one for one in self.conversations.values() if query["status"] in {one["status"], "all"}]
            found = [
                one
                for one in open_ones
                if query.get("inbox_id", one["inbox_id"]) in {one["inbox_id"], str(one["inbox_id"])}
            ]
            return 200, {"data": {"meta": {}, "payload": found[begin : begin + self.page]}}
        number = int(parts[0])
        if number not in self.conversations:
            return 404, {"error": "Resource could not be found"}
        if method == "POST":
            made = self.message(
                number, body["content"], 1, private=body["private"], attributes=body.get("content_attributes")
            )
            return 200, made
        if len(parts) == 1:
            return 200, self.conversations[number]
        before = int(query.get("before", 10**9))
        found = [one for one in self.messages[number] if one["id"] < before]
        return 200, {"meta": {}, "payload": found[-20:]}


def wait_until(is_so: Callable[[], bool], *, within_s: float = 30) -> None:
    """Wait for what a test looks at."""
    end = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)
