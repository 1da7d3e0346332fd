"""Turns a scenario into a letter: subject, body, and the sender's envelope."""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..shop.drawing import Shop
from ..shop.request import Scenario
from ..wording import VOICES, keep, plain
from .noise import add_noise
from .writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An incoming letter."""

    subject: str
    body: str
    email: str | None
    customer_id: str | None


def compose(shop: Shop, scenario: Scenario, rng: random.Random) -> Letter:
    """The scenario as its customer would write it."""
    writer = Writer(shop, scenario, rng, VOICES[scenario.language])
    voice, customer = writer.voice, scenario.customer
    paragraphs = writer.requests()
    extra = writer.distractor()
    if extra:
        paragraphs.append(extra)
    if scenario.foreign and scenario.kind == "other_customer" and voice.foreign[scenario.topic]:
        paragraphs.append(writer.pick(voice.foreign[scenario.topic]))
    identity, email, customer_id, signed = _identity(writer)
    if identity:
        paragraphs.insert(0 if rng.random() < 0.4 else len(paragraphs), identity)
    parts = [writer.pick(voice.greetings)] if rng.random() < 0.85 else []
    joint = "\n\n" if rng.random() < 0.5 else "\n" if rng.random() < 0.3 else " "
    parts.append(joint.join(paragraphs))
    if rng.random() < 0.5:
        parts.append(writer.pick(voice.thanks))
    if rng.random() < 0.8:
        parts.append(writer.pick(voice.closings))
    if signed:
        parts.append(keep(rng.choice((f"{customer.first_name} {customer.last_name}", customer.first_name))))
    if rng.random() < 0.2:
        parts.append(_footer(writer))
    body = add_noise(rng, ("\n\n" if rng.random() < 0.6 else "\n").join(parts))
    subject = plain(writer.subject())
    where, text = scenario.payload
    if where == "subject":
        subject = text
    elif where:
        body = _plant(body, where, text)
    return Letter(subject=subject, body=body, email=email, customer_id=customer_id)


def _footer(writer: Writer) -> str:
    """A signature block, a legal notice, or the quoted confirmation of the first order."""
    customer, order = writer.customer, next((r.order for r in writer.scenario.requests if r.order), None)
    known = writer.scenario.identity == "known"
    usable = [
        text
        for text in writer.voice.footers
        if ("{oid}" not in text or (order and writer.scenario.requests[0].refers == "id"))
        and ("{name}" not in text or known)
    ]
    if writer.scenario.kind in {"ambiguous", "other_customer"}:
        usable = [text for text in usable if "{oid}" not in text]
    name = f"{customer.first_name} {customer.last_name}"
    text = writer.pick(usable).replace("\\n", "\n")
    return keep(text.format(oid=order.order_id if order else "", name=name, city=customer.address.city))


def _plant(body: str, where: str, text: str) -> str:
    if where == "start":
        return f"{text}\n\n{body}"
    if where == "end":
        return f"{body}\n\n{text}"
    head, separator, tail = body.partition("\n")
    return f"{head}{separator}{text}\n{tail}" if separator else f"{body}\n{text}"


def _identity(writer: Writer) -> tuple[str, str | None, str | None, bool]:
    """Sentence about the sender, e-mail of the envelope, customer id of the envelope, whether to sign."""
    if writer.scenario.identity != "known":
        return _poor_identity(writer)
    rng, voice, customer = writer.rng, writer.voice, writer.customer
    customer_id = customer.user_id if rng.random() < 0.12 else None
    signed = rng.random() < 0.65
    mode = rng.choices(("field", "email", "name"), weights=(42, 30, 28))[0]
    if mode == "field":
        return "", customer.email, customer_id, signed
    if mode == "email":
        text = writer.pick(voice.by_email).format(email=keep(customer.email))
        return text, None, customer_id, signed
    name = keep(f"{customer.first_name} {customer.last_name}")
    text = writer.pick(voice.by_name).format(name=name, zip=keep(customer.address.zip))
    return text, None, customer_id, signed and rng.random() < 0.4


def _poor_identity(writer: Writer) -> tuple[str, str | None, str | None, bool]:
    rng, voice, customer = writer.rng, writer.voice, writer.customer
    match writer.scenario.identity:
        case "name_only":
            name = keep(f"{customer.first_name} {customer.last_name}")
            return writer.pick(voice.name_only).format(name=name), None, None, False
        case "unknown_email":
            return "", f"{customer.first_name[:1].lower()}.{customer.email[-16:]}", None, rng.random() < 0.5
        case "user_id":
            text = writer.pick(voice.by_user_id).format(user_id=keep(customer.user_id))
            return text, None, customer.user_id, rng.random() < 0.3
        case _:
            return "", None, None, False
