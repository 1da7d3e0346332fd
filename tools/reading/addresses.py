"""Postal addresses in a text, as English, German and Spanish letters write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..lexicon.compiled import is_everyday
from ..shop.documents import Address
from .places import COUNTRIES, STREET_STARTS, STREET_TYPES, UNITS, ZIP_LABELS

_CAP = r"[A-ZÄÖÜÁÉÍÓÚÑ][\wÀ-ÿ'’.ß-]*"
_LINK = r"(?:de|del|la|las|los|el|y|der|den|dem|zum|zur|am|im|an|of|the|St\.)"
_ZIP = re.compile(
    r"(?<![\w-])(?:[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d{1,2}[A-Z]? \d[A-Z]{2}|[A-Z]\d{2} [A-Z0-9]{4}|\d{5}(?:-\d{4})?|\d{4}|\d{6,7})(?![\w-])"
)
_STREET = re.compile(
    rf"(?:(?<![\w#])\d{{1,5}}[A-Za-z]?\s+(?:(?:{_CAP}|\d+(?:st|nd|rd|th))(?:\s+(?:{_LINK}|{_CAP}))*)"
    rf"|(?<![\w#]){_CAP}(?:\s+(?:{_LINK}|{_CAP}))*\s+\d{{1,4}}\s?[a-zA-Z]?)$"
)
_STATE = re.compile(r"^[A-Z]{2,3}$")
_TOWN = re.compile(rf"^\s*({_CAP}(?:\s+(?:{_LINK}|{_CAP}))*)")
_STATE_AFTER = re.compile(r"^[ ,]*\(?([A-Z]{2,3})\b\)?")
_BREAK = re.compile(
    r",|\n|;|(?<=[a-zß0-9])(?<![\s,]\d)[.!?)](?=\s|$)|\s(?:in|en|at)\s(?=[A-ZÄÖÜÁÉÍÓÚÑ]|\d{4,5}\s[A-ZÄÖÜÁÉÍÓÚÑ])"
)
_LONGEST_STREET = 160
"""Characters at the end of a stretch in which a street is looked for."""
_LONGEST_GAP = 40
"""A longer stretch than this between street and zip code is not part of an address."""


@dataclass(frozen=True, slots=True)
class Written:
    """An address in the text, characters `start` to `end`; the country is empty if it is not named.

    `sure` is False if another reading of the same characters is as likely: a person must check.
    """

    start: int
    end: int
    address: Address
    sure: bool = True


@dataclass(frozen=True, slots=True)
class _Chunk:
    start: int
    end: int
    text: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class _Street:
    start: int
    text: str
    sure: bool


@dataclass(slots=True)
class _Reading:
    """The part after the street that was read so far; reading continues at `end` with `rest`."""

    city: str
    state: str
    end: int
    rest: str
    last: int
    sure: bool


def find_addresses(text: str) -> list[Written]:
    """Every complete address: a street with its number, a town and a zip code."""
    chunks = _chunks(text)
    found: list[Written] = []
    for at, chunk in enumerate(chunks):
        if found and chunk.start < found[-1].end:
            continue
        street = _street(chunk)
        written = _complete(chunks, at, street) if street else None
        if written:
            found.append(written)
    return found


def _chunks(text: str) -> list[_Chunk]:
    chunks: list[_Chunk] = []
    start = 0
    for cut in [*(match.span() for match in _BREAK.finditer(text)), (len(text), len(text))]:
        piece = text[start : cut[0]]
        stripped = piece.strip()
        if stripped:
            begin = start + piece.index(stripped)
            fresh = bool(chunks) and text.count("\n", chunks[-1].end, begin) > 1
            chunks.append(_Chunk(begin, begin + len(stripped), stripped, fresh))
        start = cut[1]
    return chunks


def _street(chunk: _Chunk) -> _Street | None:
    """The street at the end of a chunk, without the words before it: "Kundenprofil Hauptstraße 3" is one noun too long."""
    from_ = max(0, len(chunk.text) - _LONGEST_STREET)
    if from_:
        from_ = chunk.text.find(" ", from_) + 1 or len(chunk.text)
    match = _STREET.search(chunk.text, from_)
    if match is None:
        return None
    if match.group()[0].isdigit():
        return _Street(chunk.start + match.start(), match.group(), sure=True)
    words = [(word.start() + match.start(), word.group()) for word in re.finditer(r"\S+", match.group())]
    names = [word for _, word in words[:-1]]
    begin = next((at for at, name in enumerate(names) if _begins_street(name)), None)
    if begin is None:
        if is_everyday(names[0]) or names[0].casefold().rstrip(".") in UNITS:
            return None
        begin, sure = 0, len(names) == 1
    else:
        sure = all(is_everyday(name) for name in names[:begin])
    start = words[begin][0]
    return _Street(chunk.start + start, chunk.text[start : match.end()], sure)


def _begins_street(word: str) -> bool:
    plain = word.casefold()
    return word[0].isupper() and (plain.rstrip(".") in STREET_STARTS or plain.endswith(STREET_TYPES))


def _complete(chunks: list[_Chunk], at: int, street: _Street) -> Written | None:
    for last in range(at + 1, min(at + 5, len(chunks))):
        if chunks[last].fresh:
            return None
        match = _ZIP.search(chunks[last].text)
        if match is None:
            if len(chunks[last].text) > _LONGEST_GAP:
                return None
            continue
        middle = [chunk.text for chunk in chunks[at + 1 : last]]
        reading = _town(chunks, last, match, middle)
        if reading is None or len(middle) > 1:
            return None
        _read_state(chunks, reading)
        country, end = _country(chunks, reading)
        address: Address = {
            "address1": street.text,
            "address2": middle[0] if middle else "",
            "city": reading.city,
            "state": reading.state,
            "country": country,
            "zip": match.group(),
        }
        return Written(street.start, end, address, street.sure and reading.sure)
    return None


def _town(chunks: list[_Chunk], last: int, zip_code: re.Match[str], middle: list[str]) -> _Reading | None:
    """Town and state around the zip code; their characters are removed from `middle`."""
    chunk = chunks[last]
    words, after = chunk.text[: zip_code.start()].split(), chunk.text[zip_code.end() :]
    while words and words[-1].casefold().strip(".:") in ZIP_LABELS:
        words.pop()
    reading = _Reading("", "", chunk.start + zip_code.end(), after, last, sure=True)
    if words and _STATE.match(words[-1]):
        reading.state = words.pop()
    elif middle and not words and _STATE.match(middle[-1]):
        reading.state = middle.pop()
    if words:
        reading.city = " ".join(words)
        reading.sure = not any(is_everyday(word) for word in words)
    elif zip_code.group().isdigit() and not reading.state and (town := _town_behind(after)):
        reading.city, length, reading.sure = town
        reading.end, reading.rest = reading.end + length, after[length:]
        if reading.city.casefold() in COUNTRIES and middle:
            reading.city, reading.rest = middle.pop(), f" {reading.city}{reading.rest}"
    elif middle:
        reading.city = middle.pop()
    return reading if reading.city else None


def _town_behind(after: str) -> tuple[str, int, bool] | None:
    """The town after a zip code, its length, and whether it ends where the name ends."""
    match = _TOWN.match(after)
    if match is None:
        return None
    words = match.group(1).split()
    known = next((at for at, word in enumerate(words) if is_everyday(word)), len(words))
    town = " ".join(words[:known])
    if not town:
        return None
    length = after.index(town) + len(town)
    return town, length, known == len(words) or "\n" in after[length : length + 1]


def _read_state(chunks: Sequence[_Chunk], reading: _Reading) -> None:
    if reading.state:
        return
    found = _STATE_AFTER.match(reading.rest)
    if found and found.group(1).casefold() not in COUNTRIES:
        reading.state, reading.end = found.group(1), reading.end + found.end()
        reading.rest = reading.rest[found.end() :]
    elif reading.last + 1 < len(chunks) and not reading.rest.strip(" ,()"):
        following = chunks[reading.last + 1]
        if following.fresh:
            return
        state = _STATE_AFTER.match(following.text)
        if state and state.group(1).casefold() not in COUNTRIES:
            reading.last, reading.state = reading.last + 1, state.group(1)
            reading.end, reading.rest = following.start + state.end(1), following.text[state.end(1) :].strip(".")


def _country(chunks: Sequence[_Chunk], reading: _Reading) -> tuple[str, int]:
    """The country after the address, and where the address ends."""
    rest = reading.rest.strip(" ,()")
    if rest.casefold() in COUNTRIES:
        return COUNTRIES[rest.casefold()], chunks[reading.last].end
    if rest or reading.last + 1 >= len(chunks) or chunks[reading.last + 1].fresh:
        return "", reading.end
    following = chunks[reading.last + 1]
    for words in (3, 2, 1):
        name = " ".join(following.text.split()[:words])
        if name.rstrip(".!)").casefold() in COUNTRIES:
            return COUNTRIES[name.rstrip(".!)").casefold()], following.start + len(name.rstrip(".!)"))
    return "", reading.end
