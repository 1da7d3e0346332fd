"""Each key of the files to what a person sees of it: due, expire, risk, two approvers, undo, return, snooze, cancel."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path

import anyio
import pytest

from compound.errors import ConflictError, RunError
from compound.graph.engine.cancel import cancel_run
from compound.review.decision.heartbeat import kept_alive
from tests.support.desks.bank_commands import IN_THE_REVIEW, bank_with, refused, say, shift, view
from tests.support.desks.bank_desk import GRAPH, NOTE, TOOLS, Bank


def test_due_and_risk_say_what_is_listed_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    risky = TOOLS.replace("class Plan(TypedDict):\n", "class Plan(TypedDict):\n    risk: int\n")
    risky = risky.replace(
        'return {"actions": world()["actions"]}', 'return {"actions": world()["actions"], "risk": int(ticket["id"])}'
    )
    bank = bank_with(tmp_path, review="due: 4h\nrisk: $plan.risk", **{"tools/bank.py": risky})
    calm, hot = bank.ask("1"), bank.ask("9")
    listed = json.loads(say(bank, "review", "list", "--json", monkeypatch=monkeypatch))
    assert [one["review_id"] for one in listed] == [calm, hot]  # due first, whatever the risk
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
        assert [(one.code, one.where.line) for one in project.check([])] == [("graph.type-mismatch", 14)]


def test_what_expires_is_escalated_to_the_queue_that_the_graph_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = bank_with(tmp_path, review="due: 1h\nexpire: 2h\non_expire: {escalate: leads}")
    item = bank.ask()
    assert "escalates to queue leads" in say(bank, "review", "show", item, monkeypatch=monkeypatch)
    shift(bank, 1.5 * 3600)
    assert say(bank, "review", "sweep", monkeypatch=monkeypatch) == "nothing is due\n"
    shift(bank, 3600)
    assert "escalated" in say(bank, "review", "sweep", monkeypatch=monkeypatch)
    (child,) = json.loads(say(bank, "review", "list", "--queue", "leads", "--json", monkeypatch=monkeypatch))
    assert (child["level"], child["status"], view(bank, item)["status"]) == (1, "pending", "expired")
    assert (bank.balance(), bank.letters()) == (0.0, [])  # waiting never approves
    say(bank, "review", "approve", child["review_id"], "--user", "lea", monkeypatch=monkeypatch)
    assert (bank.balance(), bank.letters()) == (10.0, ["We credit you."])


def test_what_expires_is_closed_and_its_run_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path, review="due: 1h\non_expire: {close: true}")
    item = bank.ask()
    shift(bank, 2 * 3600)
    assert "no open reviews" in say(bank, "review", "list", monkeypatch=monkeypatch)
    shown = view(bank, item)
    assert shown["status"] == "expired"
    with bank.open() as project:
        record = project.run_record(shown["run_id"])
        assert record is not None
        assert (record.status, bank.balance()) == ("cancelled", 0.0)
        with pytest.raises(ConflictError, match="nobody decided review"):
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
    assert "two people must approve it: nobody has yet" in say(bank, "review", "show", item, monkeypatch=monkeypatch)
    first = say(bank, "review", "approve", item, "--user", "ann", monkeypatch=monkeypatch)
    assert "waiting for another person" in first
    assert (bank.balance(), view(bank, item)["status"]) == (0.0, "awaiting_second")
    assert "ann has; another person must" in say(bank, "review", "show", item, monkeypatch=monkeypatch)
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
        say(bank, "review", "approve", child["review_id"], "--user", user, monkeypatch=monkeypatch)
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
    assert "can still be undone" in say(bank, "review", "resume", item, monkeypatch=monkeypatch)
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
    shown = say(bank, "review", "show", again["review_id"], monkeypatch=monkeypatch)
    assert "We credit you. Be kinder." in shown
    assert "returned 1 time" in shown
    assert "returned by ann: Be kinder." in shown
    say(
        bank,
        "review",
        "return",
        again["review_id"],
        "--instruction",
        "Kinder.",
        "--user",
        "bob",
        monkeypatch=monkeypatch,
    )
    (third,) = json.loads(say(bank, "review", "list", "--json", monkeypatch=monkeypatch))
    much = refused(
        bank, "review", "return", third["review_id"], "--instruction", "More.", "--user", "bob", monkeypatch=monkeypatch
    )
    assert much.code == "review.returns"
    say(bank, "review", "approve", third["review_id"], "--user", "ann", monkeypatch=monkeypatch)
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
    assert say(bank, "review", "next", "--user", "bob", monkeypatch=monkeypatch).startswith("no unclaimed reviews")
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
    assert say(bank, "review", "next", "--user", "ann", monkeypatch=monkeypatch).startswith("no unclaimed reviews")
    error = refused(bank, "review", "approve", child["review_id"], "--user", "ann", monkeypatch=monkeypatch)
    assert (error.code, bank.applied()) == ("review.escalated", 0)
    say(bank, "review", "approve", child["review_id"], "--user", "lea", monkeypatch=monkeypatch)
    assert bank.balance() == 10.0


def test_who_escalates_may_still_say_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = bank_with(tmp_path)
    say(bank, "review", "escalate", bank.ask(), "--user", "ann", monkeypatch=monkeypatch)
    (child,) = json.loads(say(bank, "review", "list", "--json", monkeypatch=monkeypatch))
    say(bank, "review", "reject", child["review_id"], "--reason", "other", "--user", "ann", monkeypatch=monkeypatch)
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
        from tests.support.shops import Records

        async def lost(_self: Records, _group: object) -> object:
            raise OSError("the line is dead")

        patched.setattr(Records, "delivery_class", "D")
        patched.setattr(Records, "perform", lost)
        assert "unknown" in say(bank, "review", "approve", item, "--user", "ann", code=1, monkeypatch=monkeypatch)
    listed = json.loads(say(bank, "effects", "list", "--status", "unknown", "--json", monkeypatch=monkeypatch))
    (one,) = listed
    assert (one["effect"], one["review_id"]) == ("credit", item)
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
            with pytest.raises(ConflictError, match="has been resuming since"):
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
