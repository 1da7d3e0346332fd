"""Theme, urgency and team of a ticket: rules over the reading, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from typing_extensions import TypedDict

from compound.tool import tool

from ..lexicon.words import fold
from ..planner.intents import heard
from ..shop.documents import Json
from ..tickets import Intake, Ticket

Urgency = Literal["now", "today", "soon", "whenever"]
Team = Literal["orders", "returns", "accounts", "languages", "security", "general"]
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)

_TEAM_OF: Mapping[str, Team] = {
    "cancel": "orders",
    "address": "orders",
    "swap": "returns",
    "return": "returns",
    "payment": "accounts",
    "user_address": "accounts",
}
_RUNNING_OUT = frozenset({"cancel", "address", "payment"})
"""Wishes that are only possible before an order is shipped."""
_SHORT = re.compile(
    r"\b(urgent(ly)?|asap|as soon as possible|immediately|right away|by tomorrow"
    r"|dringend|eilig|sofort|umgehend|so schnell wie moglich|bis morgen|noch heute"
    r"|urgente(mente)?|cuanto antes|lo antes posible|inmediatamente|hoy mismo|para manana)\b"
)
_ANGRY = re.compile(
    r"\b(unacceptable|complain(t)?|lawyer|third time|still waiting|disappointed|chargeback"
    r"|unverschamt|beschwerde|anwalt|zum dritten mal|warte immer noch|enttauscht"
    r"|inaceptable|queja|abogado|tercera vez|sigo esperando|decepcionad[oa])\b"
)


class Triaged(TypedDict):
    """A ticket on the board.

    Attributes:
        wishes: The specialist's wishes, most certain first; empty if it abstains.
        is_certain: Whether its certificate covers this letter; else the wishes are hints.
        reasons: Reasons for the urgency and the team.
    """

    id: str
    subject: str
    text: str
    language: str
    received_at: str
    customer: str
    wishes: list[str]
    is_certain: bool
    urgency: Urgency
    team: Team
    reasons: list[str]


@tool
def triage_ticket(ticket: Ticket, intake: Intake, intent: dict[str, Json]) -> Triaged:
    """Urgency and team of one ticket, with the reasons. It decides nothing about the request itself."""
    said = heard(intent)
    wishes = sorted(said.wishes, key=lambda wish: (-said.scores[wish], wish))
    urgency, soon = _urgency(intake, wishes)
    team, whose = _team(intake, wishes)
    return Triaged(
        id=ticket.id,
        subject=intake["subject"][:80],
        text=intake["text"],
        language=intake["language"],
        received_at=ticket.received_at or "",
        customer=intake["email"] or intake["customer_id"] or "",
        wishes=[str(wish) for wish in wishes],
        is_certain=said.certain,
        urgency=urgency,
        team=team,
        reasons=[*soon, *whose],
    )


def _urgency(intake: Intake, wishes: Sequence[str]) -> tuple[Urgency, list[str]]:
    text = fold(intake["text"])
    short, angry = _SHORT.search(text), _ANGRY.search(text)
    running = [wish for wish in wishes if wish in _RUNNING_OUT]
    if short and running:
        return "now", [f"{running[0]} is only possible until it is shipped", f"the letter says {short.group()!r}"]
    if running:
        return "today", [f"{running[0]} is only possible until it is shipped"]
    if angry or short:
        return "today", [f"the letter says {match.group()!r}" for match in (angry, short) if match]
    if wishes:
        return "soon", []
    return "whenever", ["no wish was heard"]


def _team(intake: Intake, wishes: Sequence[str]) -> tuple[Team, list[str]]:
    if intake["suspicious"]:
        return "security", [f"suspicious: {intake['suspicious'][0]}"]
    if intake["language"] == "other":
        return "languages", ["its language is not one of ours"]
    if not wishes:
        return "general", []
    return _TEAM_OF.get(wishes[0], "general"), []
