"""`compound people`: accounts and tokens as an admin makes them, and what each may then do."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from compound.connector.state import tables
from compound.web.identity.people import People
from tests.project.conversations.helpline import batch, helpline, letter
from tests.project.keys.table import Place
from tests.support.commands import command


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return helpline(tmp_path)


def people_of(place: Place) -> People:
    with place.open() as project:
        return People(project.resources.state, project.resources.clock)


def typed(place: Place, text: str, *words: str) -> str:
    """A command with a first line of standard input."""
    from typer.testing import CliRunner

    from compound.cli.program import app

    done = CliRunner().invoke(app, list(words), input=f"{text}\n", env={"COMPOUND_ROOT": str(place.root)})
    return done.stdout if done.exception is None else str(done.exception)


def test_an_account_is_added_listed_and_closed(place: Place) -> None:
    assert place.say("people", "list").err.startswith("there are no accounts: compound people add")
    said = place.say("people", "add", "bo", "--role", "reviewer", "--role", "qa", "--team", "support")
    assert said.out == "bo: reviewer, qa; support\n"
    rows = place.say("people", "list", "--json").json
    assert rows == [{"name": "bo", "roles": ["reviewer", "qa"], "teams": ["support"]}]
    assert place.say("people", "disable", "bo").code == 0
    assert place.say("people", "list", "--json").json == []
    assert "web.unknown-account" in place.say("people", "disable", "nobody").err


@pytest.mark.parametrize("name", ["", " ", "graph", "policy:x", "agent:x", "bo "])
def test_a_name_that_no_person_may_have_is_refused(place: Place, name: str) -> None:
    assert "web.account" in place.say("people", "add", name, "--role", "viewer").err


def test_a_role_that_does_not_exist_names_the_choices(place: Place) -> None:
    said = place.say("people", "add", "bo", "--role", "reveiwer")
    assert "[web.role]" in said.err
    assert "did you mean 'reviewer'" in said.err


def test_a_password_is_read_from_standard_input_and_signs_in(place: Place) -> None:
    assert typed(place, "correct horse battery", "people", "add", "bo", "--role", "reviewer", "--password") == (
        "bo: reviewer; every queue\n"
    )
    people = people_of(place)
    assert people.checked("bo", "correct horse battery") == "bo"
    assert people.checked("bo", "correct horse battery!") is None
    assert "web.password" in typed(place, "short", "people", "add", "bo", "--role", "reviewer", "--password")
    assert people.checked("bo", "correct horse battery") == "bo"


def test_a_new_password_ends_the_sessions(place: Place) -> None:
    typed(place, "correct horse battery", "people", "add", "bo", "--role", "reviewer", "--password")
    people = people_of(place)
    session = people.open("bo")
    assert people.session(session) is not None
    typed(place, "another horse battery", "people", "add", "bo", "--role", "reviewer", "--password")
    assert people.session(session) is None


def test_a_link_signs_in_once(place: Place) -> None:
    place.say("people", "add", "bo", "--role", "reviewer")
    printed = place.say("people", "link", "bo", "--address", "https://desk.example/").out.strip()
    address, _, secret = printed.partition("/login?link=")
    assert address == "https://desk.example"
    assert people_of(place).redeem(secret) == "bo"
    assert "web.unknown-account" in place.say("people", "link", "nobody").err


def test_a_token_is_printed_once_listed_without_its_secret_and_revoked(place: Place) -> None:
    place.say("people", "add", "bot", "--role", "developer")
    made = place.say(
        "people", "token", "bot", "--label", "nightly", "--scope", "runs", "--scope", "read", "--days", "7"
    )
    secret = made.out.strip()
    assert secret.startswith("compound_")
    person = people_of(place).bearer(secret)
    assert person is not None
    assert {one.value for one in person.rights} == {"runs", "read"}
    (row,) = place.say("people", "tokens", "bot", "--json").json
    assert (row["label"], row["scopes"], row["state"]) == ("nightly", ["runs", "read"], "valid")
    assert secret not in place.say("people", "tokens").out
    assert (
        place.say("people", "revoke", row["token_id"]).out == f"token {row['token_id']} of bot (nightly) is revoked\n"
    )
    assert people_of(place).bearer(secret) is None
    assert place.say("people", "tokens", "--json").json[0]["state"] == "revoked"
    assert "web.unknown-token" in place.say("people", "revoke", "zzz").err


def test_a_token_may_not_do_more_than_its_account(place: Place) -> None:
    place.say("people", "add", "bot", "--role", "viewer")
    said = place.say("people", "token", "bot", "--label", "x", "--scope", "decide")
    assert "the roles of bot do not include 'decide'" in said.err
    assert "web.scope" in place.say("people", "token", "bot", "--label", "x", "--scope", "everything").err
    secret = place.say("people", "token", "bot", "--label", "x", "--scope", "read").out.strip()
    place.say("people", "add", "bot", "--role", "agent")
    person = people_of(place).bearer(secret)
    assert person is not None
    assert person.rights == frozenset()


def test_an_agent_never_claims_or_decides(place: Place) -> None:
    batch(place, letter("L1"))
    place.say("people", "add", "robo", "--role", "admin", "--role", "agent")
    for words in (("claim", "L1"), ("next",), ("approve", "L1"), ("reject", "L1", "--reason", "no")):
        said = place.say("review", *words, "--user", "robo")
        assert "robo is the account of an agent, which never claims or decides" in said.err, words
    assert place.replies() == []


@pytest.mark.parametrize("actor", ["robo", "agent:x", "graph"])
def test_the_database_itself_refuses_a_decision_of_an_agent(place: Place, actor: str) -> None:
    batch(place, letter("L1"), letter("L2"))
    place.say("people", "add", "robo", "--role", "agent")
    place.say("review", "approve", "L1", "--user", "ann")
    with place.open() as project:
        store = project.resources.state
        with store.read() as db:
            row = dict(db.execute(sa.select(tables.decision)).mappings().one())
        row |= {"decision_id": "forged", "version": 99, "actor": actor}
        with pytest.raises(IntegrityError, match="an agent never decides"), store.write() as db:
            db.execute(sa.insert(tables.decision), row)


def test_commands_are_quick_to_explain_themselves() -> None:
    assert "revoke" in command(["people", "--help"]).stdout
