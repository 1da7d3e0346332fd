"""A letter is answered once: however its backlog is spelled, whichever batch or run has answered it before."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.support.data.state_stores import postgresql_url
from tests.support.desks.reply_desk import ReplyDesk, ticket

TICKETS = [ticket("t1", "one"), ticket("t2", "two"), ticket("t3", "three", email="c@x.example")]
ALL = ["t1", "t2", "t3"]


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReplyDesk:
    monkeypatch.chdir(tmp_path)
    return ReplyDesk(tmp_path, state=postgresql_url() if request.param == "postgresql" else None)


def spellings(desk: ReplyDesk, file: Path) -> list[str]:
    """The same file in other words."""
    link, folder = desk.root / "link.jsonl", desk.root / "folder"
    link.symlink_to(file)
    folder.symlink_to(file.parent)
    name = file.name
    return [name, f"./{name}", f"../{desk.root.name}/{name}", str(file), str(link), f"folder/{name}", f".//{name}"]


def test_one_backlog_has_one_job_however_it_is_written(desk: ReplyDesk) -> None:
    file = desk.write("x.jsonl", TICKETS)
    summaries = [desk.batch("--from", source) for source in spellings(desk, file)]
    assert len({one["job_id"] for one in summaries}) == 1
    assert [one["ran"] for one in summaries] == [3] + [0] * (len(summaries) - 1)
    assert all(one["counts"] == {"done": 3} for one in summaries)
    assert desk.sent_to() == ALL


def test_the_desk_of_the_profile_is_the_file_that_it_names(desk: ReplyDesk) -> None:
    file = desk.write("x.jsonl", TICKETS)
    marker = desk.root / "pyproject.toml"
    marker.write_text(marker.read_text() + 'items = "x.jsonl"\n')
    first, again = desk.batch("--from", "desk"), desk.batch("--from", str(file))
    assert (first["job_id"], again["ran"]) == (again["job_id"], 0)
    assert desk.sent_to() == ALL


@pytest.mark.parametrize("graph", ["main", "ask"])
def test_a_ticket_that_another_batch_answered_is_not_answered_again(desk: ReplyDesk, graph: str) -> None:
    """In another file, in a copy, in a folder, with its fields in another order or null."""
    stands = {"main": "done", "ask": "waiting_review"}[graph]
    desk.batch(graph, "--from", str(desk.write("x.jsonl", TICKETS)))
    odd = [{"body": "two", "id": "t2", "subject": "", "email": None}, ticket("new"), TICKETS[0]]
    summary = desk.batch(graph, "--from", str(desk.write("copies/y.jsonl", odd)))
    assert summary["counts"] == {stands: 3}
    assert (summary["ran"], summary["answered_before"], summary["changed"]) == (1, 2, 0)
    assert desk.batch(graph, "--from", str(desk.root / "copies"))["ran"] == 0
    said = desk.run("batch", graph, "--from", str(desk.root / "copies"))
    assert "3 item(s) were already answered by another batch or run; --again runs them" in said.stderr
    if graph == "main":
        assert desk.sent_to() == [*sorted(["new"]), *ALL]
    else:
        desk.run("review", "approve", "t1")
        assert desk.run("review", "list", "--json").stdout.count('"item_id": "t1"') == 0
        assert desk.sent_to() == ["t1"]
        assert desk.batch(graph, "--from", str(desk.root / "copies" / "y.jsonl"))["counts"] == {"done": 1, stands: 2}


def test_a_ticket_that_a_single_run_answered_is_not_answered_again(desk: ReplyDesk) -> None:
    assert desk.run("run", "main", "--item", '{"id": "t2", "subject": "", "body": "two"}').exit_code == 0
    summary = desk.batch("--from", str(desk.write("x.jsonl", TICKETS)))
    assert (summary["ran"], summary["answered_before"]) == (2, 1)
    assert desk.sent_to() == ALL


def test_another_graph_answers_for_itself(desk: ReplyDesk) -> None:
    file = desk.write("x.jsonl", TICKETS)
    desk.batch("main", "--from", str(file))
    assert desk.batch("ask", "--from", str(file))["answered_before"] == 0


def test_two_lines_of_one_ticket_are_answered_once(desk: ReplyDesk) -> None:
    file = desk.write("x.jsonl", [*TICKETS, TICKETS[0], ticket("t2", "other words")])
    summary = desk.batch("--from", str(file), code=3)
    assert [letter["code"] for letter in summary["dead"]] == ["item.duplicate-id"] * 2
    assert desk.sent_to() == ALL


def test_again_answers_again_and_goes_on_when_it_was_stopped(desk: ReplyDesk) -> None:
    file = desk.write("x.jsonl", TICKETS)
    desk.batch("--from", str(file))
    assert desk.batch("--from", str(file), "--restart")["answered_before"] == 3
    assert desk.sent_to() == ALL
    part = desk.batch("--from", str(file), "--again", "--limit", "2")
    assert (part["ran"], part["answered_before"]) == (2, 0)
    assert desk.sent_to() == sorted([*ALL, "t1", "t2"])
    other = desk.batch("--from", str(desk.write("y.jsonl", TICKETS)), "--again")
    assert other["ran"] == 3
    assert desk.sent_to() == sorted([*ALL, *ALL, "t1", "t2"])


def test_again_that_died_on_the_way_is_not_begun_again(desk: ReplyDesk) -> None:
    file = desk.write("x.jsonl", [*TICKETS[:2], ticket("t3", "down")])
    (desk.root / "counts").mkdir()
    (desk.root / "counts" / "up").touch()
    desk.batch("--from", str(file))
    (desk.root / "counts" / "up").unlink()
    stopped = desk.batch("--from", str(file), "--again", "--stop-after", "1", code=7)
    assert stopped["counts"] == {"done": 2, "pending": 1}
    (desk.root / "counts" / "up").touch()
    assert desk.batch("--from", str(file), "--again")["counts"] == {"done": 3}
    assert desk.sent_to() == sorted([*ALL, *ALL])


def test_a_changed_ticket_of_the_same_source_is_named_and_answered_only_when_asked(desk: ReplyDesk) -> None:
    file = desk.write("x.jsonl", TICKETS)
    desk.batch("--from", "x.jsonl")
    desk.write("x.jsonl", [TICKETS[0], ticket("t2", "now this"), TICKETS[2]])
    summary = desk.batch("--from", "./x.jsonl")
    assert (summary["ran"], summary["changed"], summary["changed_items"]) == (0, 1, ["t2"])
    said = desk.run("batch", "--from", str(file))
    assert "1 item(s) changed since they were answered: t2" in said.stderr
    accepted = desk.batch("--from", os.path.relpath(file), "--accept-changes")
    assert (accepted["ran"], accepted["changed"]) == (1, 0)
    assert desk.sent_to() == ["t1", "t2", "t2", "t3"]
    assert desk.replies()[-1].text == "About now this"


def test_a_changed_ticket_of_another_source_is_held_back_and_said(desk: ReplyDesk) -> None:
    desk.batch("--from", str(desk.write("x.jsonl", TICKETS)))
    other = desk.write("y.jsonl", [TICKETS[0], ticket("t2", "now this"), ticket("t4")])
    summary = desk.batch("--from", str(other), code=3)
    assert (summary["ran"], summary["answered_before"], summary["changed_items"]) == (1, 1, ["t2"])
    (letter,) = summary["dead"]
    assert (letter["item_id"], letter["code"]) == ("t2", "item.changed")
    assert "--accept-changes" in letter["fix"]
    assert desk.batch("--from", str(other), "--retry-dead", code=3)["ran"] == 0
    assert desk.sent_to() == ["t1", "t2", "t3", "t4"]
    assert desk.batch("--from", str(other), "--accept-changes")["ran"] == 1
    assert desk.sent_to() == ["t1", "t2", "t2", "t3", "t4"]


def test_a_ticket_that_was_never_answered_gets_the_content_of_now(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket("t1", "bug"), ticket("t2", "two")])
    desk.batch("--from", "x.jsonl", code=3)
    desk.write("x.jsonl", [ticket("t1", "mended"), ticket("t2", "two")])
    summary = desk.batch("--from", "x.jsonl")
    assert (summary["ran"], summary["changed"]) == (1, 0)
    assert [one.text for one in desk.replies()] == ["About two", "About mended"]


def test_a_restart_takes_back_what_waits_and_asks_again(desk: ReplyDesk) -> None:
    file = desk.write("x.jsonl", TICKETS)
    desk.batch("ask", "--from", str(file))
    again = desk.batch("ask", "--from", str(file), "--restart")
    assert (again["ran"], again["answered_before"]) == (3, 0)
    assert desk.run("review", "list", "--json").stdout.count('"review_id"') == 3


def test_counts_are_of_the_tickets_that_the_source_has_now(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket("t1"), ticket("t2", "bug"), ticket("t3"), ticket("t4", "bug")])
    first = desk.batch("--from", "x.jsonl", code=3)
    assert first["counts"] == {"dead": 2, "done": 2}
    # The ids of two were put right in the source, one was taken out, and one is new.
    desk.write("x.jsonl", [ticket("t2b"), ticket("t3"), ticket("t4b"), ticket("t5")])
    again = desk.batch("--from", "x.jsonl")
    assert (again["counts"], again["ran"], again["dead"]) == ({"done": 4}, 3, [])
    assert again["dead_letter_file"] is None
    # One that comes back stands where it stood.
    desk.write("x.jsonl", [ticket("t1"), ticket("t4", "bug"), ticket("t3")])
    back = desk.batch("--from", "x.jsonl", code=3)
    assert (back["counts"], back["ran"]) == ({"dead": 1, "done": 2}, 0)
    assert desk.batch("--from", "x.jsonl", "--limit", "1")["counts"] == {"done": 1}
    assert desk.sent_to() == ["t1", "t2b", "t3", "t4b", "t5"]


@pytest.mark.parametrize("way", ["cancel", "close"])
def test_a_cancelled_ticket_is_settled_so_and_run_again_when_asked(desk: ReplyDesk, way: str) -> None:
    desk.write("x.jsonl", [ticket("t1"), ticket("t2")])
    if way == "close":
        closing = "  ok: {use: review, show: [$think], due: 1s, on_expire: {close: true}}"
        graph = desk.root / "graphs" / "ask.yaml"
        graph.write_text(graph.read_text().replace("  ok: {use: review, show: [$think]}", closing))
    batch = ("ask", "--from", "x.jsonl")
    assert desk.batch(*batch)["counts"] == {"waiting_review": 2}
    if way == "cancel":
        assert desk.run("review", "cancel", "t1", "--note", "by phone").exit_code == 0
        stands = {"t1": "cancelled", "t2": "waiting_review"}
    else:
        time.sleep(1.1)
        assert desk.run("review", "sweep").exit_code == 0
        stands = {"t1": "cancelled", "t2": "cancelled"}
    assert desk.ledger() == stands
    over = list(stands.values()).count("cancelled")
    same = desk.batch(*batch)
    assert (same["counts"].get("cancelled"), same["ran"], same["dead"]) == (over, 0, [])
    assert desk.batch(*batch, "--retry-dead")["ran"] == 0
    assert f"{over} item(s) were cancelled in review: --retry-cancelled" in desk.run("batch", *batch).stderr
    again = desk.batch(*batch, "--retry-cancelled")
    assert (again["counts"], again["ran"]) == ({"waiting_review": 2}, over)
    assert desk.run("review", "approve", "t1").exit_code == 0
    assert desk.sent_to() == ["t1"]
    assert desk.batch(*batch)["counts"] == {"done": 1, "waiting_review": 1}


def test_a_cancelled_ticket_is_run_by_a_restart_too(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket("t1")])
    desk.batch("ask", "--from", "x.jsonl")
    assert desk.run("review", "cancel", "t1").exit_code == 0
    assert desk.batch("ask", "--from", "x.jsonl", "--restart")["counts"] == {"waiting_review": 1}
