"""The parts of a mail: the letter itself, what it quotes or forwards below a head, the signature.

The headers are those of common mail programs in English, German and Spanish: a rule with a title, a line with
writer and time, a block of header lines, the line that a phone adds. Each is found line by line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[int, int]
_LONGEST = 400
"""Characters of a line that are read: no header is longer."""

_TITLE = re.compile(
    r"(?:original|forwarded|urspr(?:ü|ue)ngliche|weitergeleitete[rn]?|reenviado|forward|begin|anfang|inicio|reply|antwort)"
    r"[ -]{0,3}(?:\w+ ){0,3}(?:message|mail|e-mail|email|nachricht|mensaje|correo)"
    r"|(?:mensaje|correo|nachricht|message)[ -]{1,3}(?:\w+ ){0,2}(?:original|reenviado|weitergeleitet|forwarded)",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[ \t>]*[-_=~*–—]{2,}")
_WROTE = re.compile(r"\b(?:wrote|writes|schrieb|geschrieben|escribi[óo]|escribe|écrit|a écrit)\b", re.IGNORECASE)
_DATED = re.compile(r"\d{1,4}[./-]\d{1,2}|\b\d{1,2}:\d{2}\b|\b(?:19|20)\d{2}\b|@")
_STARTS = re.compile(r"^[ \t>*]*(?:on|am|el|le|il|op)\b", re.IGNORECASE)
_KEY = re.compile(
    r"^[ \t>*]*(?:from|sent|date|to|cc|subject|reply-to|von|gesendet|datum|an|betreff|de|enviado|enviado el|fecha|para|asunto)"
    r"[ \t]*\*?[ \t]*:",
    re.IGNORECASE,
)
_FIRST_KEY = re.compile(
    r"^[ \t>*]*(?:from|von|de|sent|gesendet|enviado|date|datum|fecha)[ \t]*\*?[ \t]*:", re.IGNORECASE
)
_DEVICE = re.compile(
    r"^[ \t]*(?:(?:sent|written) (?:from|via|with|using) (?:my |the |a )?[\w.+-]+"
    r"|get outlook for|holen sie sich outlook|outlook (?:für|para)|obten(?:er|ga) outlook|descarg\w+ outlook"
    r"|von (?:meinem|meiner|unterwegs) ?[\w.+-]* ?(?:[\w.+-]+ )?(?:aus )?(?:gesendet|gesandt|geschickt)"
    r"|gesendet (?:von|mit|über) |enviado (?:desde|con|por) )",
    re.IGNORECASE,
)
_MARKED = re.compile(r"^[ \t]*[>|]")
_ARROWS = re.compile(r"^[ \t]*>{2,}.*>{2,}[ \t]*$")
_OUTLOOK = re.compile(r"^[ \t>]*_{16,}[ \t]*$")
_SIGNATURE = re.compile(r"^[ \t]*--[ \t]*$")


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


def quoted(text: str) -> list[Span]:
    """What the mail quotes or forwards, as spans of whole lines.

    Lines with a quote mark are quoted. Below a header everything is quoted, to the end of the mail; if nothing is
    above the header, an answer below the marked lines is the letter.
    """
    lines = _lines(text)
    spans = [(line.start, line.end) for line in lines if _MARKED.match(line.text)]
    head = next((at for at in range(len(lines)) if _is_head(lines, at)), None)
    if head is None:
        return spans
    start = head
    while start and not lines[start - 1].is_blank and _opens_head(lines[start - 1].text):
        start -= 1
    answer = _answer_below(lines, head) if all(line.is_blank for line in lines[:start]) else None
    end = lines[answer].start if answer is not None else len(text)
    return sorted([*spans, (lines[start].start, end)])


def signature(text: str) -> Span | None:
    """The text below the line `-- `, or below the line of a phone, to the end of the mail."""
    for line in _lines(text):
        if _SIGNATURE.match(line.text) or _DEVICE.match(line.text[:_LONGEST]):
            return (line.start, len(text))
    return None


def own_text(text: str) -> str:
    """The letter without quoted parts and signature, which become spaces, so that places stay the same."""
    spans = quoted(text)
    if (last := signature(text)) is not None:
        spans.append(last)
    parts: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if end > at:
            begin = max(start, at)
            parts += [text[at:begin], re.sub(r"[^\n]", " ", text[begin:end])]
            at = end
    return "".join([*parts, text[at:]])


def _lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    start = 0
    for piece in text.split("\n"):
        lines.append(_Line(start, start + len(piece), piece))
        start += len(piece) + 1
    return lines


def _is_head(lines: Sequence[_Line], at: int) -> bool:
    text = lines[at].text[:_LONGEST]
    if _ARROWS.match(text) or _OUTLOOK.match(text) or _is_titled_rule(text):
        return True
    if _TITLE.search(text) and (_RULE.match(text) or text.rstrip(" *>").endswith(":")):
        return True
    if _DEVICE.match(text) and any(not line.is_blank for line in lines[at + 1 :]) and at:
        return True
    return _says_who_wrote(lines, at, text) or _is_block(lines, at, text)


def _is_titled_rule(text: str) -> bool:
    """A rule with words in it, `--- Forwarded by Ann ---`, whatever they are."""
    said = text.strip(" \t>")
    marks = ("--", "__", "==", "~~", "**", "––", "——")
    return said.startswith(marks) and said.endswith(marks) and any(ch.isalpha() for ch in said)


def _says_who_wrote(lines: Sequence[_Line], at: int, text: str) -> bool:
    """A line that ends with `wrote:`, or starts with a date and continues after the colon."""
    said = text.rstrip(" *")
    if said.endswith(":"):
        if _WROTE.search(said) or ("@" in said and "<" in said):
            return True
        if len(_DATED.findall(said)) > 1 and len(said) > 20 and not _KEY.match(said):
            return True
    wrote = _WROTE.search(said)
    return bool(wrote and ":" in said[wrote.end() :] and _DATED.search(said[: wrote.start()]) and _STARTS.match(said))


def _opens_head(text: str) -> bool:
    """The first line of a header that is broken in two, or the rule above a block of header lines."""
    return bool((_STARTS.match(text) and _DATED.search(text[:_LONGEST])) or _RULE.match(text))


def _is_block(lines: Sequence[_Line], at: int, text: str) -> bool:
    """The first of several header lines: `From: ...`, `Subject: ...`."""
    if not _FIRST_KEY.match(text):
        return False
    return sum(bool(_KEY.match(line.text[:_LONGEST])) for line in lines[at + 1 : at + 5]) > 0


def _answer_below(lines: Sequence[_Line], head: int) -> int | None:
    """The first line of an answer below the marked lines of a quoted mail; None where it is not marked."""
    at = head + 1
    while at < len(lines) and (lines[at].is_blank or _MARKED.match(lines[at].text)):
        at += 1
    is_marked = any(_MARKED.match(line.text) for line in lines[head + 1 : at])
    return at if is_marked and at < len(lines) else None
