"""What a draft claims, with the place of the evidence behind each claim; claims without one come first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from compound.review.evidence.claims import Claim, Known, claims_in, value_claim
from compound.review.evidence.leaves import folded
from compound.web.reviews.one.marks import Span
from compound.web.site.words import N_

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.review.evidence.claims import Support
    from compound.review.evidence.leaves import Path

MOST: Final = 200
"""Claims of one review."""
SAYS: Final = 160
"""Characters of the evidence that are quoted beside a claim."""

_LINK: Final = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"')\]]+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/[^\s<>\"')\]]*", re.IGNORECASE
)
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_UNIT: Final = r"(?:[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|JPY|INR)\b)"
_MONEY: Final = re.compile(rf"{_UNIT} ?\d+(?:[.,]\d+)*|\b\d+(?:[.,]\d+)* ?{_UNIT}")
_AMOUNT: Final = re.compile(r"\d+(?:[.,]\d+)*")
_KINDS: Final = ((N_("link"), _LINK), (N_("e-mail"), _MAIL), (N_("IBAN"), _IBAN), (N_("amount"), _MONEY))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A place of the evidence that says what a claim says.

    Attributes:
        anchor: Id of its mark.
        piece: Name of the evidence; `item` for the source item.
        place: The value inside: names, and numbers of rows from 1.
        quote: The exact words.
    """

    anchor: str
    piece: str
    place: Sequence[str | int]
    kind: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A claim to show.

    Attributes:
        number: From 1; the keys 1 to 9 go to it.
        where: Empty for a sentence of the text; otherwise the effect and the argument.
        state: `passage`, `data`, `source` by its evidence, or `unsupported`.
        key: Hash of its words: a person who checked it checked these words.
        start: First character in the text; `end` is behind the last.
    """

    number: int
    text: str
    where: str
    state: str
    key: str
    start: int
    end: int
    said: Sequence[Said]
    missing: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A link, an address, an account or an amount of a text that the evidence does not have."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An argument of an effect to prove.

    Attributes:
        where: The effect and the argument, for people.
        place: Its place in the effects: `(0, "order_id")`.
    """

    where: str
    place: tuple[str | int, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims of a draft.

    Attributes:
        of_text: Claims of the text, in its order.
        of_arguments: Place of an argument to its claim.
        spans: Place of the evidence to the parts that claims rest on.
    """

    of_text: Sequence[Shown]
    of_arguments: Mapping[tuple[str | int, ...], Shown]
    spans: Mapping[Path, Sequence[Span]]
    flags: Sequence[Flag]

    @property
    def all(self) -> Sequence[Shown]:
        """Every claim: first those with facts that the evidence does not have, then others without evidence."""
        every = [*self.of_text, *self.of_arguments.values()]
        return sorted(every, key=lambda one: (one.state != "unsupported", not one.missing, one.number))

    @property
    def unsupported(self) -> Sequence[Shown]:
        """The claims for which the evidence has nothing."""
        return [one for one in self.all if one.state == "unsupported"]


def claims_of_draft(
    text: str, arguments: Sequence[Argument], evidence: Mapping[str, JsonValue], source: Mapping[str, JsonValue]
) -> Claims:
    """The claims of a draft, numbered in the order in which they are read.

    Args:
        text: The text that is sent.
        arguments: Arguments of the effects.
        evidence: What can prove them.
        source: The item that the run answers.
    """
    known, whole = Known(evidence, source), {**evidence, "item": dict(source)}
    numbers = iter(range(1, MOST + 1))
    spans: dict[Path, list[Span]] = {}

    def shown(claim: Claim, words: str, where: str, number: int) -> Shown:
        said = [_said(one, number, index, whole) for index, one in enumerate(claim.supports)]
        for one, support in zip(said, claim.supports, strict=True):
            spans.setdefault(support.path, []).append(Span(support.start, support.end, number, one.anchor))
        state = "unsupported" if claim.state == "unsupported" else claim.supports[0].kind
        return Shown(
            number=number, text=words, where=where, state=state, key=key_of(words, where), start=claim.start,
            end=claim.end, said=said, missing=claim.missing,
        )  # fmt: skip

    of_text = [
        shown(claim, text[claim.start : claim.end], "", number)
        for claim, number in zip((one for one in claims_in(text, known) if one.state != "empty"), numbers, strict=False)
    ]
    proven = ((one, value_claim(one.text, known, one.where)) for one in arguments)
    of_arguments = {
        one.place: shown(claim, one.text, one.where, number)
        for (one, claim), number in zip((pair for pair in proven if pair[1].state != "empty"), numbers, strict=False)
    }
    return Claims(of_text=of_text, of_arguments=of_arguments, spans=spans, flags=flags_of(text, known))


def key_of(text: str, where: str = "") -> str:
    """Hash of the words of a claim."""
    return sha256(f"{where}\n{folded(text)}".encode()).hexdigest()[:16]


def flags_of(text: str, known: Known) -> Sequence[Flag]:
    """Links, addresses, accounts and amounts of a text that the evidence does not have."""
    found: dict[str, Flag] = {}
    for kind, pattern in _KINDS:
        for one in pattern.findall(text):
            word = one.rstrip(".,;:!?")
            wanted = _AMOUNT.findall(word)[0] if kind == "amount" else word
            if word and known.fact(wanted) is None:
                found.setdefault(word, Flag(kind=kind, text=word))
    return list(found.values())


def _said(support: Support, number: int, index: int, whole: Mapping[str, JsonValue]) -> Said:
    value: JsonValue = dict(whole)
    for step in support.path:
        value = value[step]  # pyright: ignore[reportArgumentType, reportCallIssue, reportIndexIssue, reportOptionalSubscript]
    quote = str(value)[support.start : support.end]
    anchor = f"c{number}" if index == 0 else f"c{number}-{index + 1}"
    rest = support.path[1:]
    place = [one + 1 if isinstance(one, int) else one.replace("_", " ") for one in rest]
    short = quote if len(quote) <= SAYS else f"{quote[: SAYS - 1]}…"
    return Said(anchor=anchor, piece=str(support.path[0]), place=place, kind=support.kind, quote=short)


def leaves(value: JsonValue, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text and number of a value, with its place."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, (*path, name))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from leaves(one, (*path, index))
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        yield path, str(value)
