"""What was done for an item stays done for all its versions: it is shown, and never done again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from compound.effect import EffectCall
from compound.errors import ConflictError
from compound.review import Edit
from tests.support.desks.bank_desk import CREDIT, NOTE, Bank


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return Bank(tmp_path)


def shown(bank: Bank, item: str) -> tuple[Any, str]:
    """The item as JSON and as text."""
    with bank.open() as project:
        view = project.reviews().show(item)
    return json.loads(json.dumps(asdict(view), default=str)), view.text()


def approve(bank: Bank, item: str, user: str = "ann", **more: Any) -> Any:
    with bank.open() as project:
        action = more.pop("action", "approve")
        return project.reviews().decide(item, action, user=user, **more)


def redraft(bank: Bank, item: str) -> None:
    with bank.open() as project:
        project.reviews().redraft(item, user="ann")


@pytest.mark.parametrize("where", ["a later node", "a later group of the same node"])
def test_a_credit_note_is_issued_once_although_something_later_is_refused(where: str, bank: Bank) -> None:
    is_node = where == "a later node"
    bank.set(actions=[CREDIT] if is_node else [CREDIT, NOTE], refuses=["tell" if is_node else "note"])
    item = bank.ask()
    first = approve(bank, item)
    assert first.is_back
    assert (bank.balance(), bank.applied()) == (10.0, 1)

    for _ in range(2):  # and not round in a circle
        redraft(bank, item)
        again = approve(bank, item)
        assert again.is_back
        assert (bank.balance(), bank.applied()) == (10.0, 1)

    bank.set(refuses=[])
    redraft(bank, item)
    last = approve(bank, item)
    assert (last.ok, last.is_back) == (True, False), last
    assert (bank.balance(), bank.applied(), bank.letters()) == (10.0, 1, ["We credit you."])


def test_a_redraft_shows_what_is_done_and_proposes_the_rest(bank: Bank) -> None:
    bank.set(actions=[CREDIT, NOTE], refuses=["note"])
    item = bank.ask()
    approve(bank, item)
    redraft(bank, item)
    data, text = shown(bank, item)
    assert [(one["name"], one["arguments"], one["status"]) for one in data["done"]] == [
        ("credit", CREDIT["arguments"], "sent")
    ]
    assert data["done"][0]["result"] == {"balance": 10.0}
    assert [one["name"] for one in data["actions"]] == ["note"]
    assert [one["name"] for one in data["effects"]["approve"]] == ["note", "tell_customer"]
    done, _, proposed = text.partition("approve does:")
    assert "already done" in done
    assert "- credit sent" in done
    assert "- credit" not in proposed


def test_a_redraft_that_changes_the_arguments_is_a_new_effect_beside_what_was_done(bank: Bank) -> None:
    bank.set(actions=[CREDIT, NOTE], refuses=["note"])
    item = bank.ask()
    approve(bank, item)
    other = {**CREDIT, "arguments": {"account": "a1", "amount": 12.0}}
    bank.set(actions=[other, NOTE], refuses=[])
    redraft(bank, item)
    data, text = shown(bank, item)
    assert [one["arguments"] for one in data["done"]] == [CREDIT["arguments"]]
    assert [(one["name"], one.get("done_before")) for one in data["actions"]] == [("credit", True), ("note", None)]
    assert "- credit (shop): already done with other arguments" in text
    last = approve(bank, item)
    assert last.ok
    assert bank.balance() == 22.0


def test_two_equal_effects_of_one_decision_are_two(bank: Bank) -> None:
    bank.set(actions=[CREDIT, CREDIT], refuses=["tell"])
    item = bank.ask()
    approve(bank, item)
    assert bank.balance() == 20.0
    bank.set(actions=[CREDIT, CREDIT, CREDIT], refuses=[])
    redraft(bank, item)
    data, _ = shown(bank, item)
    assert (len(data["done"]), len(data["actions"])) == (2, 1)
    assert approve(bank, item).ok
    assert (bank.balance(), bank.applied()) == (30.0, 3)


def test_a_rejection_after_it_says_what_stays(bank: Bank) -> None:
    bank.set(refuses=["tell"])
    item = bank.ask()
    approve(bank, item)
    redraft(bank, item)
    said = approve(bank, item, action="reject", reason="policy")
    assert said.ok
    assert [(one["name"], one["status"]) for one in said.effects] == [("credit", "sent")]
    assert "credit" in shown(bank, item)[1]
    assert (bank.balance(), bank.letters()) == (10.0, [])


def test_an_edit_after_it_does_not_rehearse_what_is_done(bank: Bank) -> None:
    bank.set(actions=[CREDIT, NOTE], refuses=["note"])
    item = bank.ask()
    approve(bank, item)
    bank.set(refuses=[])
    redraft(bank, item)
    edited = EffectCall(name="note", arguments={"account": "a1", "text": "credited once"})
    assert approve(bank, item, action="edit", edits=Edit(text="We did.", actions=(edited,))).ok
    assert (bank.balance(), bank.letters()) == (10.0, ["We did."])


def test_another_run_for_the_same_customer_does_its_own(bank: Bank) -> None:
    for number in (1, 2):
        assert approve(bank, bank.ask(f"T-{number}")).ok
    assert (bank.balance(), bank.applied()) == (20.0, 2)


def test_the_item_comes_back_only_when_everything_of_the_decision_is_settled(bank: Bank) -> None:
    graph = bank.root / "graphs/main.yaml"
    graph.write_text(graph.read_text().replace("    after: [apply]\n", ""))
    tools = bank.root / "tools/bank.py"
    locked = '    if "credit" in world()["refuses"]:\n        raise OSError("locked")\n'
    tools.write_text(tools.read_text().replace('    account["balance"] +=', f'{locked}    account["balance"] +='))
    bank.set(refuses=["tell", "credit"])
    item = bank.ask()
    first = approve(bank, item)
    assert not first.ok
    assert not first.is_back, "the credit may still be on its way"
    with bank.open() as project, pytest.raises(ConflictError):
        project.reviews().redraft(item, user="ann")
    bank.set(refuses=["tell"])
    with bank.open() as project:
        assert project.reviews().resume(item).is_back
    assert bank.balance() == 10.0
