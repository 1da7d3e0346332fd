"""Trouble that is not the ticket's: it passes, or it stops the batch; what a person finished is no dead letter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.desks.reply_desk import ReplyDesk, ticket


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compound.batch.runner._PAUSE_S", 0.01)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReplyDesk:
    monkeypatch.chdir(tmp_path)
    return ReplyDesk(tmp_path)


def up(desk: ReplyDesk) -> None:
    """The provider answers again."""
    (desk.root / "counts" / "up").touch()


def test_trouble_that_passes_makes_no_dead_letter(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket("t1", "busy 2"), ticket("t2", "busy 3"), ticket("t3")])
    assert desk.batch("--from", "x.jsonl")["counts"] == {"done": 3}
    assert desk.sent_to() == ["t1", "t2", "t3"]


def test_trouble_that_stays_makes_one_after_so_many_tries(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket("t1", "busy 5"), ticket("t2")])
    summary = desk.batch("--from", "x.jsonl", code=3)
    assert [(one["item_id"], one["code"]) for one in summary["dead"]] == [("t1", "records.locked")]
    assert (desk.root / "counts" / "t1").stat().st_size == 4
    assert desk.batch("--from", "x.jsonl", "--retry-dead")["counts"] == {"done": 2}


def test_a_bug_is_not_tried_again(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket("t1", "bug")])
    desk.batch("--from", "x.jsonl", code=3)
    assert (desk.root / "counts" / "t1").stat().st_size == 1


@pytest.mark.parametrize("by", ["setting", "option"])
def test_a_provider_that_is_down_stops_the_batch_which_the_same_command_goes_on_with(desk: ReplyDesk, by: str) -> None:
    tickets = [ticket("t00"), *(ticket(f"t{n:02}", "down") for n in range(1, 30))]
    desk.write("x.jsonl", tickets)
    given = ["--from", "x.jsonl", "--concurrency", "1"]
    if by == "setting":
        marker = desk.root / "pyproject.toml"
        marker.write_text(marker.read_text() + "\n[tool.compound.batch]\nretries = 1\nstop_after_failures = 4\n")
    else:
        given += ["--stop-after", "4"]
    summary = desk.batch(*given, code=7)
    assert summary["counts"] == {"done": 1, "pending": 29}
    assert summary["down"] == {"code": "model.server", "what": "node think: the provider answers 503", "failures": 4}
    assert summary["dead"] == []
    assert summary["stopped"] is True
    tries = 2 if by == "setting" else 4
    assert (desk.root / "counts" / "t01").stat().st_size == tries
    assert not (desk.root / "counts" / "t05").exists()
    up(desk)
    assert desk.batch("--from", "x.jsonl")["counts"] == {"done": 30}
    assert len(desk.replies()) == 30


def test_failures_that_are_not_in_a_row_stop_nothing_and_bugs_do_not_count(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket(f"t{n}", ("down", "hello", "down", "bug")[n % 4]) for n in range(16)])
    summary = desk.batch("--from", "x.jsonl", "--concurrency", "1", "--stop-after", "3", code=3)
    assert summary["counts"] == {"done": 4, "dead": 12}
    said = desk.run("batch", "--from", "x.jsonl", "--stop-after", "2", "--retry-dead", "--concurrency", "1")
    assert said.exit_code == 7
    assert "stopped: 2 items in a row failed: node think: the provider answers 503 [model.server]" in said.stderr
    assert desk.batch("--from", "x.jsonl", "--retry-dead", "--stop-after", "0", code=3)["counts"]["dead"] == 12


def test_one_slow_ticket_does_not_stop_the_others(desk: ReplyDesk) -> None:
    """It ends when all the others have got their answers; were they to wait for it, it would be a dead letter."""
    tickets = [ticket("slow", "waits 100"), *(ticket(f"t{n}", email=f"{n}@x.example") for n in range(99))]
    desk.write("x.jsonl", tickets)
    assert desk.batch("--from", "x.jsonl")["counts"] == {"done": 100}
    assert "slow" in [one.item_id for one in desk.replies()][-9:]


def test_tickets_of_one_customer_keep_their_order(desk: ReplyDesk) -> None:
    tickets = [
        ticket("a1", "slow 1", email="Ann <ann@x.example>"),
        ticket("a2", email="ann@x.example"),
        ticket("b1", "slow 1", customer_id="c7"),
        ticket("b2", customer_id="c7"),
        ticket("n1", "slow 0.9 about #W1234567", email="n@x.example"),
        ticket("n2", "is #W1234567 there?"),
        ticket("free"),
    ]
    tickets[4]["body"], tickets[4]["subject"] = "slow 0.9", "about #W1234567"
    desk.write("x.jsonl", tickets)
    desk.batch("--from", "x.jsonl", "--concurrency", "7")
    sent = [one.item_id for one in desk.replies()]
    assert sent[0] == "free"
    for first, second in (("a1", "a2"), ("b1", "b2"), ("n1", "n2")):
        assert sent.index(first) < sent.index(second)


EFFECT_FAILS_ONCE = '''

@effect("once", target="desk")
def once(tx: MailboxTransaction, args: Say) -> JsonValue:
    """Reply, when it is asked the second time."""
    if once_more("effect") == 1:
        raise RuntimeError("the mail server is away")
    return tx.reply(args.ticket_id, args.text)
'''


def test_a_dead_letter_that_a_person_finished_leaves_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.desks.reply_desk import ASK, TOOLS

    monkeypatch.chdir(tmp_path)
    ask = ASK.replace("tool: say", "tool: once").replace("use: review,", "use: review,")
    desk = ReplyDesk(tmp_path, files={"graphs/ask.yaml": ask, "tools/voice.py": TOOLS + EFFECT_FAILS_ONCE})
    desk.write("x.jsonl", [ticket("t1"), ticket("t2", "bug")])
    desk.batch("ask", "--from", "x.jsonl", code=3)
    assert desk.ledger() == {"t1": "waiting_review", "t2": "dead"}
    desk.run("review", "approve", "t1")
    assert desk.sent_to() == []
    dead = desk.batch("ask", "--from", "x.jsonl", code=3)
    assert {one["item_id"] for one in dead["dead"]} <= {"t1", "t2"}
    letters = Path(dead["dead_letter_file"])
    desk.run("review", "resume", "t1")
    assert desk.sent_to() == ["t1"]
    assert desk.ledger() == {"t1": "done", "t2": "dead"}
    assert [json.loads(line)["item_id"] for line in letters.read_text().splitlines()] == ["t2"]
    assert [one["item_id"] for one in desk.batch("ask", "--from", "x.jsonl", code=3)["dead"]] == ["t2"]


def test_a_dead_letter_whose_run_went_on_is_done_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.support.desks.reply_desk import GRAPH, TOOLS

    monkeypatch.chdir(tmp_path)
    desk = ReplyDesk(
        tmp_path,
        files={
            "graphs/main.yaml": GRAPH.replace("tool: say", "tool: once"),
            "tools/voice.py": TOOLS + EFFECT_FAILS_ONCE,
        },
    )
    desk.write("x.jsonl", [ticket("t1")])
    run = desk.batch("--from", "x.jsonl", code=3)
    assert desk.ledger() == {"t1": "dead"}
    project = desk.open()
    try:
        (letter,) = (json.loads(line) for line in Path(run["dead_letter_file"]).read_text().splitlines())
        with project.resources.state.read() as db:
            (run_id,) = db.exec_driver_sql("select run_id from run").scalars()
        assert project.resume(run_id).status == "done"
        assert letter["item_id"] == "t1"
    finally:
        project.close()
    assert desk.ledger() == {"t1": "done"}
    assert not Path(run["dead_letter_file"]).exists()
    assert desk.sent_to() == ["t1"]


def test_a_sender_that_no_parser_can_read_stops_no_batch(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket("t1", email="(" * 9_000), ticket("t2", email="Ann Lee <" + "(" * 500), ticket("t3")])
    assert desk.batch("--from", "x.jsonl")["counts"] == {"done": 3}
