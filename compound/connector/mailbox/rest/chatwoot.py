"""Chatwoot: conversations that wait for an answer, messages that can be looked up by their effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from pydantic import Field

from compound.connector.mailbox.options import options_of
from compound.connector.mailbox.rest.client import DeskClient, DeskOptions, is_missing
from compound.connector.mailbox.service import Attachment, MailMessage, MailThread
from compound.connector.mailbox.words import words_of
from compound.errors import EffectRefused

if TYPE_CHECKING:
    from compound.connector.target import DeliveryClass
    from compound.plugins import Setup

_KEY: Final = "compound_effect"
"""The attribute of a message that names the effect.

Not `source_id`: Chatwoot takes a message that has one for a message that came from the channel, and does not send it.
Not `echo_id`: it is not stored.
"""
_INCOMING, _OUTGOING = 0, 1
_MOST_PAGES: Final = 10_000


class ChatwootOptions(DeskOptions):
    """An account of a Chatwoot server.

    Attributes:
        account: Number of the account.
        token: Access token of an agent or a bot. Write `${env:NAME}`.
        inbox: Number of an inbox; 0: all of them.
        status: Which conversations are read.
        settle_s: How long the server may still work on a request that was cut off, in seconds: after a crash, a look-up
            that finds nothing is repeated after this time.
    """

    account: int = Field(ge=1)
    token: str = Field(repr=False)
    inbox: int = Field(default=0, ge=0)
    status: Literal["open", "pending", "all"] = "open"
    settle_s: float = Field(default=20.0, ge=0)


class Chatwoot:
    """Conversations of a Chatwoot account. See `MailService`.

    Args:
        options: The account.
    """

    delivery_class: DeliveryClass = "C"

    def __init__(self, options: ChatwootOptions) -> None:
        self._options = options
        self.settle_s = options.settle_s
        self._at = f"/api/v1/accounts/{options.account}/conversations"
        place = f"Chatwoot ({options.url.split('//')[1]})"
        self.client = DeskClient(place, options, {"api_access_token": options.token})

    def close(self) -> None:
        """Close connections."""
        self.client.close()

    def waiting(self) -> Iterator[MailThread]:
        """Conversations whose last public message is the customer's."""
        query: dict[str, str | int] = {
            "status": self._options.status,
            "assignee_type": "all",
            "sort_by": "created_at_asc",
        }
        if self._options.inbox:
            query["inbox_id"] = self._options.inbox
        seen: set[int] = set()
        for number in range(1, _MOST_PAGES):
            page = cast("dict[str, Any]", self.client.get(self._at, page=number, **query).get("data") or {})
            new = [one for one in cast("list[dict[str, Any]]", page.get("payload") or []) if int(one["id"]) not in seen]
            if not new:
                return
            for one in new:
                seen.add(int(one["id"]))
                thread = self._thread(int(one["id"]))
                if thread is not None and thread.newest is not None:
                    yield thread

    def thread(self, message_id: str) -> MailThread | None:
        """The conversation of a message."""
        conversation, _, message = message_id.partition("-")
        if not (conversation.isdigit() and message.isdigit()):
            return None
        thread = self._thread(int(conversation))
        return thread if thread is not None and any(one.id == message_id for one in thread.messages) else None

    def find(self, message_id: str, key: str) -> bool | None:
        """Whether a message of the conversation names the effect, also an internal one."""
        thread = self.thread(message_id)
        return None if thread is None else key in thread.effects

    def send(
        self, thread: MailThread, message_id: str, key: str, text: str, *, kind: Literal["reply", "transfer"]
    ) -> None:
        """Add a public message (`reply`) or a private note (`transfer`)."""
        del message_id
        body = {
            "content": text,
            "message_type": "outgoing",
            "private": kind == "transfer",
            "content_type": "text",
            "content_attributes": {_KEY: key},
        }
        answer = self.client.call("POST", f"{self._at}/{thread.id}/messages", body=body)
        if answer.status >= 300:
            said = " ".join(str(answer.get("error") or answer.get("message") or "").split())[:200]
            what = f"Chatwoot refuses the message in conversation {thread.id}: {answer.status} {said}"
            raise EffectRefused("effect.undeliverable", what, fix="look at the conversation in Chatwoot")

    def _thread(self, conversation: int) -> MailThread | None:
        shown = self.client.get(f"{self._at}/{conversation}")
        found = None if is_missing(shown) else self._messages(conversation)
        if found is None:
            return None
        attributes = cast("dict[str, Any]", shown.get("additional_attributes") or {})
        subject = str(attributes.get("mail_subject") or "")
        keys = frozenset(str(key) for one in found if (key := _attributes(one).get(_KEY)))
        public = [one for one in found if not one.get("private") and one.get("message_type") in {_INCOMING, _OUTGOING}]
        return MailThread(
            id=str(conversation),
            messages=tuple(_message(conversation, subject, shown.body, one) for one in public),
            effects=keys,
            is_open=shown.get("can_reply", True) is not False,
        )

    def _messages(self, conversation: int) -> list[dict[str, Any]] | None:
        """Every message, oldest first; the server returns the newest ones, or those before an id."""
        found: dict[int, dict[str, Any]] = {}
        before: dict[str, str | int] = {}
        for _ in range(_MOST_PAGES):
            page = self.client.get(f"{self._at}/{conversation}/messages", **before)
            if is_missing(page):
                return None
            new = [
                one for one in cast("list[dict[str, Any]]", page.get("payload") or []) if int(one["id"]) not in found
            ]
            if not new:
                break
            found |= {int(one["id"]): one for one in new}
            before = {"before": min(found)}
        return [found[number] for number in sorted(found)]


