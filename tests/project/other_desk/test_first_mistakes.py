"""Mistakes of a first-time user at the card desk are said, with the choices, before anything happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from compound.errors import CompoundError
from tests.project.other_desk.bank import TWO_NODES, Bank, bank


@pytest.fixture
def desk(tmp_path: Path) -> Bank:
    return bank(tmp_path)


def refused(desk: Bank, *arguments: str) -> CompoundError:
    error = desk.run(*arguments, code=1).exception
    assert isinstance(error, CompoundError)
    return error


def test_a_solver_that_is_not_there_is_found_by_check(desk: Bank) -> None:
    models = desk.root / "connectors/models.yaml"
    models.write_text(models.read_text().replace("{solver: bank_letter}", "{solver: bank_leter}"))
    said = desk.run("check", code=1).stdout
    assert "connectors/models.yaml:5:20: models.yaml names the solver 'bank_leter'" in said
    assert "did you mean 'bank_letter'?" in said
    assert "[model.unknown-solver]" in said
    assert "1 finding" in said


def test_a_reason_that_is_missing_names_the_reasons(desk: Bank) -> None:
    item = desk.waiting()
    error = refused(desk, "review", "reject", item)
    assert (error.code, error.fix, error.exit_code) == ("review.reason", "--reason not_ours|unclear", 1)
    assert desk.json("review", "show", item)["decisions"] == []


def test_an_empty_instruction_returns_nothing(desk: Bank) -> None:
    item = desk.waiting()
    for instruction in ("", "  \n"):
        error = refused(desk, "review", "return", item, "--instruction", instruction)
        assert error.code == "review.no-instruction"
    shown = desk.json("review", "show", item)
    assert (shown["status"], shown["version"], shown["decisions"]) == ("pending", 1, [])


def test_a_field_without_a_value_says_how_it_is_written(desk: Bank) -> None:
    error = refused(desk, "review", "edit", desk.waiting(), "--field", "words")
    assert (error.what, error.fix) == ("'words' is not NAME=VALUE", "write words=VALUE")


@pytest.mark.parametrize(("expires", "queue"), [("{escalate: leads}", "queue leads"), ("{remind: true}", "reminds")])
def test_show_names_the_queue_of_an_escalation(tmp_path: Path, expires: str, queue: str) -> None:
    graph = TWO_NODES.replace("    queue: cards\n", f"    queue: cards\n    due: 4h\n    on_expire: {expires}\n")
    desk = bank(tmp_path, graph)
    assert queue in " ".join(desk.run("review", "show", desk.waiting()).stdout.split())


def test_an_undone_second_approval_leaves_no_first_one(tmp_path: Path) -> None:
    desk = bank(tmp_path, TWO_NODES.replace("name: main\n", "name: main\npolicy: cards\n"))
    policy = desk.root / "graphs/policies/cards.yaml"
    policy.parent.mkdir()
    policy.write_text(
        "compound: policy/v1\nname: cards\n"
        "effects: {freeze_card: {second: true}, set_limit: {}, write_letter: {undo: 1h}}\n"
    )
    item = desk.waiting()
    desk.run("review", "approve", item)
    assert "ann has; another person must" in desk.run("review", "show", item).stdout
    desk.run("review", "approve", item, "--user", "bob")
    said = desk.run("review", "undo", item).stdout
    assert "two people must approve it: nobody has yet" in said
    assert "waiting for another person" in desk.run("review", "approve", item).stdout
    assert (desk.card("C-1")["status"], desk.letters()) == ("open", [])
