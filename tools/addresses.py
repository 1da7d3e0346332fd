"""Postal addresses written out in a text, in the ways English, German and Spanish letters do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .documents import Address

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
_CITY = re.compile(rf"^\s*({_CAP}(?:\s+(?:{_LINK}|{_CAP}))*)")
_BREAK = re.compile(r",|\n|;|(?<=[a-zß0-9])(?<![\s,]\d)[.!?)](?=\s|$)")
_LABEL = re.compile(
    r"^(?:(?:neue |new |nueva )?(?:liefer|versand)?(?:adresse|anschrift|address|dirección|domicilio)[: ]+)+",
    re.I,
)

COUNTRIES = {
    "usa": "USA", "us": "USA", "united states": "USA", "u.s.a": "USA", "america": "USA", "canada": "Canada",
    "kanada": "Canada", "united kingdom": "United Kingdom", "uk": "United Kingdom", "england": "United Kingdom",
    "great britain": "United Kingdom", "australia": "Australia", "ireland": "Ireland", "india": "India",
    "germany": "Germany", "deutschland": "Germany", "alemania": "Germany", "austria": "Austria",
    "österreich": "Austria", "switzerland": "Switzerland", "schweiz": "Switzerland", "suiza": "Switzerland",
    "spain": "Spain", "españa": "Spain", "spanien": "Spain", "mexico": "Mexico", "méxico": "Mexico",
    "argentina": "Argentina", "chile": "Chile", "france": "France", "frankreich": "France",
    "francia": "France", "italy": "Italy", "italien": "Italy", "italia": "Italy", "netherlands": "Netherlands",
    "estados unidos": "USA", "vereinigte staaten": "USA",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """An address in the text, characters `start` to `end`; the country is empty when it is not named."""

    start: int
    end: int
    address: Address


@dataclass(frozen=True, slots=True)
class _Chunk:
    start: int
    end: int
    text: str


def find_addresses(text: str) -> list[Written]:
    """Every complete address: a street with its number, a town and a zip code."""
    chunks = _chunks(text)
    found: list[Written] = []
    for at, chunk in enumerate(chunks):
        if found and chunk.start < found[-1].end:
            continue
        street = _STREET.search(chunk.text)
        if street is None:
            continue
        bare = _LABEL.sub("", street.group())
        written = _complete(chunks, at, chunk.start + street.end() - len(bare), bare)
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
            chunks.append(_Chunk(begin, begin + len(stripped), stripped))
        start = cut[1]
    return chunks


def _complete(chunks: list[_Chunk], at: int, start: int, street: str) -> Written | None:
    for last in range(at + 1, min(at + 5, len(chunks))):
        match = _ZIP.search(chunks[last].text)
        if match is None:
            if len(chunks[last].text) > 40:
                return None
            continue
        middle = [chunk.text for chunk in chunks[at + 1 : last]]
        before, after = chunks[last].text[: match.start()].strip(), chunks[last].text[match.end() :]
        end = chunks[last].start + match.end()
        state, words = "", before.split()
        if words and _STATE.match(words[-1]):
            state = words.pop()
        elif middle and not words and _STATE.match(middle[-1]):
            state = middle.pop()
        city = " ".join(words)
        if not city and (town := _CITY.match(after)):
            city, end = town.group(1), end + town.end()
            after = after[town.end() :]
            if city.casefold() in COUNTRIES and middle:
                city, after = middle.pop(), f" {city}{after}"
        if not city and middle:
            city = middle.pop()
        if not city or len(middle) > 1:
            return None
        if (
            not state
            and (found := re.match(r"^[ ,]*\(?([A-Z]{2,3})\b\)?", after))
            and found.group(1).casefold() not in COUNTRIES
        ):
            state, end = found.group(1), end + found.end()
            after = after[found.end() :]
        if (
            not state
            and last + 1 < len(chunks)
            and _STATE.match(chunks[last + 1].text)
            and chunks[last + 1].text.casefold() not in COUNTRIES
        ):
            last, state = last + 1, chunks[last + 1].text  # noqa: PLW2901 -- the state belongs to the line
            end, after = chunks[last].end, ""
        country, end = _country(chunks, last, after, end)
        address: Address = {
            "address1": street,
            "address2": middle[0] if middle else "",
            "city": city,
            "state": state,
            "country": country,
            "zip": match.group(),
        }
        return Written(start, end, address)
    return None


def _country(chunks: list[_Chunk], last: int, after: str, end: int) -> tuple[str, int]:
    rest = after.strip(" ,()")
    if rest.casefold() in COUNTRIES:
        return COUNTRIES[rest.casefold()], chunks[last].end
    if last + 1 < len(chunks) and not rest:
        following = chunks[last + 1]
        if following.text.rstrip(".!").casefold() in COUNTRIES:
            return COUNTRIES[following.text.rstrip(".!").casefold()], following.end
    return "", end
