"""The parts of a wish: frames, their things, the details of these and the payment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..shop.documents import Address
from .matching import Found

Family: TypeAlias = Literal["cancel", "return", "swap", "address", "user_address", "payment", "drop"]
WEAK = {"change", "ship"}


@dataclass(slots=True)
class Said:
    """A mentioned option value of an item.

    `lead`: before the item's name. `aim`: after a word like "to". `second`: part of a second choice.
    """

    found: Found
    lead: bool = False
    aim: bool = False
    second: bool = False


@dataclass(slots=True)
class Piece:
    """One thing of a frame, with its details."""

    thing: Found | None = None
    said: list[Said] = field(default_factory=list[Said])
    options: list[tuple[dict[str, str], int]] = field(default_factory=list[tuple[dict[str, str], int]])
    item_ids: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Pay:
    """A mentioned payment method: an id, or a kind with perhaps a brand and last digits; `before`: it is the old one."""

    at: int
    method_id: str = ""
    source: str = ""
    brand: str = ""
    last_four: str = ""
    before: bool = False


@dataclass(slots=True)
class Frame:
    """One wish with its details; `parts` are the indexes of the words used."""

    family: Family | None
    orders: list[str] = field(default_factory=list[str])
    pieces: list[Piece] = field(default_factory=list[Piece])
    pays: list[Pay] = field(default_factory=list[Pay])
    addresses: list[Address] = field(default_factory=list[Address])
    reasons: list[str] = field(default_factory=list[str])
    nouns: set[str] = field(default_factory=set[str])
    acts: list[str] = field(default_factory=list[str])
    status: list[str] = field(default_factory=list[str])
    parts: set[int] = field(default_factory=set[int])
    sentences: set[int] = field(default_factory=set[int])
    asked: bool = False
    inferred: bool = False
    agreed: bool = False
    on_order: bool = False

    @property
    def has_object(self) -> bool:
        """Whether it names an order, a thing or an address of its own."""
        return bool(self.orders or self.addresses or any(p.thing or p.options or p.item_ids for p in self.pieces))


def segment_things(frame: Frame) -> list[Piece]:
    """The pieces that name a thing."""
    return [piece for piece in frame.pieces if piece.thing or piece.item_ids]


def has_no_things(frame: Frame) -> bool:
    """Whether it names no thing."""
    return not segment_things(frame)
