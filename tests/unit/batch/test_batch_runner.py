"""A backlog as one job: every ticket ends in exactly one state, and the same call again goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
import sqlalchemy as sa

from compound.batch import BatchEvent, BatchOptions, BatchSummary, ItemStatus
from compound.batch.ledger import Ledger
from compound.batch.runner import BatchRunner
from compound.batch.types import BacklogItem, LedgerItem, Outcome, WaitForTurn
from compound.connector.state import StateStore, tables
from compound.connector.state.owner import host_name
from compound.errors import ConflictError, ConnectorError, ProjectError


class Desk:
    """A fake graph: runs a ticket by what its body says and remembers what was done, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.ran: list[str] = []
        self.rows: dict[str, list[str]] = {}

    async def __call__(self, item: LedgerItem, gate: WaitForTurn) -> Outcome:
        self.ran.append(item.item_id)
        body = (item.fields or {}).get("body")
        await anyio.lowlevel.checkpoint()
        match body:
            case "defer":
                return Outcome(status=ItemStatus.WAITING_REVIEW, readiness="deferred")
            case "explode":
                raise ZeroDivisionError("a bug in a tool")
            case "refuse":
                return Outcome(status=ItemStatus.DEAD, error={"code": "item.empty", "what": "no body"})
            case _:
                await gate(self.rows.get(item.item_id, ()))
                self.done.append(item.item_id)
                return Outcome(status=ItemStatus.DONE, readiness="clean")


def backlog(*bodies: str) -> list[BacklogItem]:
    return [BacklogItem(item_id=f"t{n}", fields={"id": f"t{n}", "body": body}) for n, body in enumerate(bodies)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StateStore]:
    opened = StateStore.open(tmp_path / "state.db")
    yield opened
    opened.close()


def run(
    store: StateStore,
    desk: Desk,
    items: Sequence[BacklogItem],
    folder: Path,
    options: BatchOptions | None = None,
    *,
    graph_hash: str = "v1",
    events: list[BatchEvent] | None = None,
) -> BatchSummary:
    ledger = Ledger(store, graph_name="support_reply", source="desk")
    runner = BatchRunner(
        ledger,
        desk,
        graph_hash=graph_hash,
        folder=folder,
        on_event=(events if events is not None else []).append,
    )
    return anyio.run(runner.run, items, options or BatchOptions(concurrency=3))


def test_every_ticket_ends_in_one_state_and_the_batch_goes_on_after_a_bug(store: StateStore, tmp_path: Path) -> None:
    events: list[BatchEvent] = []
    summary = run(store, Desk(), backlog("ok", "defer", "explode", "refuse", "ok"), tmp_path, events=events)
    assert summary.counts == {"done": 2, "waiting_review": 1, "dead": 2}
    assert summary.readiness == {"clean": 2, "deferred": 1}
    assert summary.exit_code == 3
    assert [event.kind for event in events].count("settled") == 5
    assert events[-1].settled == events[-1].total == 5


def test_dead_letters_name_the_ticket_and_the_reason(store: StateStore, tmp_path: Path) -> None:
    summary = run(store, Desk(), backlog("ok", "explode"), tmp_path)
    (letter,) = summary.dead
    assert (letter.item_id, letter.code) == ("t1", "batch.item-failed")
    assert letter.what == "item 't1': ZeroDivisionError: a bug in a tool"
    assert letter.is_readable
    assert summary.dead_letter_file is not None
    letters = [json.loads(line) for line in Path(summary.dead_letter_file).read_text().splitlines()]
    assert [(letter["item_id"], letter["item"]["body"]) for letter in letters] == [("t1", "explode")]


def test_running_it_again_runs_nothing_that_is_settled(store: StateStore, tmp_path: Path) -> None:
    items = backlog("ok", "defer", "ok")
    run(store, Desk(), items, tmp_path)
    again = Desk()
    summary = run(store, again, items, tmp_path)
    assert again.ran == []
    assert summary.ran == 0
    assert summary.items_per_second is None
    assert summary.counts == {"done": 2, "waiting_review": 1}


