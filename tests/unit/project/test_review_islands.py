"""Each key of the files to what a person sees of it: due, expire, risk, two approvers, undo, return, snooze, cancel."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from typer.testing import CliRunner

from compound.cli._program import app
from compound.errors import CompoundError, ConflictError, RunError
from compound.graph import cancel_run
from compound.review import kept_alive
from tests.support.bank_desk import GRAPH, NOTE, TOOLS, Bank

POLICY = """\
compound: policy/v1
name: bank
effects:
  credit: {CREDIT}
  note: {}
  tell_customer: {}
"""
IN_THE_REVIEW = "    show: [$input.ticket, $draft, $plan]\n"


def bank_with(root: Path, *, review: str = "", credit: str = "{}", graph: str = GRAPH, **files: str) -> Bank:
    """A bank whose review node has these keys, and whose policy asks this of a credit."""
    text = graph.replace(IN_THE_REVIEW, IN_THE_REVIEW + "".join(f"    {line}\n" for line in review.splitlines()))
    text = text.replace("name: main\n", "name: main\npolicy: bank\n", 1)
    return Bank(root, graph=text, files={"graphs/policies/bank.yaml": POLICY.replace("{CREDIT}", credit), **files})


def say(bank: Bank, *arguments: str, code: int = 0, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command prints."""
    monkeypatch.chdir(bank.root)
    done = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def flat(text: str) -> str:
    """Without the line breaks of a terminal."""
    return " ".join(text.split())