def _attributes(message: Mapping[str, Any]) -> Mapping[str, Any]:
    given = message.get("content_attributes")
    return cast("dict[str, Any]", given) if isinstance(given, dict) else {}


def _message(conversation: int, subject: str, shown: Any, message: Mapping[str, Any]) -> MailMessage:  # noqa: ANN401
    is_ours = message.get("message_type") == _OUTGOING
    meta = cast("dict[str, Any]", cast("dict[str, Any]", shown).get("meta") or {})
    sender = cast("dict[str, Any]", message.get("sender") or ({} if is_ours else meta.get("sender") or {}))
    email = cast("dict[str, Any]", _attributes(message).get("email") or {})
    html = str(cast("dict[str, Any]", email.get("html_content") or {}).get("full") or "")
    return MailMessage(
        id=f"{conversation}-{message['id']}",
        by="us" if is_ours else "customer",
        author=str(sender.get("name") or ("a bot" if is_ours else "")),
        at=_moment(message.get("created_at")),
        subject=subject or str(email.get("subject") or ""),
        body=str(message.get("content") or "").strip() or words_of(html),
        html=html,
        email="" if is_ours else str(sender.get("email") or ""),
        customer_id="" if is_ours else str(sender.get("identifier") or sender.get("id") or ""),
        channel=str(meta.get("channel") or "").removeprefix("Channel::").lower(),
        attachments=tuple(_attachment(one) for one in cast("list[dict[str, Any]]", message.get("attachments") or [])),
        effect_key=str(_attributes(message).get(_KEY) or ""),
    )


def _attachment(found: Mapping[str, Any]) -> Attachment:
    name = str(found.get("data_url") or "").rpartition("/")[2].partition("?")[0]
    return Attachment(
        name=str(found.get("file_name") or name or "unnamed"),
        type=str(found.get("content_type") or found.get("file_type") or ""),
        bytes=int(found.get("file_size") or 0),
    )


def _moment(at: object) -> str:
    return (
        datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") if isinstance(at, int | float) else str(at or "")
    )


def open_chatwoot(setup: Setup) -> Chatwoot:
    """A Chatwoot account from the options of a profile."""
    return Chatwoot(options_of(ChatwootOptions, setup.name, setup.options))
