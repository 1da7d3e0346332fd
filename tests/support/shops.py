"""A small retailer for tests: two customers, four orders, two products."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from compound.connector.records.records import Records
from compound.effect import Effect, EffectCall, EffectGroup, TargetEffect
from compound.spec.records_file import RecordsFile
from compound.spec.yaml.reading import read_yaml_file

if TYPE_CHECKING:
    from pydantic import JsonValue

ROOT = Path(__file__).resolve().parents[2]
ADDRESS: dict[str, JsonValue] = {
    "address1": "1 Elm Street",
    "address2": "",
    "city": "Springfield",
    "state": "IL",
    "country": "USA",
    "zip": "01234",
}


def open_shop(
    place: Path | str, file: RecordsFile | None = None, *, effects: Callable[[str], TargetEffect] | None = None
) -> Records:
    """The store of records at a path or a URL, empty where it is new."""
    return Records.open(place, file or shop_file(), effects=effects)


def shop_file() -> RecordsFile:
    """The project's own `connectors/shop.yaml`."""
    return RecordsFile.model_validate(read_yaml_file(ROOT / "connectors/shop.yaml").data)


def find_effect(name: str) -> Effect:
    """The project's own effects."""
    from tools import effects

    return getattr(effects, name)


def small_tables() -> dict[str, list[dict[str, object]]]:
    """Rows as the lakehouse has them."""
    people = [("ann", "Ann", "Lee"), ("bob", "Bob", "Ray")]
    orders = [
        ("#W1", "ann", "pending"),
        ("#W2", "ann", "delivered"),
        ("#W3", "bob", "pending"),
        ("#W4", "ann", "pending"),
    ]
    paid_with = {"#W1": "gift_card_1", "#W2": "credit_card_1", "#W3": "paypal_2", "#W4": "credit_card_1"}
    variants = [("i1", "red", True, 10.0), ("i2", "blue", True, 12.5), ("i3", "black", False, 9.0)]
    return {
        "customers": [
            {"user_id": key, "first_name": first, "last_name": last, "email": f"{key}@example.com", **ADDRESS}
            for key, first, last in people
        ],
        "payment_methods": [
            _method("ann", "gift_card_1", balance=5.0),
            _method("ann", "credit_card_1", brand="visa", last_four="0042"),
            _method("bob", "paypal_2"),
        ],
        "orders": [
            {"order_id": key, "user_id": user, "status": status, "n_items": 2, "total": 20.0, **ADDRESS}
            for key, user, status in orders
        ],
        "order_items": [
            {
                "order_id": key,
                "line": line,
                "item_id": "i1",
                "product_id": "p1",
                "name": "Lamp",
                "price": 10.0,
                "options": '{"color": "red"}',
            }
            for key, _, _ in orders
            for line in (0, 1)
        ],
        "order_payments": [
            {
                "order_id": key,
                "seq": 0,
                "transaction_type": "payment",
                "amount": 20.0,
                "payment_method_id": paid_with[key],
            }
            for key, _, _ in orders
        ],
        "fulfillments": [{"order_id": "#W2", "tracking_id": "t1", "item_id": "i1"} for _ in (0, 1)],
        "products": [{"product_id": "p1", "name": "Lamp", "n_variants": 3}],
        "variants": [
            {
                "item_id": key,
                "product_id": "p1",
                "available": there,
                "price": price,
                "options": f'{{"color": "{color}"}}',
            }
            for key, color, there, price in variants
        ],
    }


def _method(user: str, key: str, **values: object) -> dict[str, object]:
    source = key.rpartition("_")[0]
    empty = {"brand": None, "last_four": None, "balance": None}
    return {"user_id": user, "payment_method_id": key, "source": source, **empty, **values}


def open_small_shop(url: str | Path, *, lock_timeout_s: float = 30.0) -> Records:
    """A seeded shop."""
    shop = Records.open(url, shop_file(), effects=find_effect, lock_timeout_s=lock_timeout_s)
    shop.seed(small_tables())
    return shop


def group_of(
    *effects: tuple[str, Mapping[str, JsonValue]], expected: Mapping[str, int] | None = None, key: str = "g1"
) -> EffectGroup:
    """A group of effects as the outbox hands it over."""
    planned = tuple(
        EffectCall(key=f"{key}/{index}", name=name, arguments=args) for index, (name, args) in enumerate(effects)
    )
    return EffectGroup(key=key, decision_id="d1", run_id="r1", effects=planned, expected_versions=expected or {})