def refused(bank: Bank, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> CompoundError:
    """The error that a command ends with."""
    monkeypatch.chdir(bank.root)
    error = CliRunner().invoke(app, list(arguments)).exception
    assert isinstance(error, CompoundError), error
    return error


def shift(bank: Bank, seconds: float) -> None:
    """Let time pass: every moment in the store lies so many seconds further back."""
    database = next(bank.root.glob(".compound/*/state.db"))
    columns = {
        "review_item": ("due_at", "expire_at", "snooze_until", "lease_until", "created_at"),
        "resume": ("undo_until", "lease_until"),
    }
    with sqlite3.connect(database) as db:
        for table, names in columns.items():
            for name in names:
                db.execute(f"UPDATE {table} SET {name} = {name} - ?", (seconds,))
    db.close()


def view(bank: Bank, item: str) -> dict[str, Any]:
    with bank.open() as project:
        return json.loads(json.dumps(asdict(project.reviews().show(item)), default=str))


def test_due_and_risk_say_what_is_listed_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    risky = TOOLS.replace("class Plan(TypedDict):\n", "class Plan(TypedDict):\n    risk: int\n")
    risky = risky.replace(
        'return {"actions": world()["actions"]}', 'return {"actions": world()["actions"], "risk": int(ticket["id"])}'
    )
    bank = bank_with(tmp_path, review="due: 4h\nrisk: $plan.risk", **{"tools/bank.py": risky})
    calm, hot = bank.ask("1"), bank.ask("9")
    listed = json.loads(say(bank, "review", "list", "--json", monkeypatch=monkeypatch))
    assert [one["item_id"] for one in listed] == [calm, hot]  # due first, whatever the risk
    assert [(one["risk"], one["graph"], one["node"]) for one in listed] == [
        (1, "main", "review"),
        (9, "main", "review"),
    ]
    seconds = time.time()
    assert all(one["due_at"] > time.strftime("%Y-%m-%dT%H:%M", time.gmtime(seconds + 3.9 * 3600)) for one in listed)
    shown = say(bank, "review", "show", hot, monkeypatch=monkeypatch)
    assert "asked by graph main, node review; queue tellers, risk 9" in shown
    assert "due 2" in shown
    assert "main.review" in say(bank, "review", "list", monkeypatch=monkeypatch)


def test_a_risk_that_is_no_number_is_found_by_check(tmp_path: Path) -> None:
    bank = bank_with(tmp_path, review="risk: $draft.text")
    with bank.open() as project:
        assert [(one.code, one.where.line) for one in project.check([])] == [("graph.type-mismatch", 13)]


def test_what_expires_is_escalated_to_the_queue_that_the_graph_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = bank_with(tmp_path, review="due: 1h\nexpire: 2h\non_expire: {escalate: leads}")
    item = bank.ask()
    assert "a new item with the same draft waits in the queue leads" in say(
        bank, "review", "show", item, monkeypatch=monkeypatch
    )
    shift(bank, 1.5 * 3600)
    assert say(bank, "review", "sweep", monkeypatch=monkeypatch) == "nothing is due\n"
    shift(bank, 3600)
    assert "escalated" in say(bank, "review", "sweep", monkeypatch=monkeypatch)
    (child,) = json.loads(say(bank, "review", "list", "--queue", "leads", "--json", monkeypatch=monkeypatch))
    assert (child["level"], child["status"], view(bank, item)["status"]) == (1, "pending", "expired")
    assert (bank.balance(), bank.letters()) == (0.0, [])  # waiting never approves
    say(bank, "review", "approve", child["item_id"], "--user", "lea", monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (10.0, ["We credit you."])


def test_what_expires_is_closed_and_its_run_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path, review="due: 1h\non_expire: {close: true}")
    item = bank.ask()
    shift(bank, 2 * 3600)
    assert "nothing waits" in say(bank, "review", "list", monkeypatch=monkeypatch)
    shown = view(bank, item)
    assert shown["status"] == "expired"
    with bank.open() as project:
        record = project.run_record(shown["run_id"])
        assert record is not None
        assert (record.status, bank.balance()) == ("cancelled", 0.0)
        with pytest.raises(ConflictError, match="nobody decided item"):
            project.resume(shown["run_id"])


def test_a_run_whose_item_was_closed_before_a_crash_is_ended_by_the_next_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = bank_with(tmp_path, review="due: 1h\non_expire: {close: true}")
    item = bank.ask()
    shift(bank, 2 * 3600)
    with bank.open() as project:
        assert project.services.queue.sweep().expired == (item,)  # and the process dies here
    say(bank, "review", "sweep", monkeypatch=monkeypatch)
    with bank.open() as project:
        record = project.run_record(view(bank, item)["run_id"])
        assert record is not None
        assert record.status == "cancelled"


def test_what_expires_is_reminded_of_and_waits_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path, review="due: 1h\non_expire: {remind: true}")
    item = bank.ask()
    shift(bank, 2 * 3600)
    assert "reminded" in say(bank, "review", "sweep", monkeypatch=monkeypatch)
    assert view(bank, item)["status"] == "pending"


@pytest.mark.parametrize("keys", ["on_expire: {}", "on_expire: {close: true, remind: true}"])
def test_on_expire_says_one_thing(keys: str, tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    (tmp_path / "graphs/main.yaml").write_text(
        GRAPH.replace(IN_THE_REVIEW, f"{IN_THE_REVIEW}    due: 1h\n    {keys}\n")
    )
    with bank.open() as project:
        assert "graph.on-expire" in [one.code for one in project.check([])]


def test_two_people_approve_what_the_policy_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path, credit="{second: true}")
    item = bank.ask()
    assert "two people must approve it: nobody did yet" in say(bank, "review", "show", item, monkeypatch=monkeypatch)
    first = say(bank, "review", "approve", item, "--user", "ann", monkeypatch=monkeypatch)
    assert "waiting for another person" in first
    assert (bank.balance(), view(bank, item)["status"]) == (0.0, "awaiting_second")
    assert "ann did; another person has to" in say(bank, "review", "show", item, monkeypatch=monkeypatch)
    again = refused(bank, "review", "approve", item, "--user", "ann", monkeypatch=monkeypatch)
    assert (again.code, bank.balance()) == ("review.second-approver", 0.0)
    say(bank, "review", "approve", item, "--user", "bob", monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (10.0, ["We credit you."])


def test_two_people_approve_an_escalated_item_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path, credit="{second: true}")
    say(bank, "review", "escalate", bank.ask(), "--user", "ann", monkeypatch=monkeypatch)
    (child,) = json.loads(say(bank, "review", "list", "--json", monkeypatch=monkeypatch))
    for user in ("bob", "lea"):
        assert bank.balance() == 0.0
        say(bank, "review", "approve", child["item_id"], "--user", user, monkeypatch=monkeypatch)
    assert bank.balance() == 10.0


