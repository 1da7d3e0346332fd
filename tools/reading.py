"""Reads a ticket: clean text, language, personal data, identifiers, signs that somebody talks to the system."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict

from compound.tool import tool

from .addresses import find_addresses
from .lexicon import LANGUAGES, lexicon
from .suspicion import find_suspicion
from .words import fold, split_words

MAX_CHARS = 20_000
EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
ORDER_ID = re.compile(r"(?<![\w-])#?W[- ]?\d{5,9}\b|#\d{5,9}\b", re.IGNORECASE)
PAYMENT_ID = re.compile(r"\b(?:credit_card|gift_card|paypal)_\d+\b")
USER_ID = re.compile(r"\b([a-zà-ÿ]+)_([a-zà-ÿ]+)_\d{3,5}\b")
_PHONE = re.compile(r"(?<![\w#])(?:\+\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b")
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){13,19}(?!\d)")
_ZIP = re.compile(
    r"(?:zip(?:\s?code)?|postal\s?code|post\s?code|postleitzahl|plz|c[óo]digo\s+postal|c\.?p\.?)(?:\s+(?:is|ist|es|lautet|of|number))?"
    r"\s*[:=#]?\s*\(?([A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d{1,2}[A-Z]? ?\d[A-Z]{2}|[A-Z]\d{2} ?[A-Z0-9]{4}|\d{4,7})\b",
    re.IGNORECASE,
)
_LOOSE_ZIP = re.compile(
    r"(?<![\w#$€-])([A-Z]\d[A-Z] \d[A-Z]\d|[A-Z]{1,2}\d{1,2}[A-Z]? \d[A-Z]{2}|[A-Z]\d{2} [A-Z0-9]{4}|\d{5})(?![\w.-]*\d)"
)
_WORD = r"[A-ZÀ-Þ][a-zA-Zà-ÿÀ-Þ'’-]+"
_CALLED = re.compile(
    rf"(?:\b(?:[Mm]y|[Yy]our?|[Tt]he) name(?:'s| is)?|\bI(?:'m|’m| am)|\b[Tt]his is|\b[Yy]ou(?:'re|’re| are)|\b[Ii]ch (?:heiße|heisse|bin)"
    rf"|\b[Mm]ein [Nn]ame(?: ist| lautet)?|\b[Hh]ier (?:ist|schreibt)|\b[Mm]e llamo|\b[Mm]i nombre(?: es)?|\b[Ss]oy|\b[Ll]es escribe"
    rf"|\b[Nn]ombre|\b[Nn]ame|\bon behalf of myself)\s*[:,]?\s+({_WORD}(?:\s+{_WORD}){{1,3}})"
)
_PAIR = re.compile(rf"(?<![\w.])({_WORD}(?:[ \t]+{_WORD}){{1,2}})(?=\s*(?:[,(\n.;]|$|-|–|—|\d))")
_INVISIBLE = {"\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u180e", "\ufeff", "\u3164"}


class Ticket(BaseModel):
    """What a customer wrote; only `id` must be there, and nothing else may."""

    model_config = ConfigDict(extra="forbid")

    id: str
    subject: str = ""
    body: str = ""
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
    """A ticket as read: see `read_ticket`."""

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

    `text` is subject and body, NFC, without control, zero-width and bidi characters, at most 20,000 characters
    (`truncated` says that the rest was left off). It never fails on odd text.
    """
    subject, hidden_subject = clean(ticket.subject)
    body, hidden_body = clean(ticket.body)
    text = f"{subject}\n\n{body}".strip() if subject else body
    truncated = len(text) > MAX_CHARS
    text = text[:MAX_CHARS]
    language = detect_language(text)
    email = EMAIL.search(text)
    first, last = _name(text)
    return {
        "text": text,
        "subject": subject[:MAX_CHARS],
        "language": language,
        "pii": _personal(text),
        "email": (email.group() if email else ticket.email) or None,
        "first_name": first,
        "last_name": last,
        "zip": _zip(text),
        "customer_id": ticket.customer_id,
        "order_ids": order_ids(text),
        "suspicious": find_suspicion(
            text, language, hidden=hidden_subject + hidden_body, truncated=truncated
        ),
        "truncated": truncated,
    }


def clean(text: str) -> tuple[str, int]:
    """NFC text without what cannot be seen, and how many such characters there were."""
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
    words = [
        word.text for word in split_words(text[:4000]) if word.text.isalpha() and not word.raw[:1].isupper()
    ]
    if len(words) < 3:
        words = [word.text for word in split_words(text[:4000]) if word.text.isalpha()]
    scores = dict.fromkeys(LANGUAGES, 0.0)
    for word in words:
        owners = [language for language in LANGUAGES if word in _marks(language)]
        for language in owners:
            scores[language] += 1 / len(owners)
    best = max(LANGUAGES, key=lambda language: scores[language])
    if not words:
        return "en"
    return best if scores[best] / len(words) >= 0.25 else "other"


def order_ids(text: str) -> list[str]:
    """Order ids as the shop writes them (`#W1234567`), in the order of the text, each once."""
    found = [normal_order_id(match.group()) for match in ORDER_ID.finditer(text)]
    return list(dict.fromkeys(found))


def normal_order_id(written: str) -> str:
    """`w1234567`, `#1234567` and `W-1234567` are all `#W1234567`."""
    return "#W" + re.sub(r"\D", "", written)


def _name(text: str) -> tuple[str | None, str | None]:
    """Who says they write: after "my name is" and its like, in a signature, or inside a user id."""
    called = _CALLED.search(text)
    candidates = [called.group(1)] if called else []
    candidates += [f"{m.group(1)} {m.group(2)}" for m in USER_ID.finditer(text)] if not candidates else []
    if not candidates:
        lines = [line.strip(" -–—,.") for line in text.splitlines() if line.strip()]
        tail = " \n".join(lines[-4:])
        candidates = [m.group(1) for m in _PAIR.finditer(tail)][-1:]
    if not candidates:
        candidates = [m.group(1) for m in _PAIR.finditer(text)][:1]
    if not candidates:
        return None, None
    parts = [part for part in candidates[0].split() if fold(part) not in {"and", "und", "from", "please"}]
    if len(parts) < 2:
        return None, None
    return parts[0], " ".join(parts[1:])


def _zip(text: str) -> str | None:
    match = _ZIP.search(text)
    if match:
        return match.group(1).upper()
    addresses = find_addresses(text)
    for loose in _LOOSE_ZIP.finditer(text):
        if not any(a.start <= loose.start() < a.end for a in addresses):
            return loose.group(1)
    return None


def _personal(text: str) -> list[PersonalData]:
    spans: list[PersonalData] = []
    for kind, pattern in (("email", EMAIL), ("phone", _PHONE), ("card", _CARD), ("zip", _ZIP)):
        spans += [{"kind": kind, "start": m.start(), "end": m.end()} for m in pattern.finditer(text)]
    spans += [{"kind": "address", "start": a.start, "end": a.end} for a in find_addresses(text)]
    return sorted(spans, key=lambda span: (span["start"], span["end"]))
