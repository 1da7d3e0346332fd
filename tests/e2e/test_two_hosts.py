"""Two hosts on one PostgreSQL: one of them runs a backlog, decides a paused run, sends a reply; the other one is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from compound.connector.state import StateStore, tables
from tests.e2e.desk_homes import PROGRAM
from tests.support.data.state_stores import postgresql_url
from tests.support.desks.reply_desk import GRAPH, TOOLS, ReplyDesk, ticket
from tests.support.forked import PipedProcess

pytestmark = pytest.mark.timeout(300)


def host(desk: ReplyDesk, name: str) -> dict[str, str]:
    """The variables of a host: a name and files of its own."""
    return {"COMPOUND_HOST": name, "COMPOUND_HOME": str(desk.root / "homes" / name)}


@pytest.fixture
def url() -> str:
    return postgresql_url()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> ReplyDesk:
    monkeypatch.chdir(tmp_path)
    return ReplyDesk(tmp_path, state=url)


def start(desk: ReplyDesk, name: str, *arguments: str) -> PipedProcess:
    """`compound ...` on a host, without waiting for its end."""
    env = os.environ | host(desk, name) | {"COMPOUND_ROOT": str(desk.root)}
    return PipedProcess([PROGRAM, *arguments], cwd=desk.root, env=env)


def until_asked(desk: ReplyDesk, name: str, process: PipedProcess) -> None:
    """Wait until a ticket is in flight."""
    while not (desk.root / "counts" / name).exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def let_go(desk: ReplyDesk) -> None:
    """A ticket `waits 9` ends now."""
    for number in range(9):
        (desk.root / "counts" / f"go{number}").touch()


def test_a_second_host_is_refused_and_told_who_runs_the_batch(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket("t1", "waits 9"), ticket("t2")])
    with start(desk, "north", "batch", "--from", "x.jsonl", "--json") as first:
        until_asked(desk, "t1", first)
        refused = desk.run("batch", "--from", "x.jsonl", env=host(desk, "south"))
        let_go(desk)
        out, said = first.communicate()
    assert refused.exit_code == 6
    assert f"process {first.pid} on host north, since 20" in refused.stderr
    assert "its lease ends 20" in refused.stderr
    assert "[batch.already-running]" in refused.stderr
    assert json.loads(out)["counts"] == {"done": 2}, said
    assert desk.batch("--from", "x.jsonl", env=host(desk, "south"))["ran"] == 0
    assert desk.sent_to(host(desk, "north")) == ["t1", "t2"]
    assert desk.sent_to(host(desk, "south")) == []


def test_a_ticket_in_flight_on_one_host_is_not_answered_by_another_batch_of_the_other(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket("t1", "waits 9")])
    desk.write("y.jsonl", [ticket("t1", "waits 9"), ticket("t2")])
    with start(desk, "north", "batch", "--from", "x.jsonl", "--json") as first:
        until_asked(desk, "t1", first)
        timer = threading.Timer(8, let_go, [desk])
        timer.start()
        other = desk.batch("--from", "y.jsonl", env=host(desk, "south"))
        timer.join()
        first.communicate()
    assert other["counts"] == {"done": 2}
    assert (desk.root / "counts" / "t1").stat().st_size == 1
    assert desk.sent_to(host(desk, "north")) == ["t1"]
    assert desk.sent_to(host(desk, "south")) == ["t2"]


def test_when_its_host_has_died_the_batch_goes_on_elsewhere_once_its_lease_is_over(desk: ReplyDesk, url: str) -> None:
    desk.write("x.jsonl", [ticket("t1"), ticket("t2", "waits 9"), ticket("t3")])
    with start(desk, "north", "batch", "--from", "x.jsonl", "--concurrency", "1") as first:
        until_asked(desk, "t2", first)
        os.kill(first.pid, signal.SIGKILL)
    assert desk.run("batch", "--from", "x.jsonl", env=host(desk, "south")).exit_code == 6
    lapse(url)
    let_go(desk)
    assert desk.batch("--from", "x.jsonl", env=host(desk, "south"))["counts"] == {"done": 3}
    assert desk.sent_to(host(desk, "north")) == ["t1"]
    assert desk.sent_to(host(desk, "south")) == ["t2", "t3"]


def lapse(url: str) -> None:
    """As if the time of every lease had run out."""
    store = StateStore.open(url)
    with store.write() as db:
        db.execute(sa.update(tables.lease).values(lease_until=1.0))
        db.execute(sa.update(tables.outbox).values(lease_until=1.0))
    store.close()


def test_a_decision_that_this_host_cannot_carry_on_is_refused_before_it_is_recorded(desk: ReplyDesk) -> None:
    desk.write("x.jsonl", [ticket("t1")])
    desk.batch("ask", "--from", "x.jsonl", env=host(desk, "north"))
    for command in (("approve", "t1"), ("edit", "t1", "--text", "Good day"), ("reject", "t1", "--reason", "tone")):
        refused = desk.run("review", *command, env=host(desk, "south"))
        assert refused.exit_code == 6, refused.stderr
        assert "[review.elsewhere]" in refused.stderr
        assert "waits on host north" in refused.stderr
    shown = json.loads(desk.run("review", "show", "t1", "--json", env=host(desk, "south")).stdout)
    assert shown["status"] == "pending"
    assert desk.run("review", "approve", "t1", env=host(desk, "north")).exit_code == 0
    assert desk.sent_to(host(desk, "north")) == ["t1"]
    assert desk.ledger(host(desk, "north")) == {"t1": "done"}


def test_a_reply_is_not_sent_again_by_another_host_after_the_owner_s_death(desk: ReplyDesk, url: str) -> None:
    """It was in the folder of the one that died before the outbox knew it."""
    hook = desk.root / "sitecustomize.py"
    hook.write_text(
        "import os\n"
        "if os.environ.get('COMPOUND_HOST') == 'north':\n"
        "    link = os.link\n"
        "    def last(source, target):\n"
        "        link(source, target)\n"
        "        os._exit(9)\n"
        "    os.link = last\n"
    )
    desk.write("x.jsonl", [ticket("t1")])
    env = os.environ | host(desk, "north") | {"COMPOUND_ROOT": str(desk.root), "PYTHONPATH": str(desk.root)}
    died = subprocess.run([str(PROGRAM), "batch", "--from", "x.jsonl"], cwd=desk.root, env=env, check=False)
    assert died.returncode == 9
    assert desk.sent_to(host(desk, "north")) == ["t1"]
    lapse(url)
    summary = desk.batch("--from", "x.jsonl", env=host(desk, "south"), code=3)
    (letter,) = summary["dead"]
    assert letter["code"] == "effect.elsewhere"
    assert "north:" in letter["what"]
    desk.batch("--from", "x.jsonl", "--retry-dead", env=host(desk, "south"), code=3)
    assert desk.sent_to(host(desk, "south")) == []


SECRET = "my card is 4111 1111 1111 1111"
QUERIES = '''

@tool
def look(text: str) -> str:
    """Ask a database, which repeats what it was asked."""
    import sqlalchemy as sa
    with sa.create_engine("sqlite://").connect() as db:
        db.execute(sa.text("select * from nowhere where words = :words"), {"words": text})
    return text
'''


def test_what_a_database_says_of_a_customer_s_words_is_in_no_dead_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    graph = GRAPH.replace("tool: think, in: {ticket: $input.ticket}", "tool: look, in: {text: $input.ticket.body}")
    desk = ReplyDesk(tmp_path, state=url, files={"graphs/main.yaml": graph, "tools/voice.py": TOOLS + QUERIES})
    desk.write("x.jsonl", [ticket("t1", SECRET)])
    summary = desk.batch("--from", "x.jsonl", env=host(desk, "north"), code=3)
    assert summary["dead"][0]["code"] == "graph.node-crashed"
    assert "OperationalError of the database" in summary["dead"][0]["what"]
    said = desk.run("batch", "--from", "x.jsonl", "--retry-dead", env=host(desk, "north"))
    assert SECRET not in json.dumps(summary["dead"]) + said.stdout
    assert not [line for line in said.stderr.splitlines() if SECRET in line and "dead letter" in line]
    lines = Path(summary["dead_letter_file"]).read_text().splitlines()
    assert all(SECRET not in json.dumps(json.loads(line)["error"]) for line in lines)
