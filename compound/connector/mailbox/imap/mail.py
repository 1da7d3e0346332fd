"""A mail account as a mailbox: conversations of the inbox, answers with one id for every attempt."""

from __future__ import annotations

import contextlib
import imaplib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

from compound.connector.mailbox.imap.account import MailAccount
from compound.connector.mailbox.imap.answers import OURS, answer_to, handed, id_of, note_to_team, recipient_of
from compound.connector.mailbox.imap.box import Box, opened
from compound.connector.mailbox.imap.letters import Content, Head, content_of
from compound.connector.mailbox.imap.threads import Group, groups_of
from compound.connector.mailbox.options import options_of
from compound.connector.mailbox.service import MailMessage, MailThread
from compound.errors import CompoundError, ConnectorError, EffectInDoubt

if TYPE_CHECKING:
    from compound.connector.target import DeliveryClass
    from compound.plugins import Setup

_ROUNDS: Final = 8
"""How far a conversation is followed: searches for the letters that its letters name."""


class MailBoxService:
    r"""A mail account. See `MailService`.

    An answer is put into the folder of sent letters, marked as a draft, before the SMTP server gets it; when the
    server has taken it the mark goes. So a look-up by Message-ID says: not there, never handed over; there, sent; there
    with the mark, nobody knows.
    """

    settle_s = 0.0
    delivery_class: DeliveryClass = "C"

    def __init__(self, account: MailAccount) -> None:
        self._account = account

    def close(self) -> None:
        """Nothing is open between calls."""

    def waiting(self) -> Iterator[MailThread]:
        """Conversations of the inbox whose last letter is the customer's and not marked as answered."""
        account = self._account
        with opened(account) as box:
            heads = [
                head
                for folder in (box.sent, account.inbox)
                for head in box.heads(folder, box.since(folder, account.days))
            ]
            for group in groups_of(_letters(heads)):
                if not _waits(group):
                    continue
                whole = group if group.is_whole else self._group(box, group.heads[-1])
                if whole is not None and _waits(whole):
                    yield self._thread(box, whole)

    def thread(self, message_id: str) -> MailThread | None:
        """The conversation of a letter of the inbox."""
        with opened(self._account) as box:
            head = _found(box, self._account.inbox, message_id)
            group = None if head is None else self._group(box, head)
            return None if group is None else self._thread(box, group)

    def find(self, message_id: str, key: str) -> bool | None:
        """Look the answer's Message-ID up among the sent letters."""
        del message_id
        with opened(self._account) as box:
            copies = _copies(box, id_of(self._account, key))
        if not copies:
            return False
        return True if any(not one.is_begun for one in copies) else None

    def send(
        self, thread: MailThread, message_id: str, key: str, text: str, *, kind: Literal["reply", "transfer"]
    ) -> None:
        """Send an answer; see `MailService.send`."""
        del thread
        with opened(self._account) as box:
            head = _found(box, self._account.inbox, message_id)
            if head is None:
                raise ConnectorError("mailbox.busy", f"letter {message_id} left the inbox while it was answered")
            letter = (answer_to if kind == "reply" else note_to_team)(self._account, head, key, text)
            with handed(self._account, recipient_of(letter)) as server:
                mark = self._begin(box, key, letter.as_bytes())
                try:
                    server.give(letter.as_bytes())
                except EffectInDoubt:
                    raise
                except CompoundError:  # it was refused: nothing was sent
                    box.remove(box.sent, mark.uid)
                    raise
            # The server has it: what goes wrong from here on does not change that.
            with contextlib.suppress(OSError, imaplib.IMAP4.error, ConnectorError):
                box.mark(box.sent, mark.uid, r"-FLAGS (\Draft)")
                if kind == "reply":
                    box.mark(head.folder, head.uid, r"+FLAGS (\Answered)")

    def _begin(self, box: Box, key: str, letter: bytes) -> Head:
        """Put the answer among the sent letters, marked as a draft; one that an earlier attempt left there is used."""
        found = _copies(box, id_of(self._account, key))
        if not found:
            box.append(box.sent, letter)
            found = _copies(box, id_of(self._account, key))
        if not found or not found[0].is_begun:
            what = rf"the folder {box.sent!r} does not keep the mark \Draft: a crash would look like a sent answer"
            raise ConnectorError("mailbox.refused", what, fix='name a folder that keeps marks: sent = "NAME"')
        return found[0]

    def _group(self, box: Box, head: Head) -> Group | None:
        """The conversation of a letter, with every letter that its letters name."""
        known: dict[tuple[str, int], Head] = {(head.folder, head.uid): head}
        asked: set[str] = set()
        for _ in range(_ROUNDS):
            names = {name for one in known.values() for name in (one.id, *one.parents[:3], *one.parents[-1:])} - asked
            if not names:
                break
            asked |= names
            for folder in (box.sent, self._account.inbox):
                uids = {uid for name in names for uid in _naming(box, folder, name)}
                new = sorted(uid for uid in uids if (folder, uid) not in known)
                known |= {(folder, one.uid): one for one in box.heads(folder, new)}
        groups = groups_of(_letters(known.values()))
        return next((one for one in groups if any(other.id == head.id for other in one.heads)), None)

    def _thread(self, box: Box, group: Group) -> MailThread:
        return MailThread(id=group.id, messages=tuple(self._message(box, head) for head in group.heads))

    def _message(self, box: Box, head: Head) -> MailMessage:
        problem: tuple[str, str] | None = None
        content = Content(body="", html="", attachments=())
        if head.size > self._account.max_letter_bytes:
            problem = (
                "item.too-large",
                f"its letter has {head.size:,} bytes, more than {self._account.max_letter_bytes:,}",
            )
        else:
            content = content_of(box.letter(head))
        return MailMessage(
            id=head.id,
            by="us" if head.is_ours else "customer",
            author=head.author,
            at=datetime.fromtimestamp(head.at, UTC).isoformat(timespec="seconds"),
            subject=head.subject,
            body=content.body,
            html=content.html,
            email="" if head.is_ours else head.sender,
            channel="email",
            attachments=content.attachments,
            effect_key=head.id if head.is_ours and head.id.startswith(OURS) else "",
            problem=problem,
        )


