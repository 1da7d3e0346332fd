"""Two people at one item, orders that change under a draft, a draft made again: with real processes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tests.e2e.desk_homes import (
    ASIDE,
    Home,
    change_order,
    end_of,
    plain_tickets,
    write_tickets,
)
from tests.support.data.state_stores import postgresql_url

if TYPE_CHECKING:
    from pydantic import JsonValue

pytestmark = pytest.mark.timeout(1200)

Json = dict[str, "JsonValue"]
LOST = 6


def wait_for_people(home: Home, folder: Path, count: int) -> Home:
    """The home after a batch whose every ticket waits for a person."""
    tickets = [{**ticket, "body": ticket["body"] + ASIDE} for ticket in plain_tickets(home, count)]
    home.run("batch", "--from", str(write_tickets(folder / "asides.jsonl", tickets)), check=True)
    return home


@pytest.fixture(scope="module")
def backlog(seeded: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Tickets that wait, each with one action on an order of its own; tests copy it."""
    folder = tmp_path_factory.mktemp("waiting")
    return wait_for_people(seeded.lean(folder / "home"), folder, 12)


@pytest.fixture
def waiting(backlog: Home, tmp_path: Path) -> Home:
    """The same tickets in a home of the test's own."""
    return backlog.lean(tmp_path / "waiting")


