"""The port of mailboxes that are not files: a mail account, a help desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from compound.connector.target import DeliveryClass


class Attachment(TypedDict):
    """A file of a message, by name. It stays in the mailbox: nothing downloads or opens it.

    Attributes:
        name: Its name, without folders.
        type: Its media type, as the sender says: `application/pdf`.
        bytes: Its size.
    """

    name: str
    type: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailMessage:
    """A message that the customer can read.

    Attributes:
        id: Unique in the mailbox; the id of its item.
        by: The customer, or somebody of the support team.
        author: Name or address of who wrote it.
        at: ISO 8601.
        body: Its text; of HTML mail its words.
        html: The HTML as it came; empty for a plain text.
        email: Address of a customer.
        customer_id: The help desk's id of a customer.
        effect_key: The effect that sent it; empty if a person did.
        problem: Why it cannot be an item, with the code of the error: `("item.bad-field", "...")`.
    """

    id: str
    by: Literal["customer", "us"]
    author: str = ""
    at: str = ""
    subject: str = ""
    body: str = ""
    html: str = ""
    email: str = ""
    customer_id: str = ""
    channel: str = ""
    attachments: tuple[Attachment, ...] = ()
    effect_key: str = ""
    problem: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailThread:
    """A conversation.

    Attributes:
        id: Unique in the mailbox.
        messages: Its public messages, oldest first; internal notes are left out.
        version: What a conditional write compares; empty if the service has none.
        effects: Keys of the effects that the service has carried out in it, also internal notes.
        is_open: Whether it can be answered.
    """

    id: str
    messages: tuple[MailMessage, ...]
    version: str = ""
    effects: frozenset[str] = frozenset()
    is_open: bool = True

    @property
    def newest(self) -> MailMessage | None:
        """The customer's message that waits for an answer; None if the last message is ours."""
        last = self.messages[-1] if self.messages else None
        return last if last is not None and last.by == "customer" else None


class ThreadChanged(Exception):
    """A conditional write was refused: the conversation changed after it was read. Nothing was sent."""


class MailService(Protocol):
    """A mail account or a help desk. All calls block; any number of threads may call.

    Attributes:
        settle_s: How long a request that was cut off may still take effect, in seconds. A look-up that finds nothing is
            repeated after this time.
    """

    settle_s: float

    @property
    def delivery_class(self) -> DeliveryClass:
        """The guarantee of `send`."""
        ...

    def waiting(self) -> Iterator[MailThread]:
        """Conversations whose last public message is the customer's.

        Raises:
            ConnectorError: `mailbox.*`.
        """
        ...

    def thread(self, message_id: str) -> MailThread | None:
        """The conversation of a message, as it is now; None if the mailbox does not have the message.

        Raises:
            ConnectorError: `mailbox.*`.
        """
        ...

    def find(self, message_id: str, key: str) -> bool | None:
        """Whether an effect sent its message; None if that cannot be determined.

        Args:
            message_id: The message that it answers.
            key: Key of the effect.

        Raises:
            ConnectorError: `mailbox.*`.
        """
        ...

    def send(
        self, thread: MailThread, message_id: str, key: str, text: str, *, kind: Literal["reply", "transfer"]
    ) -> None:
        """Send a public answer to a message, or tell the team (`transfer`).

        Args:
            thread: The conversation, just read.
            message_id: The message that is answered.
            key: Key of the effect; the service stores it with the message.
            text: Plain text.
            kind: `reply` or `transfer`.

        Raises:
            ThreadChanged: A conditional write was refused.
            EffectRefused: The service refused it; nothing was sent.
            EffectInDoubt: It may have been sent, and that cannot be found out.
            ConnectorError: `mailbox.*`; a look-up tells whether it was sent.
        """
        ...

    def close(self) -> None:
        """Close connections."""
        ...