def _letters(heads: Iterable[Head]) -> Iterator[Head]:
    """The letters of people: what programs sent is nobody's question, and a draft was not sent."""
    there = (one for one in heads if not one.is_begun and not one.is_deleted)
    return (one for one in there if one.is_ours or not one.is_automatic)


def _waits(group: Group) -> bool:
    last = group.heads[-1]
    return not last.is_ours and not last.is_answered and "@" in last.sender


def _found(box: Box, folder: str, message_id: str) -> Head | None:
    """The letter with an id; one without a Message-ID has its folder and number as its id."""
    uids = box.having(folder, "Message-ID", f"<{message_id}>")
    place, _, uid = message_id.rpartition("-")
    if not uids and place == folder and uid.isdigit():
        uids = [int(uid)]
    return next((one for one in box.heads(folder, uids) if one.id == message_id and not one.is_deleted), None)


def _copies(box: Box, message_id: str) -> list[Head]:
    """The sent letters with an id; those with the mark of a draft first."""
    found = box.heads(box.sent, box.having(box.sent, "Message-ID", f"<{message_id}>"))
    return sorted(
        (one for one in found if one.id == message_id and not one.is_deleted), key=lambda one: not one.is_begun
    )


def _naming(box: Box, folder: str, name: str) -> list[int]:
    found = [box.having(folder, field, f"<{name}>") for field in ("Message-ID", "In-Reply-To", "References")]
    return [uid for uids in found for uid in uids]


def open_mail(setup: Setup) -> MailBoxService:
    """A mail account from the options of a profile."""
    return MailBoxService(options_of(MailAccount, setup.name, setup.options))