def test_one_person_is_enough_where_nothing_of_it_is_proposed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path, credit="{second: true}")
    bank.set(actions=[NOTE])
    say(bank, "review", "approve", bank.ask(), "--user", "ann", monkeypatch=monkeypatch)
    assert bank.letters() == ["We credit you."]


def test_a_policy_cannot_ask_for_two_people_and_for_none(tmp_path: Path) -> None:
    bank = bank_with(tmp_path, credit="{second: true, automatic: true}")
    with bank.open() as project:
        assert "two people must approve it" in project.check([])[0].message


def test_a_decision_is_taken_back_before_anything_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path, credit="{undo: 15m}")
    item = bank.ask()
    said = say(bank, "review", "approve", item, "--user", "ann", monkeypatch=monkeypatch)
    assert f"compound review undo {item[:10]}" in said
    assert f"compound review undo {item[:10]}" in say(bank, "review", "show", item, monkeypatch=monkeypatch)
    assert "can still be taken back" in say(bank, "review", "resume", item, monkeypatch=monkeypatch)
    with bank.open() as project, pytest.raises(ConflictError) as early:
        project.services.queue.claim_resume(item)
    assert early.value.code == "review.undo-open"
    with bank.open() as project:  # whoever resumes the run itself waits too
        assert project.resume(view(bank, item)["run_id"]).status == "waiting_review"
    assert (bank.applied(), bank.letters()) == (0, [])
    assert "in_review" in say(bank, "review", "undo", item, "--user", "ann", monkeypatch=monkeypatch)
    say(bank, "review", "reject", item, "--reason", "other", "--user", "ann", monkeypatch=monkeypatch)
    shift(bank, 3600)
    say(bank, "review", "sweep", monkeypatch=monkeypatch)
    assert (bank.applied(), bank.letters()) == (0, [])


