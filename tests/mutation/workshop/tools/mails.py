"""What the workshop's graphs call. Only the signatures count where samples stand in for the functions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, JsonValue

from compound.tool import CALLER, PROVEN, Verdict, check, tool


class Mail(BaseModel):
    text: str
    language: Literal["de", "en"]
    bike_id: str | None
    words: list[str]


class Person(BaseModel):
    customer_id: Annotated[str | None, PROVEN]
    reason: str


class Lane(BaseModel):
    lane: Literal["clean", "person"]
    score: float
    reasons: list[str]


class Repair(BaseModel):
    repair_id: str
    status: Literal["open", "done", "failed"]
    price: float


class Estimate(BaseModel):
    amount: float
    days: int
    note: str | None


@tool
def read_mail(text: str, limit: int = 2000) -> Mail:
    """Clean a mail."""
    return Mail(text=text[:limit], language="en", bike_id=None, words=text.split())


@tool
def find_person(address: str) -> Person:
    """Who wrote, proven by the address."""
    return Person(customer_id=address or None, reason="known address")


@tool
def choose_lane(repair: JsonValue, amount: float) -> Lane:
    """Whether a person must look."""
    return Lane(lane="clean" if amount < 50 else "person", score=1.0, reasons=[str(repair)])


@tool
def estimate(repair: Repair, urgent: bool = False) -> Estimate:
    """What a repair costs."""
    return Estimate(amount=repair.price, days=1 if urgent else 3, note=None)


@tool
def add_up(amounts: list[float]) -> float:
    """The sum of amounts."""
    return sum(amounts)


@tool
async def forecast(city: str, days: int = 1) -> str:
    """Whether it rains, from a service."""
    return f"{city}: dry for {days} days"


@tool
def free_slots(customer_id: Annotated[str, CALLER], day: str) -> list[str]:
    """When somebody may bring a bicycle."""
    return [f"{day} 10:00 for {customer_id}"]


@check("grounded")
def grounded(claim: str, evidence: list[JsonValue]) -> Verdict:
    """Whether the passages say it."""
    return Verdict(ok=bool(evidence), score=1.0 if claim else 0.0)


@check("polite")
def polite(text: str, language: Literal["de", "en"]) -> Verdict:
    """Whether it may be sent."""
    return Verdict(ok=bool(text and language))
