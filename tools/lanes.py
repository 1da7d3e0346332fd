"""Who writes, and who decides: the customer's identity, and whether a ticket is clean or goes to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import JsonValue
from typing_extensions import TypedDict

from compound.tool import PROVEN, Verdict, tool

from .lexicon.words import fold
from .planner.intents import heard, wishes_of
from .shop.proposals import Plan
from .tickets import Intake

SURE = 0.9
"""Plans below this confidence go to a person: a default was used, or a typo in an important word was corrected."""


LOUD, FAINT = 0.75, 0.25
"""A specialist without a certificate objects if it is this sure of one wish and nearly rules out a planned one."""


class Identity(TypedDict):
    """The customer of a ticket; `customer_id` is null if not proven, and `reason` has the reason or the proof."""

    customer_id: Annotated[str | None, PROVEN]
    reason: str


class Lane(TypedDict):
    """`clean`: the graph may decide; `deferred`: a person decides, for these reasons."""

    lane: Literal["clean", "deferred"]
    reasons: list[str]


@tool
def identify(intake: Intake, customers: list[dict[str, JsonValue]]) -> Identity:
    """Identify the writer: by e-mail, or by first name, last name and zip. A customer id alone proves nothing."""
    proven = {str(row["user_id"]): how for row in customers if (how := _proof(intake, row))}
    if not proven:
        return {"customer_id": None, "reason": "no customer has this e-mail, or this name and zip"}
    if (claimed := str(intake["customer_id"] or "")) in proven:
        # The envelope takes precedence over names in the text: the address for a receipt is not the writer.
        proven = {claimed: proven[claimed]}
    if len(proven) > 1:
        return {"customer_id": None, "reason": "the e-mail and the name belong to different customers"}
    (customer_id, how), given = next(iter(proven.items())), intake["customer_id"]
    if given and given != customer_id:
        return {"customer_id": None, "reason": "the customer id given is another customer's"}
    return {"customer_id": customer_id, "reason": how}


def _proof(intake: Intake, row: Mapping[str, JsonValue]) -> str:
    def same(given: str | None, column: str) -> bool:
        return bool(given) and fold(str(given)) == fold(str(row.get(column) or ""))

    if same(intake["email"], "email"):
        return "e-mail"
    written = f"{intake['first_name']} {intake['last_name']}"
    stored = f"{row.get('first_name')} {row.get('last_name')}"
    if intake["first_name"] and fold(written) == fold(stored) and same(intake["zip"], "zip"):
        return "name and zip"
    return ""


@tool
def choose_lane(
    intake: Intake,
    who: Identity,
    intent: dict[str, JsonValue] | None,
    plan: Plan | None,
    verdict: Verdict,
    draft: dict[str, JsonValue] | None,
    proof: Verdict,
) -> Lane:
    """Clean only if the writer is proven, every word is explained, every check holds and nothing is suspicious."""
    reasons = lane_reasons(intake, who, plan)
    reasons += intent_reasons(intent, plan) if plan else []
    if not verdict.ok:
        reasons += [f"policy: {problem}" for problem in verdict.problems] or ["policy"]
    if not proof.ok:
        reasons += [f"proof: {problem}" for problem in proof.problems] or ["proof"]
    if not str((draft or {}).get("text") or "").strip():
        reasons.append("there is no reply")
    return {"lane": "deferred" if reasons else "clean", "reasons": reasons}


def lane_reasons(intake: Intake, who: Identity, plan: Plan | None) -> list[str]:
    """Why a ticket with this plan needs a person; empty if only checks and intent could still object."""
    reasons: list[str] = []
    if not who["customer_id"]:
        reasons.append(f"not identified: {who['reason']}")
    reasons += [f"suspicious: {sign}" for sign in intake["suspicious"]]
    if plan is None:
        return [*reasons, "there is no plan"]
    if plan["abstain"]:
        reasons.append(f"abstains: {plan['abstain']}")
    elif not plan["actions"]:
        reasons.append("nothing is proposed")
    reasons += [f"unexplained: {text}" for text in plan["unexplained"]]
    reasons += [f"to ask: {question}" for question in plan["questions"]]
    reasons += [f"refused: {refusal['request']}" for refusal in plan["refusals"]]
    if plan["actions"] and plan["confidence"] < SURE:
        reasons.append(f"confidence {plan['confidence']:.2f} is below {SURE:.2f}")
    return reasons


def intent_reasons(intent: Mapping[str, JsonValue] | None, plan: Plan) -> list[str]:
    """The difference between the specialist's wishes and those of the plan.

    An abstaining specialist does not object: the plan explains every word by itself.
    """
    said = heard(dict(intent) if intent else None)
    planned = set(wishes_of(action["name"] for action in plan["actions"]))
    more = [wish for wish, p in sorted(said.scores.items()) if wish not in planned and p >= LOUD]
    fewer = [wish for wish in sorted(planned) if said.scores.get(wish, 1.0) <= FAINT]
    if said.certain and set(said.wishes) != planned:
        return [f"the intent specialist hears {sorted(said.wishes)}, the plan does {sorted(planned)}"]
    if more and fewer:
        return [f"the intent specialist hears {more} rather than {fewer}"]
    return []
