"""The writer's name and zip code, found next to each other, as proof of identity requires."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..lexicon.compiled import is_everyday
from .addresses import find_addresses

USER_ID = re.compile(r"\b([a-zà-ÿ]+)_([a-zà-ÿ]+)_\d{3,5}\b")
ZIP = re.compile(
    r"(?:zip(?:\s?code)?|postal\s?code|post\s?code|postleitzahl|plz|c[óo]digo\s{1,20}postal|c\.?p\.?)(?:\s{1,20}(?:is|ist|es|lautet|of|number))?"
    r"\s{0,20}[:=#]?\s{0,20}\(?([A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d{1,2}[A-Z]? ?\d[A-Z]{2}|[A-Z]\d{2} ?[A-Z0-9]{4}|\d{4,7})\b",
    re.IGNORECASE,
)
_LOOSE_ZIP = re.compile(
    r"(?<![\w#$€-])([A-Z]\d[A-Z] \d[A-Z]\d|[A-Z]{1,2}\d{1,2}[A-Z]? \d[A-Z]{2}|[A-Z]\d{2} [A-Z0-9]{4}|\d{5})(?![\w.-]*\d)"
)
_UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u017f"
_LOWER = "a-z\u00df-\u00f6\u00f8-\u00ff\u0100-\u017f"
_WORD = rf"(?:[{_UPPER}][{_UPPER}{_LOWER}'’]{{1,40}}(?:-[{_UPPER}][{_LOWER}]{{1,40}})?|(?:de|del|la|van|von|der|den|da|dos|di|el|al|bin|O')(?= ))"
_NAME = rf"{_WORD}(?:[ \t]{{1,20}}{_WORD}){{1,3}}"
_CALLED = re.compile(
    r"(?:\b(?:[Mm]y|[Yy]our?|[Tt]he|[Ff]ull|[Aa]ccount) name(?:'s|’s| is)?(?: on the account)?(?: is)?|\bI(?:'m|’m| am)|\b[Tt]his is|\b[Ii]t(?:'s|’s)|\b[Yy]ou(?:'re|’re| are)|\b[Ii]ch (?:heiße|heisse|bin)"
    r"|\b[Mm]ein [Nn]ame(?: ist| lautet)?|\b[Hh]ier (?:ist|schreibt|spricht)|\b[Mm]e llamo|\b[Mm]i nombre(?: completo)?(?: es)?|\b[Ss]oy|\b[Ll]es escribe|\b[Aa] nombre de|\b[Tt]itular"
    r"|\b[Nn]ombre|\b[Nn]ame|\b[Uu]nder the name|\b[Aa]uf den [Nn]amen|\b[Nn]amens|\b[Gg]rüße|\b[Rr]egards|\b[Tt]hanks|\b[Ss]aludos|\b[Bb]est|\b[Gg]racias|\b[Dd]anke|\b[Cc]heers|\b[Ss]incerely)"
    rf"\s{{0,20}}[:,.!–—-]?\s{{1,20}}({_NAME})"
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
_FAR = 80
"""Maximum number of characters between a name and its zip code."""
_BARE_ZIP = re.compile(r"(?<![\w#$€£.,-])\d{4,7}(?![\w-]|[.,]\d)")


@dataclass(frozen=True, slots=True)
class Writer:
    """Name and zip code as written; None if missing."""

    first_name: str | None
    last_name: str | None
    zip: str | None


@dataclass(frozen=True, slots=True)
class _Piece:
    """A name or a zip code: characters `start` to `end`; a higher weight is more likely."""

    start: int
    end: int
    text: str
    weight: int


def find_writer(text: str) -> Writer:
    """The name and the zip code that most likely belong together.

    Those inside a written address are a destination, not the writer; they count only if there are no others. A name
    alone, or a zip code alone, is returned as well: it proves nothing.
    """
    taken = [(written.start, written.end) for written in find_addresses(text)]
    names = [name for name in _names(text) if not _inside(name, taken)]
    everywhere = list(_codes(text))
    codes = [code for code in everywhere if not _inside(code, taken)]
    if names and codes:
        _, name, code = max(_pairs(text, names, codes), key=lambda pair: (pair[0], pair[1].start))
        return _writer(name, code)
    name = max(names, key=lambda name: (name.weight, name.start), default=None)
    return _writer(name, next(iter(codes or everywhere), None))


def _pairs(text: str, names: Sequence[_Piece], codes: Sequence[_Piece]) -> Iterator[tuple[int, _Piece, _Piece]]:
    """Each name with the zip codes near it, and with the likeliest of the whole text: never all with all."""
    likeliest = max(codes, key=lambda code: code.weight)
    order = {id(code): at for at, code in enumerate(codes)}
    placed = sorted(codes, key=lambda code: code.start)
    starts = [code.start for code in placed]
    for name in names:
        low, high = bisect_left(starts, name.start - _FAR - 12), bisect_right(starts, name.end + _FAR)
        for code in sorted(placed[low:high], key=lambda code: order[id(code)]):
            yield _together(text, name, code), name, code
        yield name.weight + likeliest.weight, name, likeliest


def _writer(name: _Piece | None, code: _Piece | None) -> Writer:
    parts = name.text.split() if name else []
    return Writer(
        first_name=parts[0] if parts else None,
        last_name=" ".join(parts[1:]) if parts else None,
        zip=code.text.upper() if code else None,
    )


def _together(text: str, name: _Piece, code: _Piece) -> int:
    first, second = (name, code) if name.start < code.start else (code, name)
    if second.start - first.end > _FAR:
        return name.weight + code.weight
    between = text[first.end : second.start]
    near = 6 if len(between) <= 12 else 4 if len(between) <= 40 else 2 if len(between) <= 80 else 0
    if "\n" in between or re.search(r"[.!?]\s", between):
        near //= 2
    return near + name.weight + code.weight


def _inside(piece: _Piece, taken: Sequence[tuple[int, int]]) -> bool:
    """Whether a piece overlaps one of the spans, which are sorted and disjoint."""
    at = bisect_left(taken, (piece.end, 0)) - 1
    return at >= 0 and taken[at][0] < piece.end and piece.start < taken[at][1]


def _codes(text: str) -> Iterator[_Piece]:
    """Zip codes: named so, of a form that only zip codes have, or a bare number."""
    seen: set[int] = set()
    for weight, pattern in ((3, ZIP), (2, _LOOSE_ZIP), (0, _BARE_ZIP)):
        for match in pattern.finditer(text):
            group = 1 if pattern.groups else 0
            if match.start(group) not in seen:
                seen.add(match.start(group))
                yield _Piece(match.start(group), match.end(group), match.group(group), weight)


def _names(text: str) -> Iterator[_Piece]:
    """Names after "my name is" and its like, in a user id, on a line of their own, anywhere."""
    for match in _CALLED.finditer(text):
        yield from _trimmed(match.start(1), match.group(1), 4)
    for match in USER_ID.finditer(text):
        yield _Piece(match.start(), match.end(), f"{match.group(1)} {match.group(2)}", 3)
    ends = [match.start() for match in re.finditer(r"\n", text)] + [len(text)]
    begins = [0, *(end + 1 for end in ends)]
    widths = [len(text[begin:end].strip(" -–—,.|()")) for begin, end in zip(begins, ends, strict=False)]
    for match in _PAIR.finditer(text):
        own_line = widths[bisect_left(ends, match.end())] <= len(match.group(1)) + 24
        yield from _trimmed(match.start(1), match.group(1), 2 if own_line else 1)


def _trimmed(start: int, name: str, weight: int) -> Iterator[_Piece]:
    parts = [(match.start() + start, match.group()) for match in re.finditer(r"\S+", name)]
    while parts and _is_no_name(parts[0][1]):
        parts.pop(0)
    stop = next((at for at, (_, part) in enumerate(parts) if _is_no_name(part)), len(parts))
    parts = parts[:stop]
    if len(parts) > 1:
        begin, end = parts[0][0], parts[-1][0] + len(parts[-1][1])
        loss = sum(is_everyday(part) and part[0].isupper() for _, part in parts)
        yield _Piece(begin, end, " ".join(part for _, part in parts), weight - loss)


def _is_no_name(word: str) -> bool:
    return word.casefold() in _NOT_NAMES
