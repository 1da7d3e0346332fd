"""Zendesk Support: tickets that wait for an answer, public comments under a condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Self, cast

from pydantic import Field, model_validator

from compound.connector.mailbox.options import options_of
from compound.connector.mailbox.rest.client import Answer, DeskClient, DeskOptions, is_missing
from compound.connector.mailbox.service import Attachment, MailMessage, MailThread, ThreadChanged
from compound.connector.mailbox.words import words_of
from compound.errors import ConnectorError, EffectRefused

if TYPE_CHECKING:
    from compound.connector.target import DeliveryClass
    from compound.plugins import Setup

_KEY: Final = "compound_effect"
"""The custom metadata of an audit that names the effect."""
_PAGE: Final = 100
_TEAM: Final = frozenset({"agent", "admin"})
_SAME_SECOND_S: Final = 2.0
_CONFLICT: Final = 409


class ZendeskOptions(DeskOptions):
    """A Zendesk account.

    Attributes:
        email: Address of the agent whose API token is used.
        token: API token of that agent. Write `${env:NAME}`.
        oauth_token: An OAuth access token, in place of `email` and `token`.
        query: What to read, in Zendesk's search language.
        status: Status of a Zendesk ticket after an answer; empty: unchanged.
    """

    email: str = ""
    token: str = Field(default="", repr=False)
    oauth_token: str = Field(default="", repr=False)
    query: str = "status<pending"
    status: Literal["", "open", "pending", "hold", "solved"] = ""

    @model_validator(mode="after")
    def _has_credentials(self) -> Self:
        if not self.oauth_token and not (self.email and self.token):
            raise ValueError("it has no credentials; write email and token, or oauth_token")
        return self


class Zendesk:
    """Tickets of a Zendesk account. See `MailService`.

    An answer is written under the condition that nothing has changed since the thread was read (`safe_update`), and its
    audit names the effect. So a second attempt either sees the first one or is refused by Zendesk.

    Args:
        options: The account.
    """

    settle_s = 0.0
    delivery_class: DeliveryClass = "B"

    def __init__(self, options: ZendeskOptions) -> None:
        self._options = options
        headers = {"Authorization": f"Bearer {options.oauth_token}"} if options.oauth_token else {}
        auth = None if options.oauth_token else (f"{options.email}/token", options.token)
        self.client = DeskClient(f"Zendesk ({options.url.split('//')[1]})", options, headers, auth)

    def close(self) -> None:
        """Close connections."""
        self.client.close()

    def waiting(self) -> Iterator[MailThread]:
        """Tickets of the query whose last public comment is the customer's."""
        query = {"query": self._options.query, "filter[type]": "ticket", "page[size]": _PAGE}
        for ticket in self._pages("/api/v2/search/export", "results", query):
            thread = self._thread(int(ticket["id"]))
            if thread is not None and thread.is_open and thread.newest is not None:
                yield thread

    def thread(self, message_id: str) -> MailThread | None:
        """The thread of a comment."""
        ticket, _, comment = message_id.partition("-")
        if not (ticket.isdigit() and comment.isdigit()):
            return None
        thread = self._thread(int(ticket))
        return thread if thread is not None and any(one.id == message_id for one in thread.messages) else None

    def find(self, message_id: str, key: str) -> bool | None:
        """Whether an audit of the thread names the effect, also one of an internal note."""
        thread = self.thread(message_id)
        return None if thread is None else key in thread.effects

    def send(
        self, thread: MailThread, message_id: str, key: str, text: str, *, kind: Literal["reply", "transfer"]
    ) -> None:
        """Add a public comment (`reply`) or an internal one (`transfer`), if the thread is as it was read."""
        del message_id
        ticket: dict[str, object] = {
            "comment": {"body": text, "public": kind == "reply"},
            "safe_update": True,
            "updated_stamp": thread.version,
            "metadata": {"custom": {_KEY: key}},
        }
        if self._options.status and kind == "reply":
            ticket["status"] = self._options.status
        answer = self.client.call("PUT", f"/api/v2/tickets/{thread.id}", body={"ticket": ticket})
        if answer.status == _CONFLICT:
            raise ThreadChanged(thread.id)
        if answer.status >= 300:
            what = f"Zendesk refuses the comment on ticket {thread.id}: {answer.status} {_description(answer)}"
            raise EffectRefused("effect.undeliverable", what, fix=f"look at {thread.id} in Zendesk")

    def _thread(self, ticket: int) -> MailThread | None:
        shown = self.client.get(f"/api/v2/tickets/{ticket}")
        if is_missing(shown):
            return None
        found = cast("dict[str, Any]", shown["ticket"])
        self._let_pass(found, shown.at)
        people: dict[int, dict[str, Any]] = {}
        path = f"/api/v2/tickets/{ticket}"
        with_users: dict[str, str | int] = {"include": "users", "page[size]": _PAGE}
        comments = list(self._pages(f"{path}/comments", "comments", with_users, people))
        audits = self._pages(f"{path}/audits", "audits", {"page[size]": _PAGE})
        keys = {int(one["id"]): str(key) for one in audits if (key := _custom(one).get(_KEY))}
        customer = int(found.get("requester_id") or 0)
        messages = tuple(_message(found, one, people, keys, customer) for one in comments if one.get("public"))
        return MailThread(
            id=str(ticket),
            messages=messages,
            version=str(found["updated_at"]),
            effects=frozenset(keys.values()),
            is_open=found.get("status") != "closed",
        )

    def _let_pass(self, ticket: Mapping[str, Any], now: float | None) -> None:
        """Stamps have whole seconds: a change in the second of the last one could not be told from it."""
        if now is None:
            return
        age = now - datetime.fromisoformat(str(ticket["updated_at"])).timestamp()
        if 0 <= age < _SAME_SECOND_S:
            self.client.sleep(_SAME_SECOND_S - age)

    def _pages(
        self,
        path: str,
        name: str,
        query: Mapping[str, str | int],
        people: dict[int, dict[str, Any]] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """The entries of every page; users that come with them are put into `people`."""
        page = self.client.call("GET", path, query=query)
        while True:
            if is_missing(page):
                return
            if people is not None:
                people |= {int(one["id"]): one for one in cast("list[dict[str, Any]]", page.get("users") or [])}
            yield from cast("list[dict[str, Any]]", page.get(name) or [])
            after = cast("dict[str, Any]", page.get("links") or {}).get("next")
            if not cast("dict[str, Any]", page.get("meta") or {}).get("has_more") or not after:
                return
            if not str(after).startswith(f"{self._options.url}/"):
                what = f"{self.client.place} continues its list at another address"
                raise ConnectorError("mailbox.refused", what, fix="write the address that Zendesk itself uses as url")
            page = self.client.get(str(after))


def _custom(audit: Mapping[str, Any]) -> Mapping[str, Any]:
    custom = cast("dict[str, Any]", audit.get("metadata") or {}).get("custom")
    return cast("dict[str, Any]", custom) if isinstance(custom, dict) else {}


def _message(
    ticket: Mapping[str, Any],
    comment: Mapping[str, Any],
    people: Mapping[int, Mapping[str, Any]],
    keys: Mapping[int, str],
    customer: int,
) -> MailMessage:
    author_id = int(comment.get("author_id") or 0)
    author = people.get(author_id, {})
    role = str(author.get("role") or ("end-user" if author_id == customer else "agent"))
    html = str(comment.get("html_body") or "")
    is_ours = role in _TEAM
    return MailMessage(
        id=f"{ticket['id']}-{comment['id']}",
        by="us" if is_ours else "customer",
        author=str(author.get("name") or author_id),
        at=str(comment.get("created_at") or ""),
        subject=str(ticket.get("subject") or ""),
        body=str(comment.get("plain_body") or comment.get("body") or "").strip() or words_of(html),
        html=html,
        email="" if is_ours else str(author.get("email") or ""),
        customer_id="" if is_ours else str(author_id),
        channel=str(cast("dict[str, Any]", comment.get("via") or {}).get("channel") or ""),
        attachments=tuple(_attachment(one) for one in cast("list[dict[str, Any]]", comment.get("attachments") or [])),
        effect_key=keys.get(int(comment.get("audit_id") or 0), ""),
    )


def _attachment(found: Mapping[str, Any]) -> Attachment:
    return Attachment(
        name=str(found.get("file_name") or "unnamed"),
        type=str(found.get("content_type") or ""),
        bytes=int(found.get("size") or 0),
    )


def _description(answer: Answer) -> str:
    return " ".join(str(answer.get("description") or answer.get("error") or "").split())[:200]


def open_zendesk(setup: Setup) -> Zendesk:
    """A Zendesk account from the options of a profile."""
    return Zendesk(options_of(ZendeskOptions, setup.name, setup.options))
