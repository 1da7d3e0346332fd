"""Letters (RFC 5322) as messages: text, HTML, and the names of what is attached. Nothing in them is run or loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from email.utils import getaddresses, parseaddr
from typing import Final, cast

from compound.connector.mailbox.service import Attachment
from compound.connector.mailbox.words import words_of

FIELDS: Final = (
    "MESSAGE-ID IN-REPLY-TO REFERENCES FROM TO CC REPLY-TO SUBJECT DATE AUTO-SUBMITTED PRECEDENCE LIST-ID CONTENT-TYPE"
)
"""The fields that put a letter into a conversation."""
_ID: Final = re.compile(r"<([^<>\s]+)>")
_UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_MOST_PARTS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a letter.

    Attributes:
        folder: The folder that it lies in.
        uid: Its number there.
        at: When the server received it, UTC seconds.
        id: Its Message-ID without brackets; one made of its place if it has none.
        parents: The letters that it answers, the nearest first.
        sender: The address that an answer goes to, in lower case.
        people: Addresses of From, To and Cc, in lower case.
        is_ours: Whether somebody of the team wrote it.
        is_automatic: Whether a program wrote it: a bounce, an absence note, a mailing list.
        is_answered: Whether a mail program marked it as answered.
        is_begun: Whether it is an answer that may not have been handed over.
        is_deleted: Whether it is marked as deleted.
    """

    folder: str
    uid: int
    at: float
    id: str
    parents: tuple[str, ...]
    sender: str
    author: str
    people: frozenset[str]
    subject: str
    size: int
    is_ours: bool
    is_automatic: bool
    is_answered: bool
    is_begun: bool
    is_deleted: bool


def head_of(  # noqa: PLR0913
    raw: bytes,
    *,
    folder: str,
    uid: int,
    at: float,
    size: int,
    flags: frozenset[str],
    own: frozenset[str],
    is_sent: bool,
) -> Head:
    """The head of a letter, from its fields."""
    fields = BytesHeaderParser(policy=compat32).parsebytes(raw)
    author, sender = parseaddr(_text(fields, "From"))
    answer_to = [address for _, address in getaddresses([_text(fields, "Reply-To")]) if address]
    to = answer_to[0] if len(answer_to) == 1 else sender
    ids = _ID.findall(_raw(fields, "Message-ID"))
    parents = [*_ID.findall(_raw(fields, "In-Reply-To")), *reversed(_ID.findall(_raw(fields, "References")))]
    people = getaddresses([_text(fields, name) for name in ("From", "To", "Cc", "Reply-To")])
    return Head(
        folder=folder,
        uid=uid,
        at=at,
        id=clean(ids[0]) if ids else f"{folder}-{uid}",
        parents=tuple(dict.fromkeys(clean(one) for one in parents)),
        sender=to.lower(),
        author=clean(author) or sender,
        people=frozenset(address.lower() for _, address in people if address),
        subject=_text(fields, "Subject"),
        size=size,
        is_ours=is_sent or sender.lower() in own,
        is_automatic=_is_automatic(fields),
        is_answered="\\answered" in flags,
        is_begun=is_sent and "\\draft" in flags,
        is_deleted="\\deleted" in flags,
    )


def _is_automatic(fields: Message) -> bool:
    auto = _raw(fields, "Auto-Submitted").strip().lower()
    is_report = _raw(fields, "Content-Type").strip().lower().startswith("multipart/report")
    is_bulk = _raw(fields, "Precedence").strip().lower() in {"bulk", "list", "junk", "auto_reply"}
    return auto not in {"", "no"} or is_report or is_bulk or bool(_raw(fields, "List-Id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a letter says."""

    body: str
    html: str
    attachments: tuple[Attachment, ...]


def content_of(raw: bytes) -> Content:
    """The text of a letter, its HTML, and what is attached.

    The text is the plain part; of a letter with HTML only, its words. Names of attachments have no folders.
    """
    plain: list[str] = []
    html: list[str] = []
    attached: list[Attachment] = []
    for place, part in enumerate(_parts(BytesParser(policy=compat32).parsebytes(raw))):
        if place >= _MOST_PARTS:
            break
        kind = part.get_content_type()
        is_attached = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        if not is_attached and kind in {"text/plain", "text/html"}:
            (plain if kind == "text/plain" else html).append(_decoded(part))
        elif is_attached or kind not in {"text/calendar", "application/pgp-encrypted"}:
            attached.append(_attachment(part))
    body, page = "\n\n".join(one for one in plain if one.strip()), "\n".join(html)
    return Content(body=body or words_of(page), html=page, attachments=tuple(attached))


def _parts(message: Message) -> Iterator[Message]:
    """The parts of a letter that have a content; a letter inside the letter is one part."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in cast("list[Message]", message.get_payload()):
            yield from _parts(part)
    else:
        yield message


def _bytes_of(part: Message) -> bytes:
    if part.is_multipart():  # message/rfc822
        inner = cast("list[Message]", part.get_payload())
        return inner[0].as_bytes() if inner else b""
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _decoded(part: Message) -> str:
    raw = _bytes_of(part)
    for charset in (part.get_content_charset() or "utf-8", "utf-8", "cp1252"):
        try:
            text = raw.decode("utf-8" if charset == "us-ascii" else charset)
        except (LookupError, UnicodeError):
            continue
        break
    else:
        text = raw.decode("utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode("utf-8").strip("\n")


def _attachment(part: Message) -> Attachment:
    name = part.get_filename()
    shown = clean(_decoded_words(name)) if name else ""
    shown = re.split(r"[/\\]", shown)[-1].strip(". ")[:120]
    return Attachment(name=shown or "unnamed", type=part.get_content_type(), bytes=len(_bytes_of(part)))


def _raw(fields: Message, name: str) -> str:
    return str(fields.get(name, ""))


def _text(fields: Message, name: str) -> str:
    return clean(_decoded_words(_raw(fields, name)))


def _decoded_words(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, MessageError, LookupError, UnicodeError, ValueError):
        return text


def clean(text: str) -> str:
    """One line of visible characters."""
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _UNSEEN.sub("", " ".join(whole.split()))
