"""What `review show` and `review list` say: what is pending, taken back, refused, withdrawn; with what a person edits."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.commands import command
from tests.support.desks.bank_commands import POLICY, bank_with, flat, refused, say, shift, view
from tests.support.desks.bank_desk import GRAPH, NOTE, Bank

OWN = "decide: {approve: {}, hold: {account: str, text: str}, edit: {text: str, actions: json}, reject: {}}"
HOLD = """\
  hold:
    use: effect
    tool: note
    when: review.action == 'hold'
    in: {account: $review.account, text: $review.text}
"""


def two_for_a_hold(root: Path, offer: str = OWN) -> Bank:
    """Two people must agree to a credit or to an action of one's own."""
    graph = GRAPH.replace(
        'decide: {approve: {}, edit: {text: str, actions: json}, reject: {reason: "enum(', "decide: X"
    )
    lines = [line if "decide: X" not in line else f"    {offer}" for line in graph.splitlines()]
    graph = "\n".join(lines).replace("when: review.action != 'reject'", "when: review.action in ['approve', 'edit']")
    policy = POLICY.replace("note: {}", "note: {second: true}").replace("{CREDIT}", "{second: true}")
    if "approve" not in offer:
        graph = graph.replace("in ['approve', 'edit']", "== 'edit'")
    return bank_with(root, graph=f"{graph}\n{HOLD}", **{"graphs/policies/bank.yaml": policy})


def test_the_second_person_is_told_what_the_first_one_chose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = two_for_a_hold(tmp_path)
    item = bank.ask()
    fields = ("--field", "account=a1", "--field", "text=ask her first")
    said = say(bank, "review", "decide", item, "hold", *fields, "--user", "ann", monkeypatch=monkeypatch)
    assert f"compound review decide {item[:10]} hold" in said
    shown = say(bank, "review", "show", item, monkeypatch=monkeypatch)
    version = view(bank, item)["version"]
    assert "ann chose hold; another person must choose it too" in shown
    assert "pending: hold by ann at 2" in shown
    assert "text: ask her first" in shown.partition("pending: hold")[2].partition("\n\n")[0]
    agrees = f"compound review decide {item[:10]} hold --version {version}"
    assert f"next: {agrees}\n" in shown
    assert shown.index("hold does:") < shown.index("approve does:")
    pending = view(bank, item)["pending"]
    assert (pending["action"], pending["actor"], pending["agree"]) == ("hold", "ann", agrees)
    assert pending["fields"] == {"account": "a1", "text": "ask her first"}
    same = refused(bank, "review", "decide", item, "hold", "--user", "ann", monkeypatch=monkeypatch)
    assert same.code == "review.second-approver"
    say(bank, *agrees.split()[1:], "--user", "bob", monkeypatch=monkeypatch)
    with bank.open() as project:
        assert [one.text for one in project.resources.mailboxes["desk"].replies()] == ["ask her first"]
    assert (bank.balance(), view(bank, item)["status"], view(bank, item)["pending"]) == (0.0, "decided", None)