def test_a_ticket_that_was_in_flight_goes_on_under_the_same_run(store: StateStore, tmp_path: Path) -> None:
    items = backlog("ok", "ok")
    ledger = Ledger(store, graph_name="support_reply", source="desk")
    ledger.open("v1")
    ledger.add(items)
    first = ledger.items()[0]
    ledger.start(first)
    seen: list[str] = []

    class Remember(Desk):
        async def __call__(self, item: LedgerItem, gate: WaitForTurn) -> Outcome:
            seen.append(item.run_id)
            return await super().__call__(item, gate)

    run(store, Remember(), items, tmp_path)
    assert seen[0] == first.run_id


def test_effects_of_one_customer_and_of_one_row_happen_in_the_backlog_s_order(
    store: StateStore, tmp_path: Path
) -> None:
    class Odd(Desk):
        """Each second ticket takes longer, so that the ones behind it come to their effects first."""

        async def __call__(self, item: LedgerItem, gate: WaitForTurn) -> Outcome:
            for _ in range(20 * (item.seq % 2)):
                await anyio.lowlevel.checkpoint()
            return await super().__call__(item, gate)

    items = [
        BacklogItem(item_id=f"t{n}", fields={"id": f"t{n}", "body": "ok", "email": ("a@x", "B <b@x>", "b@X")[n % 3]})
        for n in range(12)
    ]
    desk = Odd()
    run(store, desk, items, tmp_path, BatchOptions(concurrency=5))
    for mine in ({0, 3, 6, 9}, {1, 2, 4, 5, 7, 8, 10, 11}):
        assert [one for one in desk.done if int(one[1:]) in mine] == [f"t{n}" for n in sorted(mine)]
    assert desk.done != [f"t{n}" for n in range(12)]
    again = Odd()
    again.rows = {f"t{n}": ["orders/#W1"] for n in (4, 5, 6)}
    free = [BacklogItem(item_id=f"t{n}", fields={"id": f"t{n}", "body": "ok"}) for n in range(8)]
    run(store, again, free, tmp_path, BatchOptions(concurrency=8, restart=True))
    assert sorted(again.done) == sorted(again.ran)


def test_one_slow_ticket_does_not_stop_the_others(store: StateStore, tmp_path: Path) -> None:
    ended = anyio.Event()

    class Slow(Desk):
        async def __call__(self, item: LedgerItem, gate: WaitForTurn) -> Outcome:
            if item.item_id == "t0":
                with anyio.fail_after(20):
                    await ended.wait()
            outcome = await super().__call__(item, gate)
            if len(self.done) == 199:
                ended.set()
            return outcome

    desk = Slow()
    assert run(store, desk, backlog(*["ok"] * 200), tmp_path).counts == {"done": 200}
    assert desk.done[-1] == "t0"


def test_a_limit_runs_the_first_tickets_and_a_higher_one_the_rest(store: StateStore, tmp_path: Path) -> None:
    desk, items = Desk(), backlog("ok", "ok", "ok", "ok")
    assert run(store, desk, items, tmp_path, BatchOptions(limit=2)).counts == {"done": 2}
    assert run(store, desk, items, tmp_path).counts == {"done": 4}
    assert sorted(desk.ran) == ["t0", "t1", "t2", "t3"]


def test_an_unreadable_ticket_is_a_dead_letter_and_nothing_is_lost(store: StateStore, tmp_path: Path) -> None:
    broken = BacklogItem(
        item_id="t.jsonl:2",
        fields=None,
        problem={"code": "item.bad-json", "what": "not JSON", "file": "t.jsonl", "line": 2},
    )
    summary = run(store, Desk(), [*backlog("ok"), broken], tmp_path)
    assert summary.counts == {"done": 1, "dead": 1}
    (letter,) = summary.dead
    assert (letter.item_id, letter.what, letter.file, letter.line) == ("t.jsonl:2", "not JSON", "t.jsonl", 2)
    assert not letter.is_readable


def test_two_tickets_of_one_id_run_once_and_the_second_is_told_apart(store: StateStore, tmp_path: Path) -> None:
    desk, twice = Desk(), backlog("ok")
    summary = run(store, desk, [*twice, *twice], tmp_path)
    assert desk.ran == ["t0"]
    assert summary.counts == {"done": 1, "dead": 1}
    assert "second item" in summary.dead[0].what
    assert summary.dead[0].item_id == "t0#1"


def broken(name: str, code: str = "item.bad-json") -> BacklogItem:
    return BacklogItem(item_id=name, fields=None, problem={"code": code, "what": f"{name}: {code}"})


