"""A project has as many record stores and mailboxes as it names; each is a target, seeded, rehearsed and erased."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from compound.errors import CompoundError
from tests.project.keys.table import Place
from tests.project.many_stores.company import FILES, STORE, asked, company, letters, opened, people


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = company(tmp_path)
    said = made.say("seed", "--json")
    assert said.code == 0, said.err
    assert [(one["name"], one["loaded"]) for one in said.json["records"]] == [("crm", True), ("ledger", True)]
    return made


def test_check_finds_nothing(place: Place) -> None:
    assert place.codes() == []


def test_every_effect_happens_on_its_own_target(place: Place) -> None:
    item = asked(place)
    said = place.say("review", "approve", item)
    assert said.code == 0, said.err
    assert (people(place, "crm"), people(place, "ledger")) == (
        {"ann": 1, "bob": 0, "cyd": 0},
        {"ann": 1, "bob": 0, "cyd": 0},
    )
    assert letters(place, "post") == [("reply", "i-1", "Hello.")]
    assert letters(place, "upstairs") == [("transfer", "i-1", "done")]


def test_a_kind_that_two_stores_have_is_named_with_its_store(place: Place) -> None:
    with opened(place) as project:
        item = project.services.queue.show(asked(place))
    assert set(item.refs) == {"crm:people/ann", "ledger:people/ann"}


@pytest.mark.parametrize("store", ["crm", "ledger"])
def test_a_change_of_either_store_makes_a_draft_stale(place: Place, store: str) -> None:
    item = asked(place)
    with opened(place) as project, project.resources.records[store].transaction() as tx:
        person = tx.get("people", "ann")
        assert person is not None
        person["name"] = "Anna"
    said = place.say("review", "approve", item)
    assert said.code != 0
    assert f"{store}:people/ann" in said.err
    assert (people(place, "crm"), people(place, "ledger")) == (
        {"ann": 0, "bob": 0, "cyd": 0},
        {"ann": 0, "bob": 0, "cyd": 0},
    )


def test_seeding_again_changes_nothing_unless_forced(place: Place) -> None:
    place.say("review", "approve", asked(place))
    again = place.say("seed", "--json").json
    assert [one["loaded"] for one in again["records"]] == [False, False]
    assert people(place, "ledger")["ann"] == 1
    forced = place.say("seed", "--force", "--json").json
    assert [one["loaded"] for one in forced["records"]] == [True, True]
    assert people(place, "ledger")["ann"] == people(place, "crm")["ann"] == 0


def test_the_files_of_every_store_are_private(place: Place) -> None:
    place.say("review", "approve", asked(place))
    home = place.root / ".compound/plain"
    assert {"crm.db", "ledger.db", "post", "upstairs"} <= {one.name for one in home.iterdir()}
    for path in home.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_store_lies_where_the_profile_says(tmp_path: Path) -> None:
    place = company(tmp_path)
    url = f"sqlite:///{tmp_path / 'own.db'}"
    place.edit("pyproject.toml", 'lakehouse = "lakehouse"', f'lakehouse = "lakehouse"\nrecords = {{ledger = "{url}"}}')
    said = place.say("seed", "--json")
    assert {one["name"]: one["where"] for one in said.json["records"]}["ledger"] == str(tmp_path / "own.db")
    assert people(place, "ledger") == {"ann": 0, "bob": 0, "cyd": 0}
    place.edit("pyproject.toml", "ledger =", "leger =")
    (said,) = place.findings()
    assert (said.code, said.where.file) == ("project.unknown-store", "pyproject.toml")
    assert "ledger" in said.fix


def test_an_erased_person_is_in_no_mailbox(place: Place) -> None:
    place.say("review", "approve", asked(place))
    said = place.say("erase", "--customer", "Hello.")
    assert said.code == 0, said.err
    assert [text for name in ("post", "upstairs") for _, _, text in letters(place, name)] == ["", ""]


SUITE = """\
compound: suite/v1
name: quality
cases: cases:load
scorers: [cases:counted]
scores: {counted: Both stores count once.}
until: end
"""
CASES = """\
from compound.evaluation import Case, CaseSet, Score


def load(context):
    made = [Case(id=f"c{n}", input={"item": {"id": f"c{n}", "body": "x"}}, context={"who": "ann"}, expected={}) for n in (1, 2)]
    return CaseSet(cases=made)


def counted(context):
    def score(case, result):
        seen = [result.output[one]["people"]["ann"]["seen"] for one in ("crm", "ledger")]
        after = [result.output[one][0]["value"]["seen"] for one in ("visit", "bill")]
        return [Score(name="counted", value=float((seen, after) == ([0, 0], [1, 1])))]

    return score