def test_a_decision_that_nobody_took_back_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path, credit="{undo: 15m}")
    item = bank.ask()
    say(bank, "review", "approve", item, "--user", "ann", monkeypatch=monkeypatch)
    assert say(bank, "review", "sweep", monkeypatch=monkeypatch) == "nothing is due\n"
    shift(bank, 3600)
    assert "resumed" in say(bank, "review", "sweep", monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (10.0, ["We credit you."])
    late = refused(bank, "review", "undo", item, "--user", "ann", monkeypatch=monkeypatch)
    assert late.code == "review.too-late"


def test_a_returned_draft_is_drafted_again_with_the_instruction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = GRAPH.replace("in: {plan: $plan}}", "in: {plan: $plan, wish: $run.instruction}}")
    tools = TOOLS.replace(
        "def write_letter(plan: Plan) -> Letter:", "def write_letter(plan: Plan, wish: str | None) -> Letter:"
    )
    tools = tools.replace(
        'return {"text": world()["text"]}', 'return {"text": world()["text"] + (" " + wish if wish else "")}'
    )
    bank = bank_with(tmp_path, graph=graph, **{"tools/bank.py": tools})
    item = bank.ask()
    said = say(bank, "review", "return", item, "--instruction", "Be kinder.", "--user", "ann", monkeypatch=monkeypatch)
    assert "waiting_review" in said
    assert bank.applied() == 0
    (again,) = json.loads(say(bank, "review", "list", "--json", monkeypatch=monkeypatch))
    shown = say(bank, "review", "show", again["item_id"], monkeypatch=monkeypatch)
    assert "We credit you. Be kinder." in shown
    assert "round 2" in shown
    assert "returned by ann: Be kinder." in shown
    say(
        bank, "review", "return", again["item_id"], "--instruction", "Kinder.", "--user", "bob", monkeypatch=monkeypatch
    )
    (third,) = json.loads(say(bank, "review", "list", "--json", monkeypatch=monkeypatch))
    much = refused(
        bank, "review", "return", third["item_id"], "--instruction", "More.", "--user", "bob", monkeypatch=monkeypatch
    )
    assert much.code == "review.returns"
    say(bank, "review", "approve", third["item_id"], "--user", "ann", monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (10.0, ["We credit you. Kinder."])


def test_a_return_whose_process_died_is_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path)
    item = bank.ask()
    with bank.open() as project:
        queue = project.services.queue
        queue.decide(item, "return", user="ann", version=queue.show(item).version, reason="tone", note="Kinder.")
        run_id = queue.show(item).run_id
        assert project.resume(run_id).status == "waiting_review"  # a return is no decision of the graph
    say(bank, "review", "resume", monkeypatch=monkeypatch)
    (again,) = json.loads(say(bank, "review", "list", "--json", monkeypatch=monkeypatch))
    assert (again["status"], again["run_id"], bank.applied()) == ("pending", run_id, 0)


def test_a_snoozed_item_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path)
    item = bank.ask()
    assert "snoozed until" in say(
        bank, "review", "snooze", item, "--for", "2h", "--user", "ann", monkeypatch=monkeypatch
    )
    assert say(bank, "review", "next", "--user", "bob", monkeypatch=monkeypatch).startswith("nothing waits")
    shift(bank, 3 * 3600)
    assert item in say(bank, "review", "next", "--user", "bob", monkeypatch=monkeypatch)
    say(bank, "review", "snooze", item, "--until", "2099-01-01T09:00", "--user", "bob", monkeypatch=monkeypatch)
    assert "pending" in say(bank, "review", "wake", item, "--user", "ann", monkeypatch=monkeypatch)
    for wrong in ("--until=yesterday", "--for=never", "--until=2020-01-01"):
        assert refused(bank, "review", "snooze", item, wrong, monkeypatch=monkeypatch).code == "review.bad-time"


def test_who_escalates_does_not_approve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path)
    item = bank.ask()
    say(bank, "review", "escalate", item, "--user", "ann", monkeypatch=monkeypatch)
    (child,) = json.loads(say(bank, "review", "list", "--json", monkeypatch=monkeypatch))
    assert say(bank, "review", "next", "--user", "ann", monkeypatch=monkeypatch).startswith("nothing waits")
    error = refused(bank, "review", "approve", child["item_id"], "--user", "ann", monkeypatch=monkeypatch)
    assert (error.code, bank.applied()) == ("review.escalated", 0)
    say(bank, "review", "approve", child["item_id"], "--user", "lea", monkeypatch=monkeypatch)
    assert bank.balance() == 10.0


def test_who_escalates_may_still_say_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path)
    say(bank, "review", "escalate", bank.ask(), "--user", "ann", monkeypatch=monkeypatch)
    (child,) = json.loads(say(bank, "review", "list", "--json", monkeypatch=monkeypatch))
    say(bank, "review", "reject", child["item_id"], "--reason", "other", "--user", "ann", monkeypatch=monkeypatch)
    assert bank.applied() == 0


def test_a_cancelled_item_ends_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path, credit="{undo: 15m}")
    open_one, decided = bank.ask("1"), bank.ask("2")
    say(bank, "review", "approve", decided, "--user", "ann", monkeypatch=monkeypatch)
    for item in (open_one, decided):
        assert "withdrawn" in say(
            bank, "review", "cancel", item, "--note", "withdrawn by mail", monkeypatch=monkeypatch
        )
    shift(bank, 3600)
    assert say(bank, "review", "sweep", monkeypatch=monkeypatch) == "nothing is due\n"
    with bank.open() as project, pytest.raises(ConflictError, match=r"was cancelled: .*withdrawn by mail"):
        project.resume(view(bank, open_one)["run_id"])
    assert bank.applied() == 0


