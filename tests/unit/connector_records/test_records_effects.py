"""The shop as an effect target: once, all or nothing, never on what has changed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import event

from compound.effect import EffectGroup, EffectOutcome
from compound.errors import ConnectorError, EffectRefused
from tests.support.data.state_stores import postgresql_url
from tests.support.shops import ADDRESS, ROOT, Records, find_effect, group_of, open_shop, open_small_shop

if TYPE_CHECKING:
    from pydantic import JsonValue

CANCEL = ("cancel_pending_order", {"order_id": "#W1", "reason": "no longer needed"})
CANCEL_4 = ("cancel_pending_order", {"order_id": "#W4", "reason": "ordered by mistake"})
CANCEL_DELIVERED = ("cancel_pending_order", {"order_id": "#W2", "reason": "no longer needed"})
CANCEL_OF_BOB = ("cancel_pending_order", {"order_id": "#W3", "reason": "no longer needed"})
MOVE = ("modify_user_address", {"user_id": "ann", **ADDRESS, "city": "Shelbyville"})


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "shop.db") if request.param == "sqlite" else postgresql_url()


@pytest.fixture
def shop(url: str) -> Iterator[Records]:
    opened = open_small_shop(url)
    yield opened
    opened.close()


def perform(shop: Records, group: EffectGroup) -> Sequence[EffectOutcome]:
    return asyncio.run(shop.perform(group))


def test_a_group_is_performed_once(shop: Records) -> None:
    group = group_of(CANCEL, CANCEL_4, MOVE, expected={"orders/#W1": 1, "customers/ann": 1})
    first = perform(shop, group)
    after = shop.export()
    assert [outcome.status for outcome in first] == ["sent"] * 3
    assert first[0].result == {"order_id": "#W1", "status": "cancelled"}
    assert perform(shop, group) == first
    assert shop.export() == after
    assert sorted(shop.applied()) == ["g1/0", "g1/1", "g1/2"]
    ann = cast("dict[str, Any]", after["customers"]["ann"])
    assert ann["payment_methods"]["gift_card_1"]["balance"] == 25.0
    assert ann["address"]["city"] == "Shelbyville"
    # Two effects touched the customer, one transaction wrote it.
    assert shop.versions(["customers/ann", "orders/#W1", "orders/#W3"]) == {
        "customers/ann": 2,
        "orders/#W1": 2,
        "orders/#W3": 1,
    }


def test_a_refused_group_changes_nothing(shop: Records) -> None:
    before = shop.export()
    cases = [
        (group_of(CANCEL, CANCEL_DELIVERED), "effect.wrong-status"),
        (group_of(CANCEL, CANCEL), "effect.wrong-status"),
        (group_of(("cancel_pending_order", {"order_id": "#W1", "reason": "bored"})), "effect.bad-arguments"),
        (
            group_of(("cancel_pending_order", {"order_id": "#W99", "reason": "no longer needed"})),
            "effect.not-found",
        ),
        (group_of(CANCEL_OF_BOB, expected={"customers/ann": 1}), "effect.not-owner"),
        (group_of(CANCEL, expected={"orders/#W1": 2}), "effect.stale"),
        (group_of(CANCEL, expected={"orders/#W77": 1}), "effect.stale"),
        (group_of(CANCEL, expected={"orders/#W4": 5}), "effect.stale"),
    ]
    for group, code in cases:
        with pytest.raises(EffectRefused) as caught:
            perform(shop, group)
        assert caught.value.code == code
        assert shop.export() == before
        assert shop.applied() == []


def test_what_was_refused_can_be_decided_again(shop: Records) -> None:
    with pytest.raises(EffectRefused):
        perform(shop, group_of(CANCEL, expected={"orders/#W1": 2}))
    assert perform(shop, group_of(CANCEL, expected={"orders/#W1": 1}))[0].status == "sent"


def test_an_exchange_and_a_return_are_written_as_the_rules_say(shop: Records) -> None:
    swap: dict[str, JsonValue] = {
        "order_id": "#W4",
        "item_ids": ["i1"],
        "new_item_ids": ["i2"],
        "payment_method_id": "credit_card_1",
    }
    back: dict[str, JsonValue] = {
        "order_id": "#W2",
        "item_ids": ["i1", "i1"],
        "payment_method_id": "credit_card_1",
    }
    perform(shop, group_of(("modify_pending_order_items", swap), ("return_delivered_order_items", back)))
    orders = cast("dict[str, Any]", shop.documents("ann")["orders"])
    assert orders["#W4"]["items"][0] == {
        "name": "Lamp", "product_id": "p1", "item_id": "i2", "price": 12.5, "options": {"color": "blue"}
    }  # fmt: skip
    assert orders["#W4"]["payment_history"][1]["amount"] == 2.5
    assert orders["#W2"]["return_items"] == ["i1", "i1"]


def test_half_a_group_is_never_completed_in_silence(shop: Records) -> None:
    perform(shop, group_of(CANCEL))
    with pytest.raises(ConnectorError) as caught:
        perform(shop, group_of(CANCEL, CANCEL_4))
    assert caught.value.code == "records.half-group"


PERFORMER = """
import asyncio, sys
from tests.support.shops import find_effect, group_of, open_shop
shop = open_shop(sys.argv[1], effects=find_effect)
cancel = ("cancel_pending_order", {"order_id": "#W1", "reason": "no longer needed"})
group = group_of(cancel, expected={"orders/#W1": 1, "customers/ann": 1})
shop.documents("ann")
print("ready", flush=True)
sys.stdin.readline()
print(asyncio.run(shop.perform(group))[0].status, flush=True)
"""


def test_two_processes_perform_one_group_once(shop: Records, url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PERFORMER, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in processes] == ["sent\n", "sent\n"]
    order = cast("dict[str, Any]", shop.documents("ann")["orders"]["#W1"])
    assert [payment["transaction_type"] for payment in order["payment_history"]] == ["payment", "refund"]
    assert shop.applied() == ["g1/0"]
    assert shop.versions(["orders/#W1"]) == {"orders/#W1": 2}


def test_two_groups_on_one_order_at_once_are_one_effect_and_one_refusal(shop: Records) -> None:
    async def both() -> list[object]:
        async def one(key: str) -> object:
            try:
                return (await shop.perform(group_of(CANCEL, expected={"orders/#W1": 1}, key=key)))[0].status
            except EffectRefused as error:
                return error.code

        return list(await asyncio.gather(one("a"), one("b")))

    assert sorted(map(str, asyncio.run(both()))) == ["effect.stale", "sent"]


def test_a_locked_database_is_an_error_of_its_own(tmp_path: Path) -> None:
    shop = open_small_shop(tmp_path / "shop.db", lock_timeout_s=0.1)
    other = open_small_shop(tmp_path / "shop.db")
    with other.transaction():
        with pytest.raises(ConnectorError) as caught:
            perform(shop, group_of(CANCEL))
        assert caught.value.code == "records.locked"
        assert shop.documents("ann")["orders"] != {}
    assert perform(shop, group_of(CANCEL))[0].status == "sent"
    shop.close()
    other.close()


def test_a_locked_order_on_postgresql_is_an_error_of_its_own() -> None:
    url = postgresql_url()
    shop, other = open_small_shop(url, lock_timeout_s=0.1), open_small_shop(url)
    with other.transaction() as tx:
        tx.get("orders", "#W1")
        with pytest.raises(ConnectorError) as caught:
            perform(shop, group_of(CANCEL))
        assert caught.value.code == "records.locked"
    shop.close()
    other.close()


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    open_small_shop(tmp_path / "shop.db").close()
    shop = open_shop(tmp_path / "shop.db", effects=find_effect)
    engine = shop._engine  # pyright: ignore[reportPrivateUsage]

    def limit(connection: Connection, _entry: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    event.listen(engine, "connect", limit)
    before = shop.export()
    long = {"user_id": "ann", **ADDRESS, "city": "x" * 100_000}
    with pytest.raises(ConnectorError) as caught:
        perform(shop, group_of(("modify_user_address", long)))
    assert caught.value.code == "records.disk-full"
    assert shop.export() == before
    shop.close()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mysql://x", "records.url"),
        (":memory:://", "records.url"),
        ("sqlite://", "records.url"),
        ("postgresql://nobody@127.0.0.1:1/none", "records.unreachable"),
    ],
)
def test_a_shop_that_cannot_be_opened_says_why(url: str, code: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        open_shop(url).documents("ann")
    assert caught.value.code == code


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_bytes(b"no database at all" * 100)
    shop = open_shop(tmp_path / "shop.db")
    with pytest.raises(ConnectorError) as caught:
        shop.documents("ann")
    assert caught.value.code == "records.not-a-database"
    shop.close()