"""


def test_a_suite_changes_copies_of_every_store_and_sends_nothing(tmp_path: Path) -> None:
    place = company(tmp_path, {"evals/quality/suite.yaml": SUITE, "evals/quality/cases.py": CASES})
    assert place.say("seed").code == 0
    said = place.say("eval", "quality", "--json", "-")
    assert said.code == 0, said.err
    assert (said.json["errors"], said.json["scores"]["counted"]["value"]) == ([], 1.0)
    assert (people(place, "crm"), people(place, "ledger")) == (
        {"ann": 0, "bob": 0, "cyd": 0},
        {"ann": 0, "bob": 0, "cyd": 0},
    )
    assert letters(place, "post") == letters(place, "upstairs") == []


def test_an_unknown_target_is_found_with_the_real_ones(tmp_path: Path) -> None:
    place = company(tmp_path)
    place.edit("tools/company.py", 'target="ledger"', 'target="leger"')
    (found,) = place.findings()
    assert found.code == "effect.unknown-target"
    assert (found.where.file, found.where.line) == ("tools/company.py", 32)
    assert all(name in found.fix for name in ("crm", "ledger", "post", "upstairs"))


def test_a_tool_of_an_unknown_store_is_found_with_the_real_ones(tmp_path: Path) -> None:
    place = company(tmp_path)
    place.edit("graphs/main.yaml", "tool: ledger_documents", "tool: leger_documents")
    (found,) = place.findings()
    assert (found.code, found.where.file, found.where.line) == ("graph.unknown-tool", "graphs/main.yaml", 8)
    assert "ledger_documents" in found.fix
    assert "crm_documents" in found.fix


def test_a_mistake_in_any_store_is_found_once_at_its_place(tmp_path: Path) -> None:
    place = company(
        tmp_path, {"connectors/ledger.yaml": STORE.replace("NOTES", "bills").replace("root: people", "root: peple")}
    )
    (found,) = place.findings()
    assert (found.where.file, found.where.line) == ("connectors/ledger.yaml", 8)


def test_a_kind_of_file_that_is_misspelt_is_one_finding(tmp_path: Path) -> None:
    place = company(tmp_path, {"connectors/post.yaml": "compound: mailbx/v1\n"})
    (found,) = place.findings()
    assert (found.code, found.where.file, found.where.line) == ("file.unknown-kind", "connectors/post.yaml", 1)
    assert found.fix.startswith("did you mean 'mailbox'?")


def test_a_name_that_the_state_folder_needs_is_refused(tmp_path: Path) -> None:
    place = company(tmp_path, {"connectors/state.yaml": FILES["connectors/crm.yaml"]})
    (found,) = place.findings()
    assert (found.code, found.where.file) == ("project.reserved-name", "connectors/state.yaml")
    with pytest.raises(CompoundError) as refused, opened(place) as project:
        _ = project.resources.records["state"]
    assert refused.value.code == "project.reserved-name"


def test_an_effect_takes_the_transaction_of_its_target(tmp_path: Path) -> None:
    place = company(tmp_path)
    place.edit("tools/company.py", 'target="post"', 'target="crm"')
    (found,) = place.findings()
    assert (found.code, found.where.file) == ("effect.signature", "tools/company.py")
    assert "RecordsTransaction" in found.fix


def test_a_batch_reads_the_mailbox_that_it_names(tmp_path: Path) -> None:
    place = company(tmp_path)
    place.write({"in.jsonl": '{"id": "m1", "body": "hello"}\n'})
    place.edit("pyproject.toml", 'lakehouse = "lakehouse"', 'lakehouse = "lakehouse"\nmailboxes = {post = "in.jsonl"}')
    place.write({"connectors/post.yaml": "compound: mailbox/v1\nitems: {max_body_bytes: 3}\n"})
    place.write({"graphs/main.yaml": REPLY})
    said = place.say("batch", "--from", "post", "--json")
    assert [one["what"] for one in said.json["dead"]] == ["item 'm1': its body has 5 bytes, more than 3"]
    wrong = place.say("batch", "--from", "upstairs")
    assert wrong.code != 0
    assert "upstairs" in wrong.err


REPLY = """\
compound: graph/v1
name: main
input: {ticket: {id: str, body: str}}
item: {input: ticket, id: ticket.id}
output: {id: $input.ticket.id}
nodes:
  wait: {use: review, show: [$input.ticket], decide: {approve: {}, reject: {}}}
"""