def states(store: StateStore) -> dict[str, tuple[int, str]]:
    ledger = Ledger(store, graph_name="support_reply", source="desk")
    return {item.item_id: (item.seq, item.status.value) for item in ledger.items()}


def test_a_ticket_that_was_mended_in_its_source_is_run_by_the_same_command(store: StateStore, tmp_path: Path) -> None:
    good = backlog("ok", "ok", "ok")
    first, again = Desk(), Desk()
    assert run(store, first, [good[0], broken("t1"), broken("t.jsonl:3")], tmp_path).exit_code == 3
    assert run(store, again, good, tmp_path).counts == {"done": 3}
    assert (first.ran, sorted(again.ran)) == (["t0"], ["t1", "t2"])
    assert not list(tmp_path.glob("dead-letters-*"))


def test_a_line_that_is_mended_by_half_says_what_is_wrong_now(store: StateStore, tmp_path: Path) -> None:
    run(store, Desk(), [broken("t0")], tmp_path)
    summary = run(store, Desk(), [broken("t0", "item.empty-body")], tmp_path)
    assert [(letter.item_id, letter.code) for letter in summary.dead] == [("t0", "item.empty-body")]


def test_a_broken_line_does_not_take_the_name_of_a_good_ticket(store: StateStore, tmp_path: Path) -> None:
    """Whichever of them stands first: the good one is run, the broken one keeps its own reason."""
    good = backlog("ok")
    for items in ([broken("t0"), *good], [*good, broken("t0")], [broken("t0"), broken("t0"), *good]):
        desk = Desk()
        summary = run(store, desk, items, tmp_path, BatchOptions(restart=True))
        assert desk.ran == ["t0"]
        assert summary.counts == {"done": 1, "dead": len(items) - 1}
        assert {letter.code for letter in summary.dead} == {"item.bad-json"}
        assert run(store, Desk(), items, tmp_path).counts == summary.counts


def test_a_ticket_that_ran_stays_done_when_its_line_breaks_later(store: StateStore, tmp_path: Path) -> None:
    run(store, Desk(), backlog("ok", "ok"), tmp_path)
    summary = run(store, Desk(), [broken("t0"), *backlog("ok", "ok")[1:]], tmp_path)
    assert summary.counts == {"done": 2}
    assert summary.changed == 1


def test_a_limit_leaves_the_dead_letters_beyond_it_alone(store: StateStore, tmp_path: Path) -> None:
    items = [*backlog("ok"), broken("x"), broken("y")]
    run(store, Desk(), items, tmp_path)
    assert run(store, Desk(), items, tmp_path, BatchOptions(limit=2)).counts == {"done": 1, "dead": 1}
    assert states(store) == {"t0": (0, "done"), "x": (1, "dead"), "y": (2, "dead")}


def test_places_follow_the_source_when_a_broken_line_is_taken_out(store: StateStore, tmp_path: Path) -> None:
    good = backlog("ok", "ok", "ok")
    run(store, Desk(), [broken("x"), *good[:2]], tmp_path)
    run(store, Desk(), good, tmp_path)
    assert states(store) == {"t0": (0, "done"), "t1": (1, "done"), "t2": (2, "done")}


class Locked(Desk):
    """A graph whose state store another process holds for the first so many tries."""

    def __init__(self, tries: int, code: str = "state.locked") -> None:
        super().__init__()
        self.left = tries
        self._code = code

    async def __call__(self, item: LedgerItem, gate: WaitForTurn) -> Outcome:
        if item.item_id == "t1" and self.left:
            self.left -= 1
            raise ConnectorError(self._code, "the state store s.db is locked", fix="end it")
        return await super().__call__(item, gate)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compound.batch.runner._PAUSE_S", 0.0)


@pytest.mark.parametrize("code", ["state.locked", "checkpoint.locked"])
def test_a_ticket_that_met_a_lock_is_tried_again_under_its_own_run(
    store: StateStore, tmp_path: Path, code: str
) -> None:
    desk = Locked(3, code)
    assert run(store, desk, backlog("ok", "ok", "ok"), tmp_path).counts == {"done": 3}
    assert sorted(desk.done) == ["t0", "t1", "t2"]