def test_what_is_done_cannot_be_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path)
    item = bank.ask()
    say(bank, "review", "approve", item, "--user", "ann", monkeypatch=monkeypatch)
    assert refused(bank, "review", "cancel", item, monkeypatch=monkeypatch).code == "graph.run-done"


def test_show_says_what_was_sent_and_what_each_effect_came_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path)
    item = bank.ask()
    say(bank, "review", "approve", item, "--user", "ann", monkeypatch=monkeypatch)
    shown = say(bank, "review", "show", item, monkeypatch=monkeypatch)
    assert '- credit sent: {"balance":10.0}' in shown
    assert "- tell_customer sent" in shown
    data = json.loads(say(bank, "review", "show", item, "--json", monkeypatch=monkeypatch))
    assert [(one["name"], one["status"], one["node"]) for one in data["outcomes"]] == [
        ("credit", "sent", "apply"),
        ("tell_customer", "sent", "tell"),
    ]
    assert (data["graph"], data["node"]) == ("main", "review")


@pytest.mark.parametrize("happened", [True, False])
def test_a_person_says_what_became_of_an_unknown_effect(
    happened: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = bank_with(tmp_path)
    item = bank.ask()
    with monkeypatch.context() as patched:
        from compound.connector.shop import Shop

        async def lost(_self: Shop, _group: object) -> object:
            raise OSError("the line is dead")

        patched.setattr(Shop, "delivery_class", "D")
        patched.setattr(Shop, "perform", lost)
        assert "unknown" in say(bank, "review", "approve", item, "--user", "ann", code=1, monkeypatch=monkeypatch)
    listed = json.loads(say(bank, "effects", "list", "--status", "unknown", "--json", monkeypatch=monkeypatch))
    (one,) = listed
    assert (one["effect"], one["item_id"]) == ("credit", item)
    assert "--not-sent" in one["next"]
    assert one["key"][:12] in say(bank, "effects", "list", monkeypatch=monkeypatch)
    answer = "--sent" if happened else "--not-sent"
    said = say(bank, "effects", "reconcile", one["key"][:12], answer, "--user", "ann", monkeypatch=monkeypatch)
    assert f"compound review resume {item[:10]}" in said
    say(bank, "review", "resume", item, monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (0.0 if happened else 10.0, ["We credit you."])
    twice = refused(bank, "effects", "reconcile", one["key"], answer, "--user", "ann", monkeypatch=monkeypatch)
    assert twice.code == "effect.not-unknown"


def test_the_lease_of_a_resume_is_renewed_while_its_owner_lives(tmp_path: Path) -> None:
    bank = bank_with(tmp_path)
    item = bank.ask()
    with bank.open() as project:
        queue = project.services.queue
        queue.decide(item, "approve", user="ann", version=queue.show(item).version)
        claim = queue.claim_resume(item, owner="another host|1|1", lease_s=0.4)
        with kept_alive(lambda: queue.renew_resume(claim, lease_s=0.4), every_s=0.1):
            time.sleep(1.0)
            with pytest.raises(ConflictError, match="is being resumed"):
                queue.claim_resume(item)
        time.sleep(0.6)
        assert queue.claim_resume(item).attempts == 2
        assert not queue.renew_resume(claim)


def test_a_slow_resume_is_not_taken_over(tmp_path: Path) -> None:
    slow = TOOLS.replace('    account["balance"] +=', '    import time\n    time.sleep(1.0)\n    account["balance"] +=')
    bank = bank_with(tmp_path, **{"tools/bank.py": slow})
    item = bank.ask()
    with bank.open() as project:
        service = project.reviews()
        service.lease_s = 0.4
        seen: list[float] = []
        renew = service.queue.renew_resume
        service.queue.renew_resume = lambda claim, lease_s: (seen.append(time.time()), renew(claim, lease_s=lease_s))[1]  # type: ignore[method-assign]
        assert service.decide(item, "approve", user="ann").ok
        assert len(seen) >= 3


def test_an_unknown_run_cannot_be_cancelled(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    with bank.open() as project:
        end = partial(cancel_run, actor="ann", reason="")
        with pytest.raises(RunError, match="no run"):
            anyio.run(end, project.resources.state, project.settings.home / "checkpoints.db", "nobody")


def test_python_writes_the_same_keys(tmp_path: Path) -> None:
    bank = bank_with(tmp_path, review="due: 1h\nexpire: 2h\non_expire: {escalate: leads}\nrisk: 3")
    with bank.open() as project:
        source = project.source("main", python=True)
        assert "expire='2h'" in source
        assert "risk=3" in source


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
    assert "ann chose hold; another person has to choose it too" in shown
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
        assert [one.text for one in project.resources.desk.replies()] == ["ask her first"]
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
    assert "bob did; another person has to" in shown
    assert f"next: compound review approve {item[:10]} --version {view(bank, item)['version']}\n" in shown
    assert bank.applied() == 0
    say(bank, "review", "approve", item, "--user", "ann", monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (10.0, ["We credit you."])


def test_two_people_agree_to_an_edit_where_nobody_may_approve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = two_for_a_hold(tmp_path, OWN.replace("approve: {}, ", ""))
    item = bank.ask()
    say(bank, "review", "edit", item, "--text", "You get it.", "--user", "ann", monkeypatch=monkeypatch)
    assert "ann edited it; another person has to agree" in say(bank, "review", "show", item, monkeypatch=monkeypatch)
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
    assert "; taken back by bob at 2" in flat(shown)
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
    CliRunner().invoke(app, ["review", "approve", item, "--user", "ann"])
    shown = say(bank, "review", "show", item, monkeypatch=monkeypatch)
    why = "note was refused: notes are closed"
    assert f"; not carried out: {why}" in flat(shown)
    assert why in view(bank, item)["decisions"][0]["refused"]
    bank.set(text="We took note.")
    for _ in range(2):
        again = say(bank, "review", "redraft", item, monkeypatch=monkeypatch)
        reasons = flat(again.partition("why a person:")[2].partition("\n\n")[0])
        assert reasons.count(why) == 1
        assert "no reason given" not in reasons
        monkeypatch.chdir(bank.root)
        CliRunner().invoke(app, ["review", "approve", item, "--user", "ann"])
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
    assert "it proposed, and nothing of it is done:" in shown
    ended = view(bank, item)["ended"]
    assert (ended["status"], ended["by"], ended["why"]) == ("withdrawn", "ann", "she paid")
    shift(bank, 2 * 3600)
    say(bank, "review", "sweep", monkeypatch=monkeypatch)
    shown = say(bank, "review", "show", late, monkeypatch=monkeypatch)
    assert "expired by clock at 2" in shown
    assert "approve does" not in shown


def with_risk(root: Path, *, apart: bool = False) -> Bank:
    """Two open reviews before the same effects; `apart`: each has a field of its own in one of them."""
    risk = "  risk:\n    use: review\n    queue: risk\n    show: [$input.ticket, $draft, $plan]\n    decide: OFFER\n"
    graph = GRAPH.replace("  apply:\n    use: effect", f"{risk}  apply:\n    use: effect")
    graph = graph.replace(
        "when: review.action != 'reject'", "when: review.action != 'reject' and risk.action != 'reject'"
    )
    if apart:
        graph = graph.replace("edit: {text: str, actions: json}", "edit: {actions: json}")
        graph = graph.replace("$review.text ?? ", "$risk.text ?? ")
    return Bank(root, graph=graph.replace("OFFER", f"{{approve: {{}}, {'edit: {text: str}, ' * apart}reject: {{}}}}"))


def both(bank: Bank) -> dict[str, str]:
    """Review node to its item."""
    with bank.open() as project:
        made = project.run(None, {"ticket": {"id": "T-1", "body": "Please."}})
        return {project.reviews().show(one).node: one for one in made.item_ids}


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("order", [("review", "risk"), ("risk", "review")])
def test_two_reviews_before_one_effect_are_decided_once_each(
    order: tuple[str, str], apart: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = with_risk(tmp_path, apart=apart)
    items = both(bank)
    shown = [one["effect"] for one in view(bank, items["review"])["effects"]["approve"]]
    shown += [one["effect"] for one in view(bank, items["risk"])["effects"].get("approve", [])]
    assert shown == ["credit", "tell_customer"]
    said = flat(say(bank, "review", "show", items["review"], monkeypatch=monkeypatch))
    assert "credit (shop), if review.action != 'reject' and risk.action != 'reject'" in said
    for node in order:
        assert bank.applied() == 0
        say(bank, "review", "approve", items[node], "--user", node, monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (10.0, ["We credit you."])


def test_what_the_other_review_changed_is_shown_before_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = with_risk(tmp_path)
    items = both(bank)
    say(bank, "review", "reject", items["risk"], "--user", "ann", monkeypatch=monkeypatch)
    error = refused(bank, "review", "approve", items["review"], "--user", "bob", monkeypatch=monkeypatch)
    assert error.code == "review.drafted-again"
    assert view(bank, items["review"])["effects"] == {}
    say(bank, "review", "approve", items["review"], "--user", "bob", monkeypatch=monkeypatch)
    assert (bank.applied(), bank.letters()) == (0, [])


LOUDER = """

@tool
def louder(value: Letter) -> Letter:
    return {"text": value["text"].upper()}
"""


@pytest.mark.parametrize("user", ["ann", "bob"])
def test_an_item_whose_graph_was_migrated_is_shown_again_and_decided(
    user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = Bank(tmp_path, files={"tools/bank.py": TOOLS + LOUDER})
    item = bank.ask()
    say(bank, "review", "claim", item, "--user", "ann", monkeypatch=monkeypatch)
    say(bank, "review", "release", item, "--user", "ann", monkeypatch=monkeypatch)
    moved = GRAPH.replace("draft:", "letter:").replace("$draft", "$letter")
    moved = moved.replace(
        "name: main\n", "name: main\non_change: migrate\nmigrations: {letter: {from: draft, tool: louder}}\n"
    )
    (tmp_path / "graphs/main.yaml").write_text(moved)
    before = view(bank, item)
    error = refused(bank, "review", "approve", item, "--user", user, monkeypatch=monkeypatch)
    assert error.code == "review.drafted-again"
    shown = view(bank, item)
    assert (shown["status"], shown["draft"]) == ("pending", "WE CREDIT YOU.")
    assert shown["version"] > before["version"]
    assert any("changed" in reason for reason in shown["reasons"])
    assert (bank.applied(), bank.letters(), shown["decisions"]) == (0, [], [])
    version = str(shown["version"])
    say(bank, "review", "approve", item, "--version", version, "--user", user, monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (10.0, ["WE CREDIT YOU."])


def test_an_item_of_a_migrated_graph_is_edited_and_offers_what_the_new_graph_offers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = Bank(tmp_path)
    item, other = bank.ask("1"), bank.ask("2")
    moved = GRAPH.replace("name: main\n", "name: main\non_change: migrate\n")
    moved = moved.replace("wrong_fact, policy, other", "unclear")
    (tmp_path / "graphs/main.yaml").write_text(moved)
    edit = ("review", "edit", item, "--text", "Here it is.", "--user", "ann")
    assert refused(bank, *edit, monkeypatch=monkeypatch).code == "review.drafted-again"
    assert view(bank, item)["offers"]["reject"] == {"reason": "enum(unclear)"}
    say(bank, *edit, monkeypatch=monkeypatch)
    assert bank.letters() == ["Here it is."]
    say(bank, "review", "reject", other, "--reason", "policy", "--user", "ann", monkeypatch=monkeypatch)
    assert bank.letters() == ["Here it is."]


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
        told = CliRunner().invoke(app, ["review", "list"], env={"COLUMNS": columns})
        lines = told.stdout.splitlines()
        assert all(len(line.rstrip()) <= int(columns) for line in lines)
        rows = [line for line in lines if "TICKET-" in line]
        assert len(rows) == 3  # a row is a line
        for row in rows:
            assert all(one.split()[0] in row for one in ("TICKET-", "pending"))
            subject = row[row.index("Please") :].split("…")[0].split("  ")[0]
            assert len(subject) >= 15
            assert all(word.isdigit() or word in words.split() for word in subject.split())
    assert (
        "not shown in so narrow a terminal: asked by"
        in CliRunner().invoke(app, ["review", "list"], env={"COLUMNS": "80"}).stderr
    )


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


ROUNDS = """\
  writing:
    repeat: {max: 2, until: polite.ok}
    nodes:
      letter: {use: tool, tool: write_letter, in: {plan: $plan, wrong: $previous.polite.problems?}}
      polite: {use: check, kind: polite, in: {text: $letter.text}}
OUT"""
WRITES = TOOLS.replace("write_letter(plan: Plan)", "write_letter(plan: Plan, wrong: list[str] | None)")
POLITE = '''\


from compound.tool import Verdict, check


@check("polite")
def polite(text: str) -> Verdict:
    bad = [word for word in ("damn", "fool") if word in text]
    return Verdict(ok=not bad, problems=[f"it says {word}" for word in bad])
'''


@pytest.mark.parametrize(
    ("out", "text"),
    [
        ("", "$writing.letter.text"),
        ("    out: {text: $letter.text, verdict: $polite}\n", "$writing.text"),
        ("    out: {text: $letter.text}\n", "$writing.text"),
        ("    out: {said: {words: $letter.text}}\n", "$writing.said.words"),
    ],
)
def test_checks_inside_a_repeat_are_run_again_for_an_edit(
    out: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = GRAPH.replace("  draft: {use: tool, tool: write_letter, in: {plan: $plan}}\n", ROUNDS.replace("OUT", out))
    graph = graph.replace("$draft.text", text).replace("$draft,", "$writing,")
    bank = Bank(tmp_path, graph=graph, files={"tools/bank.py": WRITES + POLITE})
    bank.set(text="We credit you, damn it.")
    item = bank.ask()
    rude = ("review", "edit", item, "--text", "We credit you, fool.", "--user", "ann")
    error = refused(bank, *rude, monkeypatch=monkeypatch)
    assert (error.code, "writing: polite: it says fool" in str(error)) == ("review.edit", True)
    assert (bank.applied(), view(bank, item)["decisions"]) == (0, [])
    # what the check had against the letter before is no reason against an edit
    say(bank, *rude[:4], "We credit you, damn.", "--user", "ann", monkeypatch=monkeypatch)
    assert bank.letters() == ["We credit you, damn."]


def test_an_edit_that_a_check_inside_a_repeat_cannot_see_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = ROUNDS.replace("in: {text: $letter.text}}", "in: {text: $letter.text, plan: $again}}")
    rounds = rounds.replace("      polite:", "      again: {use: tool, tool: plan_credits, in: {ticket: $input.ticket}}\n      polite:")
    graph = GRAPH.replace(
        "  draft: {use: tool, tool: write_letter, in: {plan: $plan}}\n",
        rounds.replace("OUT", "    out: {text: $letter.text}\n"),
    )
    graph = graph.replace("$draft.text", "$writing.text").replace("$draft,", "$writing,")
    tools = WRITES + POLITE.replace("def polite(text: str)", "def polite(text: str, plan: Plan)")
    bank = Bank(tmp_path, graph=graph, files={"tools/bank.py": tools})
    item = bank.ask()
    error = refused(bank, "review", "edit", item, "--text", "It is done.", "--user", "ann", monkeypatch=monkeypatch)
    assert error.code == "review.edit"
    assert "polite cannot check the change, as `out` of writing does not hold $again" in str(error)
    assert bank.applied() == 0
