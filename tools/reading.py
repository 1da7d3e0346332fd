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
from .words import split_words

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
_UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u017f"
_LOWER = "a-z\u00df-\u00f6\u00f8-\u00ff\u0100-\u017f"
_WORD = rf"(?:[{_UPPER}](?:[{_LOWER}'’]+|[{_UPPER}{_LOWER}'’]+)(?:-[{_UPPER}][{_LOWER}]+)?|(?:de|del|la|van|von|der|den|da|dos|di|el|al|bin|O')(?= ))"
_NAME = rf"{_WORD}(?:[ \t]+{_WORD}){{1,3}}"
_CALLED = re.compile(
    r"(?:\b(?:[Mm]y|[Yy]our?|[Tt]he|[Ff]ull|[Aa]ccount) name(?:'s|’s| is)?(?: on the account)?(?: is)?|\bI(?:'m|’m| am)|\b[Tt]his is|\b[Ii]t(?:'s|’s)|\b[Yy]ou(?:'re|’re| are)|\b[Ii]ch (?:heiße|heisse|bin)"
    r"|\b[Mm]ein [Nn]ame(?: ist| lautet)?|\b[Hh]ier (?:ist|schreibt|spricht)|\b[Mm]e llamo|\b[Mm]i nombre(?: completo)?(?: es)?|\b[Ss]oy|\b[Ll]es escribe|\b[Aa] nombre de|\b[Tt]itular"
    r"|\b[Nn]ombre|\b[Nn]ame|\b[Uu]nder the name|\b[Aa]uf den [Nn]amen|\b[Nn]amens|\b[Gg]rüße|\b[Rr]egards|\b[Tt]hanks|\b[Ss]aludos|\b[Bb]est|\b[Gg]racias|\b[Dd]anke|\b[Cc]heers|\b[Ss]incerely)"
    rf"\s*[:,.!–—-]?\s+({_NAME})"
)
_PAIR = re.compile(rf"(?<![\w.@])({_NAME})(?![\w@])")
_NOT_NAMES = {
    "hi", "hello", "dear", "hey", "hallo", "hola", "guten", "best", "kind", "regards", "thanks", "thank", "you", "team",
    "support", "please", "order", "zip", "code", "paypal", "visa", "mastercard", "amex", "viele", "liebe", "grüße",
    "mit", "freundlichen", "grüßen", "sehr", "geehrte", "damen", "und", "herren", "saludos", "un", "buenos", "buenas",
    "días", "tardes", "estimado", "estimados", "customer", "service", "good", "morning", "tag", "bitte", "the", "gift",
    "card", "ich", "por", "favor", "vielen", "dank", "muchas", "gracias", "gracias,", "plz", "postleitzahl", "subject", "from", "warm", "many", "all", "cheers", "sincerely", "yours", "my", "mi", "mein", "can", "could", "apt",
    "suite", "street", "avenue", "road", "drive", "lane", "usa", "email", "mail", "and", "question", "cancel", "return",
    "exchange", "quillmoor", "hello,", "postal", "kunde", "kundin", "cliente", "atentamente", "cordiales", "postcode",
}  # fmt: skip
_NAME_ZIP = re.compile(rf"{_NAME}[ \t]*[,(|/–—-]+[ \t]*(\d{{4,7}})\b")
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
    zip_code, zip_at = _zip(text)
    first, last = _name(text, zip_at)
    return {
        "text": text,
        "subject": subject[:MAX_CHARS],
        "language": language,
        "pii": _personal(text),
        "email": (email.group() if email else ticket.email) or None,
        "first_name": first,
        "last_name": last,
        "zip": zip_code,
        "customer_id": ticket.customer_id,
        "order_ids": order_ids(text),
        "suspicious": _two_addresses(email, ticket.email)
        + find_suspicion(text, language, hidden=hidden_subject + hidden_body, truncated=truncated),
        "truncated": truncated,
    }


def _two_addresses(written: re.Match[str] | None, envelope: str | None) -> list[str]:
    differ = written and envelope and written.group().casefold() != envelope.casefold()
    return ["two e-mail addresses"] if differ else []


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
    """Order ids as the shop writes them (`#W1234567`), in the order of the text, each once."""
    found = [normal_order_id(match.group()) for match in ORDER_ID.finditer(text)]
    return list(dict.fromkeys(found))


def normal_order_id(written: str) -> str:
    """`w1234567`, `#1234567` and `W-1234567` are all `#W1234567`."""
    return "#W" + re.sub(r"\D", "", written)


def _names(text: str) -> list[tuple[int, int, str]]:
    """(weight, place, name): after "my name is" and its like, in a user id, on a line of its own, anywhere."""
    found: list[tuple[int, int, str]] = []
    for match in _CALLED.finditer(text):
        found.append((4, match.start(1), match.group(1)))
    for match in USER_ID.finditer(text):
        found.append((3, match.start(), f"{match.group(1)} {match.group(2)}"))
    for match in _PAIR.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : (text + "\n").index("\n", match.end())]
        own_line = len(line.strip(" -–—,.|()")) <= len(match.group(1)) + 24
        found.append((2 if own_line else 1, match.start(1), match.group(1)))
    clean_names = [(weight, at, _trim(name)) for weight, at, name in found]
    return [(weight, at, name) for weight, at, name in clean_names if len(name.split()) > 1]


def _trim(name: str) -> str:
    parts = name.split()
    while parts and parts[0].casefold() in _NOT_NAMES:
        parts.pop(0)
    for at, part in enumerate(parts):
        if part.casefold() in _NOT_NAMES:
            parts = parts[:at]
            break
    return " ".join(parts)


def _name(text: str, zip_at: int | None) -> tuple[str | None, str | None]:
    """Who says they write; a name beside the zip code is meant to be the proof."""

    def score(entry: tuple[int, int, str]) -> tuple[float, int]:
        weight, at, name = entry
        near = zip_at is not None and abs(at - zip_at) <= 60 + len(name)
        return (weight + (3 if near else 0), at)

    names = _names(text)
    if not names:
        return None, None
    parts = max(names, key=score)[2].split()
    return parts[0], " ".join(parts[1:])


def _zip(text: str) -> tuple[str | None, int | None]:
    match = _ZIP.search(text)
    if match:
        return match.group(1).upper(), match.start(1)
    addresses = find_addresses(text)
    loose = [m for m in _LOOSE_ZIP.finditer(text) if not any(a.start <= m.start() < a.end for a in addresses)]
    if loose:
        return loose[0].group(1), loose[0].start()
    beside = _NAME_ZIP.search(text)
    return (beside.group(1), beside.start(1)) if beside else (None, None)


def _personal(text: str) -> list[PersonalData]:
    spans: list[PersonalData] = []
    for kind, pattern in (("email", EMAIL), ("phone", _PHONE), ("card", _CARD), ("zip", _ZIP)):
        spans += [PersonalData(kind=kind, start=m.start(), end=m.end()) for m in pattern.finditer(text)]
    spans += [PersonalData(kind="address", start=a.start, end=a.end) for a in find_addresses(text)]
    return sorted(spans, key=lambda span: (span["start"], span["end"]))