def test_a_second_person_who_chooses_something_else_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = two_for_a_hold(tmp_path)
    item = bank.ask()
    fields = ("--field", "account=a1", "--field", "text=ask her first")
    say(bank, "review", "decide", item, "hold", *fields, "--user", "ann", monkeypatch=monkeypatch)
    say(bank, "review", "approve", item, "--user", "bob", monkeypatch=monkeypatch)
    shown = say(bank, "review", "show", item, monkeypatch=monkeypatch)
    assert "bob has; another person must" in shown
    assert f"next: compound review approve {item[:10]} --version {view(bank, item)['version']}\n" in shown
    assert bank.applied() == 0
    say(bank, "review", "approve", item, "--user", "ann", monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (10.0, ["We credit you."])


def test_two_people_agree_to_an_edit_where_nobody_may_approve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = two_for_a_hold(tmp_path, OWN.replace("approve: {}, ", ""))
    item = bank.ask()
    say(bank, "review", "edit", item, "--text", "You get it.", "--user", "ann", monkeypatch=monkeypatch)
    assert "ann edited it; another person must agree" in say(bank, "review", "show", item, monkeypatch=monkeypatch)
    # who edited it may write it better, and does not agree with that alone
    say(bank, "review", "edit", item, "--text", "You get it now.", "--user", "ann", monkeypatch=monkeypatch)
    own = refused(bank, "review", "edit", item, "--user", "ann", monkeypatch=monkeypatch)
    assert (own.code, bank.applied()) == ("review.bad-edit", 0)
    same = refused(bank, "review", "edit", item, "--text", "You get it now.", "--user", "ann", monkeypatch=monkeypatch)
    assert (same.code, bank.applied()) == ("review.second-approver", 0)
    pending = view(bank, item)["pending"]
    say(bank, *pending["agree"].split()[1:], "--user", "bob", monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (10.0, ["You get it now."])


def test_a_decision_that_was_taken_back_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path, credit="{undo: 15m}")
    item = bank.ask()
    say(bank, "review", "approve", item, "--user", "ann", monkeypatch=monkeypatch)
    say(bank, "review", "undo", item, "--user", "bob", monkeypatch=monkeypatch)
    shown = say(bank, "review", "show", item, monkeypatch=monkeypatch)
    assert "decided at version 1: approve by ann at 2" in shown
    assert "; undone by bob at 2" in flat(shown)
    (decision,) = view(bank, item)["decisions"]
    assert (decision["undone"]["by"], decision["undone"]["at"][:2]) == ("bob", "20")
    say(bank, "review", "reject", item, "--reason", "other", "--user", "bob", monkeypatch=monkeypatch)
    assert [one["undone"] is None for one in view(bank, item)["decisions"]] == [False, True]


def test_a_decision_whose_effect_was_refused_is_marked_and_the_reason_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = bank_with(tmp_path)
    bank.set(actions=[NOTE], refuses=["note"])
    item = bank.ask()
    monkeypatch.chdir(bank.root)
    command(["review", "approve", item, "--user", "ann"])
    shown = say(bank, "review", "show", item, monkeypatch=monkeypatch)
    why = "note was refused: notes are closed"
    assert f"; not carried out: {why}" in flat(shown)
    assert why in view(bank, item)["decisions"][0]["refused"]
    bank.set(text="We took note.")
    for _ in range(2):
        again = say(bank, "review", "redraft", item, monkeypatch=monkeypatch)
        reasons = flat(again.partition("why a person:")[2].partition("\n\n")[0])
        assert reasons.count(why) == 1
        assert "every time" not in reasons
        monkeypatch.chdir(bank.root)
        command(["review", "approve", item, "--user", "ann"])
        assert view(bank, item)["status"] == "stale"


def test_a_decided_item_says_what_was_decided_and_offers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = bank_with(tmp_path, credit="{undo: 15m}")
    approved, rejected = bank.ask("1"), bank.ask("2")
    say(bank, "review", "approve", approved, "--user", "ann", monkeypatch=monkeypatch)
    say(bank, "review", "reject", rejected, "--reason", "policy", "--user", "ann", monkeypatch=monkeypatch)
    waits = say(bank, "review", "show", approved, monkeypatch=monkeypatch)
    assert "approve does" not in waits
    assert "decided: approve by ann" in waits
    assert "text: We credit you." in waits
    assert "amount: 10.0" in waits
    shift(bank, 3600)
    say(bank, "review", "sweep", monkeypatch=monkeypatch)
    for item, what in ((approved, "approve"), (rejected, "reject")):
        shown = say(bank, "review", "show", item, monkeypatch=monkeypatch)
        assert f"decided: {what} by ann" in shown
        assert "next:" not in shown
        assert " does:" not in shown
        assert "reject does nothing" not in shown


def test_a_withdrawn_item_says_who_withdrew_it_when_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path, review="due: 1h\non_expire: {close: true}")
    late, item = bank.ask("1"), bank.ask("2")
    say(bank, "review", "cancel", item, "--note", "she paid", "--user", "ann", monkeypatch=monkeypatch)
    shown = say(bank, "review", "show", item, monkeypatch=monkeypatch)
    assert "withdrawn by ann at 2" in shown
    assert ": she paid" in shown
    assert "approve does" not in shown
    assert "it proposed (not done):" in shown
    ended = view(bank, item)["ended"]
    assert (ended["status"], ended["by"], ended["why"]) == ("withdrawn", "ann", "she paid")
    shift(bank, 2 * 3600)
    say(bank, "review", "sweep", monkeypatch=monkeypatch)
    shown = say(bank, "review", "show", late, monkeypatch=monkeypatch)
    assert "expired by clock at 2" in shown
    assert "approve does" not in shown


