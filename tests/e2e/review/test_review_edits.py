"""Edits of the support desk's drafts, with the real program: shop, reply, decision and history say one thing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest

from tests.e2e.desk_homes import ASIDE, Home, plain_tickets, write_tickets

if TYPE_CHECKING:
    from pydantic import JsonValue

pytestmark = pytest.mark.timeout(1200)

Json = dict[str, "JsonValue"]
LOST = 6
OAK = {"address1": "14 Oak Street", "address2": "", "city": "Denver", "state": "CO", "country": "USA", "zip": "80203"}


@pytest.fixture(scope="module")
def waiting(seeded: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Tickets that wait for a person; tests take different ones."""
    folder = tmp_path_factory.mktemp("edits")
    home = seeded.copy(folder / "home")
    tickets = [{**ticket, "body": ticket["body"] + ASIDE} for ticket in plain_tickets(home, 12)]
    home.run("batch", "--from", str(write_tickets(folder / "asides.jsonl", tickets)), check=True)
    return home


def take(home: Home, action: str) -> Json:
    """An untouched item that proposes just this action."""
    project = home.open()
    try:
        for row in project.reviews().list():
            review = project.services.queue.show(row.review_id)
            proposed = [one.name for one in review.draft.actions]
            if proposed == [action] and (review.status, review.version) == ("pending", 1):
                return cast("Json", home.json("review", "show", review.review_id))
    finally:
        project.close()
    raise AssertionError(f"no untouched item proposes {action}")


def written(item: Json, **arguments: str) -> str:
    """The item's action with other arguments, as a person types it."""
    (action,) = cast("list[Json]", item["actions"])
    return json.dumps([{"name": action["name"], "arguments": {**cast("Json", action["arguments"]), **arguments}}])


def order_of(item: Json) -> str:
    (action,) = cast("list[Json]", item["actions"])
    return str(cast("Json", action["arguments"])["order_id"])


def order(home: Home, order_id: str) -> Json:
    project = home.open()
    try:
        return cast("Json", project.resources.records["shop"].export()["orders"][order_id])
    finally:
        project.close()


def replies(home: Home, item: Json) -> list[str]:
    """What was sent for the item's ticket."""
    project = home.open()
    try:
        ticket = cast("Json", item["item"])["id"]
        return [sent.text for sent in project.resources.mailboxes["desk"].replies() if sent.item_id == ticket]
    finally:
        project.close()


def refused(home: Home, item: Json, *arguments: str) -> str:
    """The code with which an edit is refused; nothing was stored or done."""
    before = order(home, order_of(item))
    ended = home.run("review", "edit", str(item["review_id"]), *arguments, "--json")
    assert ended.returncode in (1, LOST)
    shown = cast("Json", home.json("review", "show", str(item["review_id"])))
    assert (shown["decisions"], replies(home, item), order(home, order_of(item))) == ([], [], before)
    return str(json.loads(ended.stdout)["error"]["code"])


def test_an_edited_address_is_in_the_shop_and_in_the_reply(waiting: Home) -> None:
    item = take(waiting, "modify_pending_order_address")
    name = str(item["review_id"])
    assert refused(waiting, item, "--actions", written(item, **OAK)) == "review.drafted-again"
    shown = cast("Json", waiting.json("review", "show", name))
    assert "14 Oak Street" in str(shown["draft"])
    waiting.run("review", "approve", name, "--version", str(shown["version"]), check=True)
    assert cast("Json", order(waiting, order_of(item))["address"]) == OAK
    assert replies(waiting, item) == [shown["draft"]]


def test_a_text_is_held_against_the_edited_actions(waiting: Home) -> None:
    item = take(waiting, "modify_pending_order_address")
    actions = written(item, **OAK)
    says = f"Order {order_of(item)} goes to 14 Oak Street, Denver, CO, 80203, USA."
    assert refused(waiting, item, "--actions", actions, "--text", f"{says} You get 999 dollars.") == "review.edit"
    edited = ("review", "edit", str(item["review_id"]), "--actions", actions, "--text", says)
    waiting.run(*edited, check=True)
    assert cast("Json", order(waiting, order_of(item))["address"]) == OAK
    assert replies(waiting, item) == [says]


def test_a_cancellation_that_is_taken_out_is_not_promised(waiting: Home) -> None:
    item = take(waiting, "cancel_pending_order")
    old = str(item["draft"])
    assert "is cancelled" in old
    assert refused(waiting, item, "--text", "") == "review.missing-field"
    assert refused(waiting, item, "--actions", "[]", "--text", old) == "review.drafted-again"
    shown = cast("Json", waiting.json("review", "show", str(item["review_id"])))
    assert shown["actions"] == []
    assert "is cancelled" not in str(shown["draft"])
    waiting.run("review", "approve", str(item["review_id"]), check=True)
    assert replies(waiting, item) == [shown["draft"]]
    assert order(waiting, order_of(item))["status"] == "pending"


def test_another_customers_order_is_refused_before_anything_is_stored(waiting: Home) -> None:
    item, other = take(waiting, "return_delivered_order_items"), take(waiting, "modify_pending_order_address")
    assert refused(waiting, item, "--actions", written(item, order_id=order_of(other))) == "review.edit"


def test_the_reasons_are_those_that_the_graph_declares(waiting: Home) -> None:
    item = take(waiting, "return_delivered_order_items")
    wrong = waiting.run("review", "reject", str(item["review_id"]), "--reason", "ton")
    assert (wrong.returncode, "review.not-offered" in wrong.stderr, "did you mean 'tone'?" in wrong.stderr) == (
        1,
        True,
        True,
    )
    waiting.run("review", "reject", str(item["review_id"]), "--reason", "tone", check=True)
