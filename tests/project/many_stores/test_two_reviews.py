"""A run asks two people at once: each decision is carried out at once, and the other review keeps waiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.keys.table import Place
from tests.project.many_stores.company import company, letters, opened, people

GRAPH = """\
compound: graph/v1
name: main
context: {who: str}
input: {item: {id: str, body: str}}
output: {visit: $count?, bill: $charge?}
nodes:
  crm: {use: tool, tool: crm_documents, in: {id: $context.who}}
  ledger: {use: tool, tool: ledger_documents, in: {id: $context.who}}
  at_the_door:
    use: review
    show: [$input.item, $crm]
    versions: [$crm.versions]
    decide: {approve: {}, reject: {}}
  at_the_till:
    use: review
    show: [$input.item, $ledger]
    versions: [$ledger.versions]
    decide: {approve: {}, reject: {}}
  count:
    use: effect
    tool: visit
    when: at_the_door.action == 'approve'
    in: {who: $context.who}
  welcome:
    use: effect
    tool: send_letter
    after: [count]
    when: at_the_door.action == 'approve'
    in: {to: $input.item.id, text: $input.item.body}
  charge:
    use: effect
    tool: bill
    when: at_the_till.action == 'approve'
    in: {who: $context.who}
  report:
    use: effect
    tool: tell_boss
    after: [charge]
    when: at_the_till.action == 'approve'
    in: {to: $input.item.id, text: charged}
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = company(tmp_path, {"graphs/main.yaml": GRAPH})
    assert made.say("seed").code == 0
    return made


def waiting(place: Place) -> dict[str, str]:
    """Node -> item of what waits for a person."""
    rows = place.say("review", "list", "--json").json
    return {one["node"]: one["review_id"] for one in rows}


def start(place: Place) -> None:
    view = place.run({"item": {"id": "i-1", "body": "Hello."}}, context={"who": "ann"})
    assert (view.status, len(view.review_ids)) == ("waiting_review", 2)


def test_each_decision_is_carried_out_at_once_and_once(place: Place) -> None:
    start(place)
    items = waiting(place)
    said = place.say("review", "approve", items["at_the_door"])
    assert (said.code, people(place, "crm")["ann"], people(place, "ledger")["ann"]) == (0, 1, 0), said.err
    assert (letters(place, "post"), letters(place, "upstairs")) == ([("reply", "i-1", "Hello.")], [])
    assert list(waiting(place)) == ["at_the_till"]
    said = place.say("review", "approve", items["at_the_till"])
    assert (said.code, people(place, "crm")["ann"], people(place, "ledger")["ann"]) == (0, 1, 1), said.err
    assert (len(letters(place, "post")), letters(place, "upstairs")) == (1, [("transfer", "i-1", "charged")])


def test_a_refused_effect_comes_back_to_its_own_person_only(place: Place) -> None:
    start(place)
    items = waiting(place)
    with opened(place) as project:
        changed = project.resources.records["crm"]
        with changed.transaction() as tx:
            person = tx.get("people", "ann")
            assert person is not None
            person["name"] = "Anna"
    assert place.say("review", "approve", items["at_the_door"]).code != 0
    assert people(place, "crm")["ann"] == 0
    assert place.say("review", "approve", items["at_the_till"]).code == 0
    assert (people(place, "crm")["ann"], people(place, "ledger")["ann"]) == (0, 1)
    redrafted = place.say("review", "redraft", items["at_the_door"])
    assert redrafted.code == 0, redrafted.err
    assert place.say("review", "approve", items["at_the_door"]).code == 0
    assert (people(place, "crm")["ann"], people(place, "ledger")["ann"]) == (1, 1)
    assert (len(letters(place, "post")), len(letters(place, "upstairs"))) == (1, 1)


def test_what_is_returned_is_drafted_again_while_the_other_waits(place: Place) -> None:
    start(place)
    items = waiting(place)
    said = place.say("review", "return", items["at_the_door"], "--instruction", "look again")
    assert said.code == 0, said.err
    again = waiting(place)
    assert (set(again), again["at_the_till"]) == ({"at_the_door", "at_the_till"}, items["at_the_till"])
    assert place.say("review", "approve", again["at_the_till"]).code == 0
    assert place.say("review", "approve", again["at_the_door"]).code == 0
    assert (people(place, "crm")["ann"], people(place, "ledger")["ann"]) == (1, 1)
    assert (len(letters(place, "post")), len(letters(place, "upstairs"))) == (1, 1)


def test_the_status_of_the_run_says_that_it_still_waits(place: Place) -> None:
    start(place)
    items = waiting(place)
    first = place.say("review", "approve", items["at_the_door"], "--json").json
    second = place.say("review", "approve", items["at_the_till"], "--json").json
    assert [(one["run_status"], one["ok"]) for one in (first, second)] == [("waiting_review", True), ("done", True)]
