"""Text as canonical words with their places: folded, quantities joined, values translated."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_UNITS = {
    "l": "l", "liter": "l", "liters": "l", "litre": "l", "litres": "l", "litro": "l", "litros": "l", "lt": "l",
    "ml": "ml", "milliliter": "ml", "milliliters": "ml", "mililitros": "ml", "inch": "inch", "inches": "inch",
    "zoll": "inch", "pulgadas": "inch", "pulgada": "inch", "ft": "ft", "foot": "ft", "feet": "ft", "fuss": "ft",
    "pies": "ft", "gb": "gb", "gig": "gb", "gigs": "gb", "gigabyte": "gb", "gigabytes": "gb", "tb": "tb",
    "terabyte": "tb", "cup": "cup", "cups": "cup", "tassen": "cup", "tasse": "cup", "tazas": "cup", "taza": "cup",
    "hour": "hour", "hours": "hour", "stunden": "hour", "stunde": "hour", "horas": "hour", "hr": "hour",
    "hrs": "hour", "h": "hour", "mm": "mm", "cm": "cm", "zentimeter": "cm", "centimetros": "cm",
    "centimeter": "cm", "centimeters": "cm", "centimetre": "cm", "centimetres": "cm", "m": "m", "meter": "m",
    "meters": "m", "metros": "m", "lb": "lb", "lbs": "lb", "pound": "lb", "pounds": "lb", "libras": "lb",
    "kg": "kg", "kilo": "kg", "kilos": "kg", "g": "g", "gram": "g", "grams": "g", "gramm": "g", "gramos": "g",
    "mp": "mp", "megapixel": "mp", "megapixels": "mp", "mah": "mah", "w": "w", "watt": "w", "watts": "w",
    "bar": "bar", "degree": "degree", "degrees": "degree", "grad": "degree", "grados": "degree",
    "piece": "piece", "pieces": "piece", "pcs": "piece", "pc": "piece", "teile": "piece", "teilig": "piece",
    "teilige": "piece", "teiliges": "piece", "teiligen": "piece", "piezas": "piece", "pieza": "piece",
    "oz": "oz", "x": "x", "k": "k", "p": "p", "lumen": "lumen", "lumens": "lumen", "season": "season",
    "person": "person", "persons": "person", "personen": "person", "personas": "person", "c": "c",
}  # fmt: skip

_TOKEN = re.compile(
    r"(?P<range>(?<!\d)\d+\s?-\s?\d+(?=\s*-?(?:lbs?|pounds?|kg)\b))|(?P<number>(?<![\w.])-?\d+(?:[.,]\d+)?)|(?P<word>[^\W\d_]+(?:['’´`][^\W\d_]+)*\d*)"
    r"|(?P<mark>[^\w\s])"
)
_FOLDED = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d"})


@dataclass(frozen=True, slots=True)
class Word:
    """One canonical word or mark.

    Attributes:
        text: Folded: lower case, no accents; `2l` for "2 Liter"; a mark is itself.
        start: Offset of the first character in the text.
        end: Offset behind the last one.
        raw: As written.
    """

    text: str
    start: int
    end: int
    raw: str

    @property
    def is_mark(self) -> bool:
        """Punctuation."""
        return not any(ch.isalnum() for ch in self.text)


@lru_cache(maxsize=20_000)
def fold(word: str) -> str:
    """Lower case without accents and apostrophes: `Zurück` -> `zuruck`, `don't` -> `dont`."""
    plain = unicodedata.normalize("NFKD", word.casefold().translate(_FOLDED))
    return "".join(ch for ch in plain if not unicodedata.combining(ch) and ch not in "'’´`")


def split_words(text: str) -> list[Word]:
    """Words of a text with quantities joined: `2-liter`, `2 L` and `2 litros` are all `2l`."""
    words: list[Word] = []
    for match in _TOKEN.finditer(text):
        start, end, raw = match.start(), match.end(), match.group()
        kind = match.lastgroup
        if kind in {"number", "range"}:
            words.append(Word(re.sub(r"\s", "", raw).replace(",", "."), start, end, raw))
            continue
        folded = fold(raw)
        if kind == "word" and folded:
            unit = _UNITS.get(folded)
            if unit and _joins(words, text, start):
                number = words[-1] if not words[-1].is_mark else words[-2]
                del words[words.index(number) :]
                words.append(Word(_number(number.text) + unit, number.start, end, text[number.start : end]))
                continue
            words.append(Word(folded, start, end, raw))
        elif kind == "mark":
            words.append(Word(raw, start, end, raw))
    return words


def _joins(words: list[Word], text: str, start: int) -> bool:
    if not words:
        return False
    if words[-1].text == "-" and len(words) > 1:
        return words[-2].text[-1].isdigit() and words[-2].end == words[-1].start and words[-1].end == start
    last = words[-1]
    return last.text[-1].isdigit() and last.text[0] in "-0123456789" and not text[last.end : start].strip(" ")


def _number(text: str) -> str:
    return text.removesuffix(".0").removesuffix(".00")


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """An approximate English singular: `boots` -> `boot`, `batteries` -> `battery`; short words stay."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=100_000)
def within_edits(left: str, right: str, limit: int) -> bool:
    """Whether two words are at most `limit` edits apart; swapping two neighbours is one edit.

    Source: optimal string alignment distance (Damerau 1964).  Cost: O(len * len).
    """
    if abs(len(left) - len(right)) > limit:
        return False
    # One edit adds or removes one letter, so the length difference is a lower bound; it decides nearly every pair.
    letters, others = set(left), set(right)
    if len(letters - others) > limit or len(others - letters) > limit:
        return False
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            best = min(row[j] + 1, current[-1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            current.append(best)
        if min(current) > limit:
            return False
        before, row = row, current
    return row[-1] <= limit