@pytest.fixture(scope="module")
def waiting_on_postgresql(seeded: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The same with the state store and the shop on PostgreSQL."""
    folder = tmp_path_factory.mktemp("postgresql")
    environ = {"COMPOUND_STATE": postgresql_url(), "COMPOUND_RECORDS": f"shop={postgresql_url()}"}
    home = Home(path=seeded.copy(folder / "home").path, environ=environ)
    home.run("seed", check=True)
    return wait_for_people(home, folder, 7)


def take(home: Home, *actions: str) -> Json:
    """An item that nobody has touched and that proposes just these actions, as `show --json` tells it."""
    project = home.open()
    try:
        service = project.reviews()
        for row in service.list():
            shown = cast("Json", asdict(service.show(row.review_id)))
            names = [one["name"] for one in cast("tuple[Json, ...]", shown["actions"])]
            if names == list(actions) and (shown["status"], shown["version"]) == ("pending", 1):
                return {**shown, "actions": list(cast("tuple[Json, ...]", shown["actions"]))}
    finally:
        project.close()
    raise AssertionError(f"no untouched item proposes {actions}")


def order_of(item: Json) -> str:
    arguments = cast("list[Json]", item["actions"])[0]["arguments"]
    return str(cast("Json", arguments)["order_id"])


def at_once(home: Home, *commands: Sequence[str]) -> list[tuple[int, Json]]:
    """Run commands that decide in processes of their own, at the same moment."""
    running = [home.race(*command, "--json") for command in commands]
    for process in running:
        assert process.stderr.readline() == "ready\n", process.stderr.read()
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    return [(process.wait(), json.loads(said)) for process, said in [(one, one.communicate()[0]) for one in running]]


def require_one_winner(home: Home, item: Json, ended: list[tuple[int, Json]], actions: Mapping[str, str]) -> None:
    """One decision, its effects once or none, and the loser is told who won."""
    (won,) = [said for code, said in ended if code == 0]
    (lost,) = [cast("Json", said["error"]) for code, said in ended if code != 0]
    assert sorted(code for code, _ in ended) == [0, LOST]
    assert won["action"] == actions[str(won["actor"])]
    assert lost["code"] == "review.decided"
    assert f"{won['actor']} chose {won['action']!r}" in str(lost["what"])
    shown = cast("Json", home.json("review", "show", str(item["review_id"])))
    (decision,) = cast("list[Json]", shown["decisions"])
    assert (decision["actor"], decision["action"]) == (won["actor"], won["action"])
    effects = [effect for effect in effects_of(home, str(item["run_id"]))]
    expected = [] if won["action"] == "reject" else [cast("list[Json]", item["actions"])[0]["name"], "send_reply"]
    assert [name for name, _ in effects] == expected
    assert {status for _, status in effects} <= {"sent"}
    assert len(cast("list[Json]", won["effects"])) == len(expected)


def effects_of(home: Home, run_id: str) -> list[tuple[str, str]]:
    """Name and status of the effects of a run; what is sent is in the shop or in the desk, once."""
    import sqlalchemy as sa

    from compound.connector.state import tables

    project = home.open()
    try:
        query = sa.select(tables.outbox).where(tables.outbox.c.run_id == run_id).order_by(tables.outbox.c.created_at)
        with project.resources.state.read() as db:
            rows = db.execute(query).all()
        happened = [
            *project.resources.records["shop"].applied(),
            *(sent.effect_key for sent in project.resources.mailboxes["desk"].replies()),
        ]
        for row in rows:
            assert happened.count(row.effect_key) == (row.status == "sent")
        return [(row.effect, row.status) for row in rows]
    finally:
        project.close()


def approve_against_reject(home: Home) -> None:
    item = take(home, "cancel_pending_order")
    name = str(item["review_id"])
    ended = at_once(
        home,
        ("review", "approve", name, "--user", "ann"),
        ("review", "reject", name, "--user", "bob", "--reason", "tone"),
    )
    require_one_winner(home, item, ended, {"ann": "approve", "bob": "reject"})


def approve_against_approve(home: Home) -> None:
    item = take(home, "modify_pending_order_address")
    name = str(item["review_id"])
    ended = at_once(
        home,
        ("review", "approve", name, "--user", "ann"),
        ("review", "approve", name, "--user", "bob", "--version", "1"),
    )
    require_one_winner(home, item, ended, {"ann": "approve", "bob": "approve"})


def test_approve_and_reject_at_one_moment(waiting: Home) -> None:
    approve_against_reject(waiting)


def test_two_approvals_at_one_moment(waiting: Home) -> None:
    approve_against_approve(waiting)


def test_approve_and_reject_at_one_moment_on_postgresql(waiting_on_postgresql: Home) -> None:
    approve_against_reject(waiting_on_postgresql)


def test_two_approvals_at_one_moment_on_postgresql(waiting_on_postgresql: Home) -> None:
    approve_against_approve(waiting_on_postgresql)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("of", ["sqlite", "postgresql"])
def test_many_decisions_at_one_moment(seeded: Home, tmp_path: Path, of: str) -> None:
    home = seeded.copy(tmp_path / "home")
    if of == "postgresql":
        environ = {"COMPOUND_STATE": postgresql_url(), "COMPOUND_RECORDS": f"shop={postgresql_url()}"}
        home = Home(path=home.path, environ=environ)
        home.run("seed", check=True)
    wait_for_people(home, tmp_path, 110)
    for _ in range(20):
        approve_against_reject(home)
        approve_against_approve(home)


def test_an_order_that_changed_before_the_approval(waiting: Home) -> None:
    """Refused at approval; drafted again; the new draft is approved, and its effects happen once."""
    home, item = waiting, take(waiting, "cancel_pending_order")
    name = str(item["review_id"])
    change_order(home, order_of(item))
    refused = home.run("review", "approve", name, "--user", "ann")
    assert refused.returncode == LOST
    assert f"orders/{order_of(item)} was at version 1, now 2" in refused.stderr
    assert "compound review redraft" in refused.stderr
    again = home.run("review", "approve", name, "--user", "ann", "--json")
    assert again.returncode == LOST
    assert json.loads(again.stdout)["error"]["code"] == "review.stale"
    assert effects_of(home, str(item["run_id"])) == []
    fresh = cast("Json", home.json("review", "redraft", name, "--user", "ann"))
    assert (fresh["status"], fresh["actions"]) == ("pending", item["actions"])
    assert cast("int", fresh["version"]) > cast("int", item["version"])
    assert cast("Json", fresh["refs"])[f"orders/{order_of(item)}"] == 2
    done = cast("Json", home.json("review", "approve", name, "--user", "ann", "--version", str(fresh["version"])))
    assert (done["ok"], done["run_status"]) == (True, "done")
    assert effects_of(home, str(item["run_id"])) == [("cancel_pending_order", "sent"), ("send_reply", "sent")]


def test_a_reply_about_an_order_that_changed(waiting: Home) -> None:
    """It proposes no action; but what it says of the order is not so any more."""
    item = take(waiting)
    (ref,) = [name for name in cast("Json", item["refs"]) if name.startswith("orders/")]
    change_order(waiting, ref.removeprefix("orders/"))
    refused = waiting.run("review", "approve", str(item["review_id"]))
    assert refused.returncode == LOST
    assert f"{ref} was at version 1, now 2" in refused.stderr


def test_an_order_that_changed_between_approval_and_commit(waiting: Home) -> None:
    """The process dies right after an edit is decided; the order changes; going on changes nothing."""
    home, item = waiting, take(waiting, "modify_pending_order_address")
    name, order = str(item["review_id"]), order_of(item)
    words = ("--text", "Dear customer, this is my own wording.", "--user", "ann")
    code, _ = end_of(home.start("review", "edit", name, *words, moment="after:decision:1"))
    assert code == -9
    assert "1 decided reviews are not resumed yet" in home.run("review", "list").stderr
    change_order(home, order)
    before = shop_of(home)
    refused = home.run("review", "edit", name, *words)
    assert refused.returncode == 1, refused
    assert f"orders/{order} was at version 1, now 2" in refused.stdout
    assert "nothing was done" in refused.stdout
    assert "the review is open again" in refused.stdout
    assert shop_of(home) == before
    assert effects_of(home, str(item["run_id"])) == []
    stale = cast("Json", home.json("review", "show", name))
    assert stale["status"] == "stale"
    fresh = home.run("review", "redraft", name)
    assert fresh.returncode == 0
    assert "kept: the text of ann, draft 2" in fresh.stdout
    done = cast("Json", home.json("review", "edit", name, "--draft", "2", "--user", "bob"))
    assert done["ok"]
    sent = [message for message in messages_of(home) if message[0] == str(cast("Json", item["item"])["id"])]
    assert sent == [(sent[0][0], "Dear customer, this is my own wording.")]


def shop_of(home: Home) -> object:
    project = home.open()
    try:
        return project.resources.records["shop"].export(), sorted(project.resources.records["shop"].applied())
    finally:
        project.close()


def messages_of(home: Home) -> list[tuple[str | None, str]]:
    project = home.open()
    try:
        return [(sent.item_id, sent.text) for sent in project.resources.mailboxes["desk"].replies()]
    finally:
        project.close()


def test_a_decision_whose_process_was_killed_goes_on_once(waiting: Home) -> None:
    home, item = waiting, take(waiting, "return_delivered_order_items")
    name = str(item["review_id"])
    code, _ = end_of(home.start("review", "approve", name, "--user", "ann", moment="after:applied_effect:1"))
    assert code == -9
    other = home.run("review", "reject", name, "--user", "bob", "--reason", "tone")
    assert other.returncode == LOST
    assert "ann chose 'approve'" in other.stderr
    (resumed,) = cast("list[Json]", home.json("review", "resume"))
    assert (resumed["ok"], resumed["review_id"]) == (True, name)
    assert effects_of(home, str(item["run_id"])) == [("return_delivered_order_items", "sent"), ("send_reply", "sent")]
    assert home.json("review", "resume") == []


def test_a_claim_is_seen_and_kept_and_given_back(waiting: Home) -> None:
    home, item = waiting, take(waiting, "modify_user_address")
    name = str(item["review_id"])
    held = cast("Json", home.json("review", "claim", name, "--user", "ann"))
    assert (held["held_by"], held["status"]) == ("ann", "in_review")
    (mine,) = cast("list[Json]", home.json("review", "list", "--mine", "--user", "ann"))
    assert mine["review_id"] == name
    for command in (("approve",), ("claim",), ("reject", "--reason", "tone")):
        refused = home.run("review", command[0], name, *command[1:], "--user", "bob")
        assert refused.returncode == LOST
        assert "ann holds review" in refused.stderr
    assert home.run("review", "release", name, "--user", "bob").returncode == LOST
    old = home.run("review", "approve", name, "--user", "ann", "--version", "1")
    assert old.returncode == LOST
    assert "not 1" in old.stderr
    freed = cast("Json", home.json("review", "release", name, "--user", "ann"))
    assert (freed["held_by"], freed["status"]) == ("", "pending")
    assert cast("Json", home.json("review", "next", "--user", "bob"))["held_by"] == "bob"


def test_what_is_wrong_is_said_with_the_choices(waiting: Home) -> None:
    for arguments, said in (
        (("show", "nobody"), "review 'nobody' does not exist"),
        (("list", "--status", "open"), "choices: awaiting_second, decided"),
        (("edit", "P-000"), "the edit changes nothing"),
        (("reject", "P-000", "--reason", "ton"), "did you mean 'tone'?"),
    ):
        done = waiting.run("review", *arguments)
        assert (done.returncode, said in done.stderr) == (1, True), done.stderr


def test_the_words_of_a_stranger_do_not_steer_the_terminal(home: Home, tmp_path: Path) -> None:
    body = "Where is it?\x1b[2J \u202egnp.exe [/red]"
    tickets = [{"id": "X-1", "subject": "[/b] \x1b]0;owned\x07", "body": body}]
    home.run("batch", "--from", str(write_tickets(tmp_path / "x.jsonl", tickets)), check=True)
    for command in (("list",), ("show", "X-1")):
        said = home.run("review", *command, check=True, columns="200").stdout
        assert "\x1b" not in said
        assert "\u202e" not in said
        assert "<U+001B>" in said
