"""What the workshop may do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from compound.effect import RECIPIENT, effect


class _Args(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SendMail(_Args):
    """Arguments of `send_mail`."""

    ticket_id: Annotated[str, RECIPIENT]
    text: str


class PayBack(_Args):
    """Arguments of `pay_back`."""

    repair_id: str
    amount: float
    reason: Literal["failed", "late", "other"]


class Book(_Args):
    """Arguments of `book`."""

    slot: str
    bike_id: str


class Note(_Args):
    """Arguments of `note`."""

    text: str


@effect("send_mail", target="desk")
def send_mail(tx: object, args: SendMail) -> JsonValue:
    """Answer a mail."""
    return args.ticket_id


@effect("pay_back", target="shop")
def pay_back(tx: object, args: PayBack) -> JsonValue:
    """Pay for a repair that failed."""
    return args.amount


@effect("book", target="shop")
def book(tx: object, args: Book) -> JsonValue:
    """Reserve a slot."""
    return args.slot


@effect("note", target="shop")
def note(tx: object, args: Note) -> JsonValue:
    """Write into the book of the workshop."""
    return args.text
