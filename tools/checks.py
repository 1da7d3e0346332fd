"""The checks of the desk: policy (a dry run on the shop) and provenance (every figure has a source)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import cast

from pydantic import JsonValue
from typing_extensions import TypedDict

from compound.errors import EffectRefused
from compound.tool import Verdict, check

from .lanes import Identity
from .shop.documents import Action, Customer, Json, Order, Product
from .shop.proposals import Plan
from .shop.rules import ShopView, apply, copy_view, diff, price_difference, require_owner, touched_order
from .tickets import Intake

# A match starts where its run of characters starts: starting inside a long run would cost quadratic time.
_FIGURE = re.compile(r"(?<![#\w.+%-])[#\w.+%-]*@[\w.-]+|#?(?<![A-Za-z_])[A-Za-z_]*\d(?:[\w.,:/'%-]*[\w%])?")
_WITH_LETTERS = re.compile(r"(\d+)[a-z]+|[a-z]+(\d+)")
_GROUPS = re.compile(r"(?<=\d),(?=\d{3}\b)")


class DraftReply(TypedDict):
    """A reply and the passages that it cites."""

    text: str
    cites: list[str]


@check("policy")
def policy(plan: Plan | None, who: Identity, shop: dict[str, JsonValue] | None = None) -> Verdict:
    """Dry run of every proposed action, in order, on the customer's present documents in the shop.

    No plan (the model gave no usable answer) does not pass.
    """
    if plan is None:
        return Verdict(ok=False, problems=["there is no plan"], details={"refused": [], "versions": {}, "amounts": []})
    if not plan["actions"]:
        # Nothing to rehearse; but a reply that names an order must not be sent once that order has changed.
        pins = _versions(shop, plan, who["customer_id"]) if shop and who["customer_id"] else {}
        return Verdict(ok=True, details={"refused": [], "versions": pins, "amounts": []})
    if shop is None or not who["customer_id"]:
        return Verdict(
            ok=False,
            problems=["the customer is not identified"],
            details={"refused": [], "versions": {}, "amounts": []},
        )
    before = read_view(shop)
    view = copy_view(before)
    refused: list[JsonValue] = []
    amounts: list[JsonValue] = []
    problems: list[str] = []
    for proposal in plan["actions"]:
        action: Action = {"name": proposal["name"], "arguments": proposal["arguments"]}
        try:
            require_owner(view, action, who["customer_id"])
            moved = _amounts(view, action)
            apply(view, action)
        except EffectRefused as error:
            refused.append({"action": proposal["name"], "rule": error.code, "what": error.what})
            problems.append(error.what)
        else:
            amounts += moved
    versions = _versions(shop, plan, who["customer_id"])
    details: dict[str, JsonValue] = {"refused": refused, "versions": versions, "amounts": amounts}
    details["changes"] = len(diff(before, view))
    return Verdict(ok=not problems, problems=problems, details=details)


def read_view(shop: Mapping[str, JsonValue]) -> ShopView:
    """The documents of a shop record: `{customers, orders, products, versions}`, also one level down."""
    held = cast("Mapping[str, JsonValue]", shop.get("documents") or shop)
    return ShopView(
        customers=cast("dict[str, Customer]", held.get("customers") or {}),
        orders=cast("dict[str, Order]", held.get("orders") or {}),
        products=cast("dict[str, Product]", held.get("products") or {}),
    )


def _versions(shop: Mapping[str, JsonValue], plan: Plan, customer_id: str) -> dict[str, JsonValue]:
    known = cast("Mapping[str, JsonValue]", shop.get("versions") or {})
    said = " ".join([*plan["questions"], *plan["unexplained"], *(str(one) for one in plan["refusals"])])
    touched = {ref for ref in known if ref.startswith("orders/") and ref.removeprefix("orders/") in said}
    if plan["actions"]:
        touched.add(f"customers/{customer_id}")
    for action in plan["actions"]:
        order_id = touched_order({"name": action["name"], "arguments": action["arguments"]})
        if order_id:
            touched.add(f"orders/{order_id}")
    return {ref: known[ref] for ref in sorted(touched) if ref in known}


def _amounts(view: ShopView, action: Action) -> list[JsonValue]:
    """The money that an action moves, USD: positive is paid by the customer, negative goes back."""
    arguments, name = action["arguments"], action["name"]
    order_id = touched_order(action)
    order = view.orders.get(order_id) if order_id else None
    if order is None:
        return []
    if name == "cancel_pending_order":
        return [_amount(name, order_id, p["payment_method_id"], -p["amount"]) for p in order["payment_history"]]
    method = str(arguments.get("payment_method_id") or "")
    if name == "modify_pending_order_payment":
        return [_amount(name, order_id, method, p["amount"]) for p in order["payment_history"][:1]]
    old = [str(item) for item in cast("list[Json]", arguments.get("item_ids") or [])]
    if name == "return_delivered_order_items":
        prices = {item["item_id"]: item["price"] for item in order["items"]}
        return [_amount(name, order_id, method, -sum(prices.get(item, 0.0) for item in old))]
    if "new_item_ids" in arguments:
        new = [str(item) for item in cast("list[Json]", arguments["new_item_ids"])]
        try:
            difference = price_difference(order, view.products, list(zip(old, new, strict=True)))
        except (KeyError, StopIteration, ValueError):
            return []
        return [_amount(name, order_id, method, difference)]
    return []


def _amount(name: str, order_id: str | None, method: str, amount: float) -> JsonValue:
    return {"action": name, "order_id": order_id, "payment_method_id": method, "amount": round(amount, 2)}


@check("provenance")
def provenance(
    draft: DraftReply | None,
    plan: Plan | None,
    intake: Intake,
    verdict: Verdict | None = None,
    customers: list[dict[str, JsonValue]] | None = None,
    orders: list[dict[str, JsonValue]] | None = None,
    items: list[dict[str, JsonValue]] | None = None,
    payments: list[dict[str, JsonValue]] | None = None,
    methods: list[dict[str, JsonValue]] | None = None,
    variants: list[dict[str, JsonValue]] | None = None,
    policies: list[dict[str, JsonValue]] | None = None,
) -> Verdict:
    """Every number, id, date and amount of the reply and of the actions is in a row, a passage or the ticket."""
    known = set(figures(intake["text"]))
    for rows in (customers, orders, items, payments, methods, variants):
        known.update(_said(cast("JsonValue", rows or [])))
    for passage in policies or []:
        known |= figures(str(passage.get("text") or "")) | figures(str(passage.get("title") or ""))
    known |= _said((verdict.details if verdict else None) or {})
    asked = [("the reply", figure) for figure in sorted(figures(draft["text"] if draft else ""))]
    for action in plan["actions"] if plan else []:
        for value in _texts(cast("JsonValue", action["arguments"])):
            asked += [(action["name"], figure) for figure in sorted(figures(value))]
    known |= {part for figure in known if (part := _number_in(figure))}
    loose = [(where, figure) for where, figure in asked if figure not in known]
    problems = [f"{figure!r} in {where} has no source" for where, figure in loose]
    ids = {str(passage.get("id")) for passage in policies or []}
    problems += [
        f"the reply cites {cite!r}, which was not retrieved"
        for cite in (draft["cites"] if draft else [])
        if policies is not None and cite not in ids
    ]
    score = 1.0 if not asked else 1 - len(loose) / len(asked)
    return Verdict(ok=not problems, score=round(score, 4), problems=problems, details={"figures": len(asked)})


@lru_cache(maxsize=20_000)
def figures(text: str) -> frozenset[str]:
    """The figures of a text in one spelling: `$1,204.50` is `1204.5`, `#W123` stays; e-mail addresses are included."""
    found: set[str] = set()
    for match in _FIGURE.finditer(_GROUPS.sub("", text)):
        figure = match.group().strip(".,:;'-/").lower()
        if figure:
            found.add(_number(figure))
    return frozenset(found)


def _number(figure: str) -> str:
    plain = figure.removeprefix("#") if figure.removeprefix("#").replace(".", "", 1).isdigit() else figure
    try:
        value = float(plain)
    except ValueError:
        return plain
    if abs(value) >= 1e7 or (plain[:1] == "0" and "." not in plain):
        return plain  # ids and zip codes keep their spelling
    return f"{abs(value):.4f}".rstrip("0").rstrip(".")


def _said(value: JsonValue) -> set[str]:
    found: set[str] = set()
    for text in _texts(value):
        found |= figures(text)
    return found


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, float):
        yield f"{value:.2f}"
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _number_in(figure: str) -> str:
    """The `9` of `size 9,` or the `2` of `2piece`: a figure with nothing but letters before or behind it."""
    found = _WITH_LETTERS.fullmatch(figure)
    return (found.group(1) or found.group(2)) if found else ""
