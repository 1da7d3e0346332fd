"""Reads a ticket: clean text, language, personal data, identifiers, signs of text that addresses the system."""

from __future__ import annotations

import re
import unicodedata
from email.utils import parseaddr
from functools import cache

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict

from compound.tool import tool

from .lexicon.compiled import LANGUAGES, lexicon
from .lexicon.words import split_words
from .reading.addresses import find_addresses
from .reading.html_mail import hides_text, html_text, is_html
from .reading.identifiers import EMAIL, ORDER_ID, normal_order_id
from .reading.identity import ZIP, find_writer
from .reading.mail_parts import own_text
from .reading.suspicion import find_suspicion

MAX_CHARS = 20_000
_PHONE = re.compile(r"(?<![\w#])(?:\+\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b")
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){13,19}(?!\d)")
_INVISIBLE = {"\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u180e", "\ufeff", "\u3164"}


class Ticket(BaseModel):
    """A customer's message; only `id` is required, and other fields are refused.

    `html` is the mail as HTML, read if there is no `body`. `email` may be written `Ann Lee <ann@x.example>`.
    """

    model_config = ConfigDict(extra="forbid")

    id: str
    subject: str = ""
    body: str | None = None
    html: str | None = None
    customer_id: str | None = None
    email: str | None = None
    channel: str | None = None
    received_at: str | None = None


class PersonalData(TypedDict):
    """A span of personal data in `text`."""

    kind: str
    start: int
    end: int


class Intake(TypedDict):
    """A ticket after reading: see `read_ticket`."""

    text: str
    subject: str
    language: str
    pii: list[PersonalData]
    email: str | None
    first_name: str | None
    last_name: str | None
    zip: str | None
    customer_id: str | None
    order_ids: list[str]
    suspicious: list[str]
    truncated: bool


@tool
def read_ticket(ticket: Ticket) -> Intake:
    """Clean the text; find language, personal data, identifiers and signs of injection.

    The writer is taken from the envelope first (`email`), then from the letter itself: never from quoted or forwarded
    parts, nor from the text below the signature mark. HTML becomes text.

    `text` is subject and body, NFC, without control, zero-width and bidi characters, at most 20,000 characters
    (`truncated`: the rest was cut off). It never fails on unusual text.
    """
    subject, hidden_subject = clean(ticket.subject)
    written, markup = _plain_body(ticket)
    body, hidden_body = clean(written)
    text = f"{subject}\n\n{body}".strip() if subject else body
    truncated = len(text) > MAX_CHARS
    text = text[:MAX_CHARS]
    language = detect_language(text)
    own = own_text(text)
    envelope = envelope_address(ticket.email)
    found = EMAIL.search(own)
    writer = find_writer(own)
    signs = _two_addresses(found, envelope) + (["hidden text"] if markup and hides_text(markup) else [])
    return {
        "text": text,
        "subject": subject[:MAX_CHARS],
        "language": language,
        "pii": _personal(text),
        "email": envelope or (found.group() if found else None),
        "first_name": writer.first_name,
        "last_name": writer.last_name,
        "zip": writer.zip,
        "customer_id": ticket.customer_id,
        "order_ids": order_ids(text),
        "suspicious": signs + find_suspicion(text, language, hidden=hidden_subject + hidden_body, truncated=truncated),
        "truncated": truncated,
    }


def _plain_body(ticket: Ticket) -> tuple[str, str]:
    """The body as text, and the HTML that it was converted from, if any."""
    body = ticket.body or ""
    if is_html(body):
        return html_text(body), body
    if ticket.html and not body.strip():
        return html_text(ticket.html), ticket.html
    return body, ""


def envelope_address(written: str | None) -> str | None:
    """The address in `ann@x.example` or `Ann Lee <ann@x.example>`; None if there is none."""
    try:
        address = parseaddr((written or "")[:1000])[1].strip()
    except RecursionError:  # it recurses once per parenthesis
        return None
    return address if EMAIL.fullmatch(address) else None


def _two_addresses(written: re.Match[str] | None, envelope: str | None) -> list[str]:
    differ = written and envelope and written.group().casefold() != envelope.casefold()
    return ["two e-mail addresses"] if differ else []


def clean(text: str) -> tuple[str, int]:
    """NFC text without invisible characters, and their number."""
    kept: list[str] = []
    hidden = 0
    for ch in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")):
        category = unicodedata.category(ch)
        if ch in "\n\t":
            kept.append(ch)
        elif category in {"Cc", "Cf", "Cs", "Co", "Cn"} or ch in _INVISIBLE:
            hidden += 1
        else:
            kept.append(" " if category == "Zs" else ch)
    return "".join(kept).strip(), hidden


@cache
def _marks(language: str) -> frozenset[str]:
    known = lexicon(language)
    kinds = {
        "function",
        "filler",
        "wish",
        "ask",
        "neg",
        "act",
        "noun",
        "hazard",
        "status",
        "pay",
        "reason",
        "target",
    }
    return frozenset(
        phrase[0]
        for entries in known.phrases.values()
        for phrase, kind, _ in entries
        if len(phrase) == 1 and kind in kinds and len(phrase[0]) > 1
    )


def detect_language(text: str) -> str:
    """`en`, `de`, `es` or `other`: the language whose everyday words cover most of the text, if they cover enough.

    A word of several languages counts for each by its share. Under a quarter of known words it is `other`.
    """
    words = [word.text for word in split_words(text[:4000]) if word.text.isalpha() and not word.raw[:1].isupper()]
    if len(words) < 3:
        words = [word.text for word in split_words(text[:4000]) if word.text.isalpha()]
    scores: dict[str, float] = dict.fromkeys(LANGUAGES, 0.0)
    for word in words:
        owners = [language for language in LANGUAGES if word in _marks(language)]
        for language in owners:
            scores[language] += 1 / len(owners)
    best = max(LANGUAGES, key=lambda language: scores[language])
    if not words:
        return "en"
    return best if scores[best] / len(words) >= 0.25 else "other"


def order_ids(text: str) -> list[str]:
    """Order ids in the shop's format (`#W1234567`), in the order of the text, each once."""
    found = [normal_order_id(match.group()) for match in ORDER_ID.finditer(text)]
    return list(dict.fromkeys(found))


def _personal(text: str) -> list[PersonalData]:
    spans: list[PersonalData] = []
    for kind, pattern in (("email", EMAIL), ("phone", _PHONE), ("card", _CARD), ("zip", ZIP)):
        spans += [PersonalData(kind=kind, start=m.start(), end=m.end()) for m in pattern.finditer(text)]
    spans += [PersonalData(kind="address", start=a.start, end=a.end) for a in find_addresses(text)]
    return sorted(spans, key=lambda span: (span["start"], span["end"]))
