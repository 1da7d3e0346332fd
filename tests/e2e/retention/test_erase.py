"""One person is erased: from a project's tickets to bytes on disk, and what is said of what is left."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from compound import Project
from compound.errors import ConflictError, DataError
from tests.e2e.desk_homes import Home, plain_tickets
from tests.support.commands import command
from tests.support.data.state_stores import postgresql_url
from tests.support.projects import PYPROJECT, write_project

NORA, NORAH = "C-1", "C-10"
MAIL = "n.wild@example.com"
GRAPH = """\
compound: graph/v1
name: main
input: {customer: str, text: str, ask: bool}
output: {loud: $loud, action: $ok.action?}
nodes:
  loud: {use: tool, tool: shout, in: {text: $input.text}, out: str, cache: 20d}
  ok:
    use: review
    when: input.ask
    show: [$input.customer, $input.text, $loud]
    decide: {approve: {}, reject: {reason: str}}
"""
TOOLS = """\
from compound.tool import tool


@tool
def shout(text: str) -> str:
    return text.upper()
"""
FILES = {"graphs/main.yaml": GRAPH, "tools/voice.py": TOOLS}


@pytest.fixture(params=["sqlite", "postgresql"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    text = PYPROJECT
    if request.param == "postgresql":
        text = text.replace('lakehouse = "lakehouse"', f'lakehouse = "lakehouse"\nstate = "{postgresql_url()}"')
    return write_project(tmp_path / "desk", {**FILES, "pyproject.toml": text})


@pytest.fixture
def project(root: Path) -> Iterator[Project]:
    """Two people's runs: each one that is over, and one that waits."""
    opened = Project.open(root)
    for customer, mail in ((NORA, MAIL), (NORAH, "norah@example.com")):
        for ask in (False, True):
            text = f"I am {customer}, write to {mail}; {'ask' if ask else 'go'}"
            opened.run("main", {"customer": customer, "text": text, "ask": ask})
    yield opened
    opened.close()


def told(*arguments: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setenv("COMPOUND_ROOT", str(root))
    done = command(list(arguments))
    return done.exit_code, done.output


def holders(root: Path, word: str) -> list[str]:
    """Files of the state folder that hold a word as bytes, compressed traces read as rows."""
    home = root / ".compound/plain"
    found = [path.name for path in home.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]
    opened = Project.open(root)
    try:
        rows = opened.traces().sql("select content from blobs union all select attributes::varchar from spans").rows
        found += ["traces" for (text,) in rows if text and word in str(text)]
    finally:
        opened.close()
    return sorted(set(found))


def test_a_person_is_erased_and_nobody_else(project: Project, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.close()
    assert "traces" in holders(root, MAIL)
    code, said = told("erase", "--customer", NORA, "--customer", MAIL, root=root, monkeypatch=monkeypatch)
    assert code == 0, said
    assert "2 runs name the person, 1 of them waiting for a decision" in said
    assert (
        "searched again: the state store, checkpoints, traces and files of the profile do not name the person" in said
    )
    assert holders(root, MAIL) == []
    assert holders(root, MAIL.upper()) == []
    assert holders(root, "norah@example.com") != []
    (other,) = project.reviews().list()
    assert other.status == "pending"
    assert NORAH in str(project.reviews().show(other.review_id))
    assert project.services.queue.verify_audit().problem == ""


def test_a_dry_run_removes_nothing(project: Project, root: Path) -> None:
    report = project.erase([NORA], dry_run=True)
    assert (len(report.runs), len(report.withdrawn)) == (2, 1)
    project.close()
    assert "traces" in holders(root, MAIL)
    assert len(project.reviews().list()) == 2


def test_again_there_is_nothing_to_do(project: Project) -> None:
    assert project.erase([NORA, MAIL]).is_complete
    again = project.erase([NORA, MAIL])
    assert (again.runs, again.is_complete) == ((), True)


def test_what_is_left_is_said(project: Project, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that no part of the program writes cannot be changed by it; it is named."""
    project.close()
    (root / ".compound/plain/notes.txt").write_text(f"call {MAIL} back")
    code, said = told("erase", "--customer", MAIL, root=root, monkeypatch=monkeypatch)
    assert code == 1
    assert "still named 1 times in .compound/plain/notes.txt" in said


def test_nobody_decides_what_was_withdrawn(project: Project) -> None:
    waiting = next(row for row in project.reviews().list() if NORAH not in str(project.reviews().show(row.review_id)))
    project.erase([NORA])
    assert project.reviews().show(waiting.review_id).status == "withdrawn"
    with pytest.raises(ConflictError, match="withdrawn"):
        project.reviews().decide(waiting.review_id, "approve", user="ann")


@pytest.mark.parametrize(("keys", "why"), [([], "no key was given"), (["", "C-1"], "is too short"), (["a"], "'a'")])
def test_a_key_that_would_name_everybody_is_refused(project: Project, keys: list[str], why: str) -> None:
    with pytest.raises(DataError, match=why):
        project.erase(keys)


@pytest.mark.parametrize("key", ["Zoë O'Neil", 'quote"s', "100%_sure", "back\\slash", "[a-z]+"])
def test_keys_are_words_and_no_patterns(tmp_path: Path, key: str) -> None:
    project = Project.open(write_project(tmp_path, FILES))
    values: list[dict[str, Any]] = [
        {"customer": who, "text": f"<{who}>", "ask": False} for who in (key, "aaa", "100xysure")
    ]
    for given in values:
        project.run("main", given)
    report = project.erase([key])
    assert (len(report.runs), report.is_complete) == (1, True)
    with closing(sqlite3.connect(tmp_path / ".compound/plain/state.db")) as db:
        assert len(db.execute("select run_id from run where input is not null").fetchall()) == 2
    project.close()


def test_messages_at_the_desk_lose_their_words_and_stay_sent(home: Home) -> None:
    """Retention and erasure both: the customer is not written to a second time, and what was written is gone."""
    project = home.open()
    try:
        (ticket,) = plain_tickets(home, 1)
        run = project.run("support_reply", {"ticket": {**ticket}})
        for item in project.waiting_items(run.run_id):
            project.reviews().decide(item, "approve", user="ann")
        (sent,) = project.resources.mailboxes["desk"].replies()
        assert project.erase([ticket["email"]]).is_complete
        (emptied,) = project.resources.mailboxes["desk"].replies()
        assert (emptied.effect_key, emptied.sent_at, emptied.text) == (sent.effect_key, sent.sent_at, "")
    finally:
        project.close()