@pytest.mark.parametrize(("tries", "code"), [(1, "state.disk-full"), (1, "checkpoint.disk"), (99, "state.locked")])
def test_without_its_books_a_batch_stops_and_says_at_which_ticket(
    store: StateStore, tmp_path: Path, tries: int, code: str
) -> None:
    items = backlog("ok", "ok", "ok")
    with pytest.raises(ConnectorError) as stopped:
        run(store, Locked(tries, code), items, tmp_path)
    assert stopped.value.code == code
    assert "stopped at item 't1'" in stopped.value.what
    assert stopped.value.fix == "end it; then the same command resumes"
    assert run(store, Desk(), items, tmp_path).counts == {"done": 3}


def test_a_file_of_the_batch_that_cannot_be_written_is_named(store: StateStore, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with pytest.raises(ConnectorError, match="file cannot be written: ") as refused:
        run(store, Desk(), backlog("ok"), blocked)
    assert refused.value.code == "batch.cannot-write"


def test_dead_letters_are_tried_again_only_when_asked(store: StateStore, tmp_path: Path) -> None:
    items = backlog("explode")
    run(store, Desk(), items, tmp_path)
    assert run(store, Desk(), items, tmp_path).counts == {"dead": 1}

    class Mended(Desk):
        async def __call__(self, item: LedgerItem, gate: WaitForTurn) -> Outcome:
            assert item.attempt == 2
            return Outcome(status=ItemStatus.DONE, readiness="clean")

    assert run(store, Mended(), items, tmp_path, BatchOptions(retry_dead=True)).counts == {"done": 1}


def test_a_changed_graph_is_asked_about(store: StateStore, tmp_path: Path) -> None:
    items = backlog("ok")
    run(store, Desk(), items, tmp_path)
    with pytest.raises(ProjectError, match="changed since this batch was started") as refused:
        run(store, Desk(), items, tmp_path, graph_hash="v2")
    assert "--accept-changes" in refused.value.fix
    assert run(store, Desk(), items, tmp_path, BatchOptions(accept_changes=True), graph_hash="v2").counts == {"done": 1}


def test_restart_begins_again(store: StateStore, tmp_path: Path) -> None:
    items = backlog("ok")
    run(store, Desk(), items, tmp_path)
    again = Desk()
    run(store, again, items, tmp_path, BatchOptions(restart=True))
    assert again.ran == ["t0"]


def test_restart_gives_every_ticket_a_run_of_its_own(store: StateStore, tmp_path: Path) -> None:
    """With the old ids the runs of before would be found finished, and nothing would run."""
    items = backlog("ok", "ok")
    ledger = Ledger(store, graph_name="support_reply", source="desk")
    run(store, Desk(), items, tmp_path)
    before = set(ledger.run_ids())
    run(store, Desk(), items, tmp_path)
    assert set(ledger.run_ids()) == before
    run(store, Desk(), items, tmp_path, BatchOptions(restart=True))
    assert len(before) == len(set(ledger.run_ids())) == 2
    assert not before & set(ledger.run_ids())


def test_a_second_process_on_the_same_job_is_refused_and_told_who_holds_it(store: StateStore, tmp_path: Path) -> None:
    ledger = Ledger(store, graph_name="support_reply", source="desk")
    with (
        ledger.held(),
        pytest.raises(ConflictError, match=rf"already run by process {os.getpid()} on host {host_name()}, since 20"),
    ):
        run(store, Desk(), backlog("ok"), tmp_path)
    assert run(store, Desk(), backlog("ok"), tmp_path).counts == {"done": 1}


def test_who_has_lost_the_job_writes_nothing_more(store: StateStore, tmp_path: Path) -> None:
    class Robbed(Desk):
        async def __call__(self, item: LedgerItem, gate: WaitForTurn) -> Outcome:
            with store.write() as db:  # as another host does when the lease has run out
                db.execute(sa.update(tables.lease).values(owner="elsewhere/b/1|7|9", fence=99))
            return await super().__call__(item, gate)

    with pytest.raises(ConflictError) as lost:
        run(store, Robbed(), backlog("ok", "ok"), tmp_path, BatchOptions(concurrency=1))
    assert lost.value.code == "batch.taken-over"
    assert states(store) == {"t0": (0, "running"), "t1": (1, "pending")}
