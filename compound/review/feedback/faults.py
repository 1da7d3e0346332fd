"""Planted faults: one deterministic change of a text, and whether an edited text still has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from compound.connector.state.digest import digest
from compound.review.feedback.negation import negations

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A planted fault.

    Attributes:
        operator: `number`, `order_id`, `negation`, `dropped_sentence` or `date`.
        before: What stood there: a value, some words, or the dropped sentence.
        after: What stands there now; empty for a dropped sentence.
        text: The whole text with the fault.
    """

    operator: str
    before: str
    after: str
    text: str

    def to_json(self) -> dict[str, JsonValue]:
        """As stored: without the text, which the draft has."""
        return {"operator": self.operator, "before": self.before, "after": self.after}

    @property
    def is_value(self) -> bool:
        """Whether a value was replaced, wherever it stands."""
        return self.operator in _VALUES


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a fault is planted in.

    Attributes:
        text: The text as it was decided.
        known: Everything else that the review shows: a wrong value must not stand there.
        elsewhere: Ids of other customers' reviews.
    """

    text: str
    known: str = ""
    elsewhere: Sequence[str] = ()


_VALUES: Final = frozenset({"number", "order_id", "date"})
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"),
    *("December", "Januar", "Februar", "März", "Mai", "Juni", "Juli", "Oktober", "Dezember", "enero", "febrero"),
    *("marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
_WEEKS: Final = tuple(
    tuple(one.split())
    for one in (
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
        "lunes martes miércoles jueves viernes sábado domingo",
    )
)
_DAY_OF: Final = {day: week for week in _WEEKS for day in week}
_MONTH: Final = "|".join(_MONTHS)
DATES: Final = re.compile(
    r"(?<![\w.-])(?:\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{2,4}|\d{1,2}/\d{1,2}/\d{2,4}"
    rf"|\d{{1,2}}\.? (?:de )?(?:{_MONTH})|(?:{_MONTH}) \d{{1,2}}|{'|'.join(_DAY_OF)})(?![\w-])"
)
IDS: Final = re.compile(r"(?<![\w-])(?:#[A-Za-z]{0,4}-?\d{2,}|[A-Z]{1,5}-?\d{2,})(?![\w-])")
NUMBERS: Final = re.compile(r"(?<![\w#.,:/-])\d+(?:[.,]\d+)?(?![\w:/-]|[.,]\d)")
_SENTENCE: Final = re.compile(r"(?<=[.!?\u3002\uff1f\uff01])(?<!\s\d\.)(?<!\s\d\d\.)\s+|\n+")
_WORD: Final = re.compile(r"\w{4,}|\d+")
_LEAST_SENTENCES, _LEAST_WORDS, _DAYS = 3, 3, 28
RETYPED: Final = 0.5
"""Share of the telling words of a dropped sentence that must be back in an edited text."""


def plant(material: Material, *, first: int, seed: str, only_values: bool = False) -> Fault | None:
    """Plant a fault in a text; None where nothing can be planted. The same arguments make the same fault.

    Args:
        material: The text, and what stands beside it.
        first: Number of the operator to try first; the others follow in turn.
        seed: Chooses among the places where an operator fits.
        only_values: Only operators that replace a value: the text is a list of arguments.
    """
    names = [one for one in _OPERATORS if one in _VALUES or not only_values]
    for step in range(len(names)):
        name = names[(first + step) % len(names)]
        found = [one for one in _OPERATORS[name](material) if one.text != material.text]
        if found:
            return found[int(digest([seed, name])[:8], 16) % len(found)]
    return None


def is_gone(planted: Mapping[str, JsonValue], said: str) -> bool:
    """Whether a planted fault is gone from everything that a decision would do."""
    before, after = str(planted["before"]), str(planted["after"])
    if planted["operator"] == "dropped_sentence":
        telling = set(_telling(before))
        back = telling & set(_telling(said))
        return len(back) >= RETYPED * len(telling)
    return not stands_in(after, said)


def stands_in(words: str, text: str) -> bool:
    """Whether some words or a value stand in a text, whole, however they are spaced."""
    spaced = r"\s+".join(re.escape(one) for one in words.split())
    before = r"(?<![\w#.,])" if words[:1].isdecimal() else r"(?<!\w)"
    return re.search(rf"{before}{spaced}(?!\w|[.,]\d)", text, re.IGNORECASE) is not None


def sentences(text: str) -> list[str]:
    """The sentences of a text, as they stand in it."""
    return [one for one in _SENTENCE.split(text) if one.strip()]


def _telling(text: str) -> list[str]:
    return [one.lower() for one in _WORD.findall(text)]


def _replaced(operator: str, material: Material, found: re.Match[str], wrong: str) -> Iterator[Fault]:
    """A value that is replaced wherever it stands; the wrong one stands nowhere."""
    right = found.group()
    if (
        wrong == right
        or stands_in(wrong, material.text)
        or (operator != "order_id" and stands_in(wrong, material.known))
    ):
        return
    text = re.sub(rf"(?<![\w#.,-]){re.escape(right)}(?!\w|[.,-]\d)", lambda _: wrong, material.text)
    yield Fault(operator=operator, before=right, after=wrong, text=text)


def _numbers(material: Material) -> Iterator[Fault]:
    taken = [one.span() for kind in (DATES, IDS) for one in kind.finditer(material.text)]
    for found in NUMBERS.finditer(material.text):
        if not any(start <= found.start() < end for start, end in taken):
            for wrong in _other_numbers(found.group()):
                made = list(_replaced("number", material, found, wrong))
                if made:
                    yield made[0]
                    break


def _other_numbers(written: str) -> Iterator[str]:
    """Other values of the same form, the likeliest mistake first: two digits swapped, then some more or less."""
    whole, mark, rest = written.partition("." if "." in written else ",")
    swapped = f"{whole[:-2]}{whole[-1]}{whole[-2]}" if len(whole) > 1 else whole
    if swapped != whole and not swapped.startswith("0"):
        yield f"{swapped}{mark}{rest}"
    for more in (2, 3, 5, 7, 9, 14):
        yield f"{str(int(whole) + more).zfill(len(whole))}{mark}{rest}"


def _ids(material: Material) -> Iterator[Fault]:
    for found in IDS.finditer(material.text):
        alike = sorted({one for one in material.elsewhere if _shape(one) == _shape(found.group())})
        for other in alike:
            if not stands_in(other, material.known):
                yield from _replaced("order_id", material, found, other)


def _shape(name: str) -> str:
    return re.sub(r"\d", "0", name)


def _dates(material: Material) -> Iterator[Fault]:
    for found in DATES.finditer(material.text):
        for wrong in _other_dates(found.group()):
            made = list(_replaced("date", material, found, wrong))
            if made:
                yield made[0]
                break


def _other_dates(written: str) -> Iterator[str]:
    if week := _DAY_OF.get(written):
        at = week.index(written)
        yield from (week[(at + more) % 7] for more in (1, 2, 3))
        return
    is_iso = re.match(r"\d{4}-", written) is not None
    day = re.search(r"\d+$" if is_iso else r"\d+", written)
    if day is None:
        return
    for more in (3, 7, 11, -2, -5):
        number = int(day.group()) + more
        if 1 <= number <= _DAYS:
            padded = str(number).zfill(len(day.group()) if day.group().startswith("0") or is_iso else 1)
            yield f"{written[: day.start()]}{padded}{written[day.end() :]}"


def _negated(material: Material) -> Iterator[Fault]:
    for before, after, text in negations(material.text):
        if not stands_in(after, material.text):
            yield Fault(operator="negation", before=before, after=after, text=text)


def _dropped(material: Material) -> Iterator[Fault]:
    """Neither the greeting nor the last sentence; only one that says something which the others do not."""
    parts = sentences(material.text)
    if len(parts) < _LEAST_SENTENCES:
        return
    for one in parts[1:-1]:
        at = material.text.find(one)
        text = f"{material.text[:at]}{material.text[at + len(one) :].lstrip(' ')}"
        own = set(_telling(one))
        if len(own - set(_telling(text))) >= max(_LEAST_WORDS, (1 - RETYPED) * len(own) + 1):
            yield Fault(operator="dropped_sentence", before=one.strip(), after="", text=text)


_OPERATORS: Final[Mapping[str, Callable[[Material], Iterator[Fault]]]] = {
    "number": _numbers,
    "order_id": _ids,
    "negation": _negated,
    "dropped_sentence": _dropped,
    "date": _dates,
}
