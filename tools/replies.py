"""The offline writer: a reply from the plan, the rows, the policy passages and the nearest past case.

It is not a language model: every sentence is fixed, every figure comes from a row, and every quote comes from a
passage that is cited.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from compound.model import solver

from .checks import DraftReply
from .letters.reply_texts import TEXTS
from .lexicon.words import fold, split_words
from .shop.documents import Json, Order, PaymentMethod
from .shop.facts import Facts, read_facts
from .shop.proposals import Plan, Proposal

_TOPICS = {
    "cancel_pending_order": "cancel cancellation pending refund",
    "return_delivered_order_items": "return delivered refund",
    "exchange_delivered_order_items": "exchange delivered",
    "modify_pending_order_items": "change modify items pending",
    "modify_pending_order_payment": "payment method pending change",
    "modify_pending_order_address": "address pending shipping change",
    "modify_user_address": "default address account profile",
}
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_MARKS = re.compile(r"[*_`#|>]+")


@solver("retail_reply")
def draft(inputs: Mapping[str, Json]) -> Json:
    """Write the reply from the inputs of the graph's `draft` node; returns a `Draft`."""
    return cast("Json", write_reply(inputs))


def write_reply(inputs: Mapping[str, Json]) -> DraftReply:
    """The typed form of `draft`."""
    plan = cast("Plan", inputs.get("plan") or {})
    intake = cast("Mapping[str, Json]", inputs.get("intake") or {})
    who = cast("Mapping[str, Json]", inputs.get("who") or {})
    language = str(intake.get("language") or "en")
    texts = TEXTS.get(language, TEXTS["en"])
    customer_id = who.get("customer_id")
    facts = read_facts(customer_id, inputs) if isinstance(customer_id, str) else None
    passages = [p for p in cast("list[Mapping[str, Json]]", inputs.get("policies") or [])]
    if facts is None:
        return {"text": _letter(texts, "", [texts["identity"]]), "cites": []}
    actions = plan.get("actions") or []
    parts = [_action(texts, facts, action) for action in actions]
    parts += [texts["refused"].format(why=why) for why in _refusals(texts, facts, plan, inputs)]
    if plan.get("questions"):
        parts.append(texts["questions"] + "\n" + "\n".join(f"- {question}" for question in plan["questions"]))
    topic = " ".join(_TOPICS.get(action["name"], "") for action in actions) or str(intake.get("text") or "")
    quote, cites = _quote(passages, topic, whole=not actions)
    if quote and (not actions or plan.get("refusals")) and (language == "en" or not parts):
        parts.append(texts["policy"].format(text=quote))
    if not actions or plan.get("unexplained"):
        parts.append(texts["person"])
    return {"text": _letter(texts, facts.customer["name"]["first_name"], parts), "cites": cites}


def _letter(texts: Mapping[str, str], name: str, parts: Sequence[str]) -> str:
    hello = texts["hello"].format(name=name) if name else texts["hello_nobody"]
    return "\n\n".join([f"{hello} {texts['thanks']}", *parts, texts["bye"]])