@pytest.mark.parametrize(
    ("offer", "fix"),
    [
        ("edit: {text: str, actions: json}", "give --text TEXT, or --text-file FILE; --actions JSON"),
        ("edit: {text: str}", "give --text TEXT, or --text-file FILE"),
        ("edit: {words: str, actions: json}", "give --field words=VALUE; --actions JSON"),
    ],
)
def test_an_empty_edit_is_told_the_fields_that_the_node_declares(
    offer: str, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = GRAPH.replace("edit: {text: str, actions: json}", offer)
    if "words" in offer:
        graph = graph.replace("$review.text", "$review.words")
    if "actions" not in offer:
        graph = graph.replace("$review.actions ?? ", "")
    bank = Bank(tmp_path, graph=graph)
    order = next(iter(fix.split("give ")[1:]))
    error = refused(bank, "review", "edit", bank.ask(), monkeypatch=monkeypatch)
    assert (error.code, sorted(error.fix.removeprefix("give ").split("; "))) == (
        "review.bad-edit",
        sorted(order.split("; ")),
    )


def test_the_evidence_of_an_edit_shows_the_edited_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = GRAPH.replace("  draft:", "  letter:").replace("$draft", "$letter")
    bank = bank_with(
        tmp_path,
        credit="{second: true}",
        graph=graph.replace("[$input.ticket, $letter, $plan]", "[$input.ticket, $draft, $plan]"),
    )
    path = tmp_path / "graphs/main.yaml"
    path.write_text(path.read_text().replace("$draft", "$letter"))
    item = bank.ask()
    assert view(bank, item)["evidence"]["letter"] == {"text": "We credit you."}
    say(bank, "review", "edit", item, "--text", "It is done.", "--user", "ann", monkeypatch=monkeypatch)
    shown = say(bank, "review", "show", item, monkeypatch=monkeypatch)
    assert "We credit you." not in shown
    assert view(bank, item)["evidence"]["letter"] == {"text": "It is done."}
    say(bank, "review", "approve", item, "--user", "bob", monkeypatch=monkeypatch)
    assert bank.letters() == ["It is done."]
    assert "We credit you." not in say(bank, "review", "show", item, monkeypatch=monkeypatch)


def test_the_list_can_be_read_in_eighty_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = Bank(tmp_path)
    for number in range(3):
        with bank.open() as project:
            body = f"Please credit my account number {number} with everything that you owe me since September"
            project.run(None, {"ticket": {"id": f"TICKET-{number}", "body": body}})
    words = "Please credit my account number with everything that you owe me since September"
    monkeypatch.chdir(bank.root)
    for columns in ("80", "100", "200"):
        told = command(["review", "list"], env={"COLUMNS": columns})
        lines = told.stdout.splitlines()
        assert all(len(line.rstrip()) <= int(columns) for line in lines)
        rows = [line for line in lines if "TICKET-" in line]
        assert len(rows) == 3  # a row is a line
        for row in rows:
            assert all(one.split()[0] in row for one in ("TICKET-", "pending"))
            subject = row[row.index("Please") :].split("…")[0].split("  ")[0]
            assert len(subject) >= 15
            assert all(word.isdigit() or word in words.split() for word in subject.split())
    narrow = command(["review", "list"], env={"COLUMNS": "60"}).stderr
    assert narrow == "hidden in this narrow terminal: asked by, age, why a person (--json has them)\n"


def test_a_reason_in_free_words_does_not_move_the_terminal_that_reads_the_audit_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = Bank(tmp_path, graph=GRAPH.replace('enum(wrong_fact, policy, other)"', 'str"'))
    first, second = bank.ask("1"), bank.ask("2")
    hostile = "\x1b[2Jfine\u202egnp\u200b"
    say(bank, "review", "reject", first, "--reason", hostile, "--user", hostile, monkeypatch=monkeypatch)
    say(bank, "review", "cancel", second, "--note", hostile, "--user", "ann", monkeypatch=monkeypatch)
    with sqlite3.connect(next(bank.root.glob(".compound/*/state.db"))) as db:
        rows = db.execute("SELECT actor, json_extract(details, '$.reason') FROM audit").fetchall()
    db.close()
    told = [text for row in rows for text in row if text]
    assert "<U+001B>[2Jfine<U+202E>gnp<U+200B>" in told
    assert all(text.isprintable() for text in told)
    with bank.open() as project:
        assert project.services.queue.verify_audit().ok
        assert project.services.queue.decisions(first)[0].reason == hostile  # the decision keeps what was written