def _action(texts: Mapping[str, str], facts: Facts, action: Proposal) -> str:
    arguments, name = action["arguments"], action["name"]
    order = facts.orders.get(str(arguments.get("order_id")))
    address = ", ".join(
        str(arguments[k]) for k in ("address1", "address2", "city", "state", "zip", "country") if arguments.get(k)
    )
    if name == "modify_user_address" or order is None:
        return texts["user_address"].format(address=address)
    order_id = order["order_id"]
    method = _method(texts, facts.customer["payment_methods"].get(str(arguments.get("payment_method_id"))))
    paid = order["payment_history"][0] if order["payment_history"] else None
    old = [str(item) for item in cast("list[Json]", arguments.get("item_ids") or [])]
    if name == "cancel_pending_order":
        original = facts.customer["payment_methods"].get(paid["payment_method_id"]) if paid else None
        amount = _money(sum(p["amount"] for p in order["payment_history"]))
        reason = texts.get(str(arguments["reason"]), str(arguments["reason"]))
        return texts["cancel"].format(order=order_id, reason=reason, amount=amount, method=_method(texts, original))
    if name == "modify_pending_order_address":
        return texts["address"].format(order=order_id, address=address)
    if name == "modify_pending_order_payment":
        return texts["payment"].format(order=order_id, method=method, amount=_money(paid["amount"] if paid else 0.0))
    if name == "return_delivered_order_items":
        lines = [_line(order, item) for item in old]
        names = ", ".join(f"{line[0]} ({_money(line[1])})" for line in lines)
        total = _money(sum(price for _, price in lines))
        return texts["return"].format(items=names, order=order_id, amount=total, method=method)
    return _swap(texts, facts, action, order, method)


def _swap(texts: Mapping[str, str], facts: Facts, action: Proposal, order: Order, method: str) -> str:
    old = [str(item) for item in cast("list[Json]", action["arguments"]["item_ids"])]
    new = [str(item) for item in cast("list[Json]", action["arguments"]["new_item_ids"])]
    swaps: list[str] = []
    difference = 0.0
    for before, after in zip(old, new, strict=False):
        item = next(item for item in order["items"] if item["item_id"] == before)
        variant = facts.products[item["product_id"]]["variants"][after]
        difference += variant["price"] - item["price"]
        options = ", ".join(f"{key} {value}" for key, value in variant["options"].items())
        swaps.append(texts["swap"].format(old=item["name"], new=f"{item['name']} ({options})"))
    money = "pay_none" if abs(difference) < 0.005 else "pay_more" if difference > 0 else "pay_back"
    said = texts[money].format(amount=_money(abs(difference)), method=method)
    kind = "items" if action["name"] == "modify_pending_order_items" else "exchange"
    return texts[kind].format(order=order["order_id"], swaps="; ".join(swaps), difference=said)


def _line(order: Order, item_id: str) -> tuple[str, float]:
    item = next(item for item in order["items"] if item["item_id"] == item_id)
    return item["name"], item["price"]


def _method(texts: Mapping[str, str], method: PaymentMethod | None) -> str:
    if method is None:
        return "-"
    text = texts[method["source"]]
    return text.format(brand=method.get("brand", "").title(), last_four=method.get("last_four", ""))


def _money(amount: float) -> str:
    return f"${amount:.2f}"


def _refusals(texts: Mapping[str, str], facts: Facts, plan: Plan, inputs: Mapping[str, Json]) -> list[str]:
    said: list[str] = []
    for refusal in plan.get("refusals") or []:
        found = re.search(r"#W\d+", refusal["request"])
        order = facts.orders.get(found.group()) if found else None
        text = texts.get(refusal["rule"], texts["effect"])
        if "{order}" in text and order is None:
            text = texts["effect"]
        said.append(text.format(order=order["order_id"], status=order["status"]) if order else text)
    return list(dict.fromkeys(said))


def _quote(passages: Sequence[Mapping[str, Json]], topic: str, *, whole: bool) -> tuple[str, list[str]]:
    """The sentence of the passages that shares most words with the topic, and the id of its passage."""
    wanted = {word.text for word in split_words(topic[:600]) if len(word.text) > 3}
    best: tuple[float, str, str] = (0.0, "", "")
    for rank, passage in enumerate(passages):
        for sentence in _SENTENCE.split(str(passage.get("text") or "")):
            plain = _MARKS.sub("", sentence).strip(" -")
            if not 30 <= len(plain) <= 300:
                continue
            shared = len(wanted & {fold(word) for word in plain.split()})
            score = shared / (len(plain.split()) ** 0.5) - 0.01 * rank
            if score > best[0]:
                best = (score, plain, str(passage.get("id") or ""))
    return best[1], [best[2]] if best[2] else []
