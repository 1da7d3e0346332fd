"""SQL of a model runs in a process that is killed: whatever it does, it is over soon and this process is unharmed."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from anyio.to_thread import run_sync

from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.connector.lakehouse.service.workers import Cancellation, Stopped
from compound.connector.lakehouse.value.types import Resources
from tests.unit.connector_lakehouse.worker_house import (
    DOUBLED,
    MEMORY_MB,
    MS,
    RUNAWAYS,
    TOOL,
    bound,
    cpu_s,
    ended_cpu_s,
    eventually,
    is_running,
    kill_all,
    peak_mb,
    pids,
    warm,
    workers,
)


@pytest.mark.parametrize("sql", RUNAWAYS.values(), ids=RUNAWAYS)
def test_a_runaway_is_over_its_memory_bounded_and_the_next_query_answered(house: Lakehouse, sql: str) -> None:
    warm(house)
    (pid,) = pids(house)
    before, gone = cpu_s(pid), ended_cpu_s()
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with peak_mb(pid) as peaks:
        answer = bound(house).ask(sql)
    spent = (cpu_s(pid) if pid in pids(house) else ended_cpu_s() - gone) - before
    assert spent < MS / 1_000 + 0.2
    assert max(peaks) < MEMORY_MB + 150
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - ours < 50_000, "KB, in this process"
    assert answer.status in ("failed", "mend", "ok")
    warm(house)


def test_a_query_that_is_killed_leaves_nothing_behind(tables: Path, tmp_path: Path) -> None:
    with Lakehouse.open(tables, cache_dir=tmp_path, resources=Resources(workers=1)) as house:
        warm(house)
        (first,) = pids(house)
        problem = bound(house).ask(DOUBLED).problem
        assert problem is not None
        assert (problem.code, f"{MS} ms" in problem.message) == ("lakehouse.timeout", True)
        assert not is_running(first)
        warm(house)
        last = pids(house)
        assert len(last) == 1
    assert not any(map(is_running, last))


def test_threads_wait_for_their_turn_and_each_has_its_own_answer(house: Lakehouse) -> None:
    tool = bound(house, 30_000)
    found: dict[int, object] = {}
    most: list[int] = []

    def one(number: int) -> None:
        found[number] = tool.ask(f"SELECT total FROM orders WHERE order_id = {number}").rows
        most.append(len(pids(house)))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [{"total": str(number * 1.5)}] for number in range(12)}
    assert max(most) == 1


def test_who_cancels_does_not_wait_and_the_process_ends(house: Lakehouse) -> None:
    warm(house)
    (pid,) = pids(house)
    tool = bound(house, 60_000)

    async def cancelled() -> None:
        async with asyncio.timeout(0.5):
            await tool.call({"sql": RUNAWAYS["one long scalar call"]})

    with pytest.raises(TimeoutError):
        asyncio.run(cancelled())
    assert eventually(lambda: not is_running(pid))
    warm(house)


def test_questions_that_wait_keep_no_thread_from_others(house: Lakehouse) -> None:
    tool = bound(house, 30_000)

    async def many() -> list[object]:
        asked = [asyncio.create_task(tool.call({"sql": f"SELECT {number} AS n"})) for number in range(60)]
        await asyncio.sleep(0)
        assert await run_sync(lambda: "another tool") == "another tool"
        assert not all(task.done() for task in asked)
        return [answer["rows"] for answer in await asyncio.gather(*asked) if isinstance(answer, dict)]

    assert asyncio.run(many()) == [[{"n": number}] for number in range(60)]


def test_what_was_cancelled_before_is_not_begun(house: Lakehouse) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(Stopped):
        bound(house).ask("SELECT 1 AS one", cancellation)


def test_a_worker_that_somebody_killed_is_replaced(house: Lakehouse) -> None:
    warm(house)
    kill_all(house)
    warm(house)


def test_a_worker_that_was_killed_and_still_takes_what_it_is_sent_is_replaced(house: Lakehouse) -> None:
    """As one of whose threads some live on for a moment: it has not ended, and answers nothing."""
    warm(house)
    for one in list(workers(house)._all):  # pyright: ignore[reportPrivateUsage]
        os.kill(one.child.pid, signal.SIGSTOP)
        threading.Timer(0.3, os.kill, (one.child.pid, signal.SIGKILL)).start()
    warm(house)


def test_a_worker_knows_no_secret(house: Lakehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-TOPSECRET")
    if house._workers:  # pyright: ignore[reportPrivateUsage]
        kill_all(house)
    warm(house)
    for pid in pids(house):
        assert b"TOPSECRET" not in Path(f"/proc/{pid}/environ").read_bytes()


PARENT = """
import os, signal, sys, threading
from pathlib import Path
from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.connector.lakehouse.value.types import Limits
from compound.tool.loading import load_sql_tool

house = Lakehouse.open(sys.argv[1], cache_dir=sys.argv[2], limits=Limits(ms=60_000))
tool = load_sql_tool(Path(sys.argv[3]).read_text(), "tools/ask.sql").bind(house)
tool.ask("SELECT 1 AS one")
threading.Thread(target=tool.ask, args=(sys.argv[4],), daemon=True).start()
while not house._workers._taken:
    pass
print(*(one.child.pid for one in house._workers._all), flush=True)
if sys.argv[5] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("how", ["kill", "exit"])
def test_workers_end_with_the_process_that_started_them(tables: Path, tmp_path: Path, how: str) -> None:
    """Killed or ended, and in the middle of a query that would take minutes."""
    (tmp_path / "ask.sql").write_text(TOOL.format(ms=60_000))
    program = [
        sys.executable,
        "-c",
        textwrap.dedent(PARENT),
        str(tables),
        str(tmp_path / "c"),
        str(tmp_path / "ask.sql"),
    ]
    ran = subprocess.run(
        [*program, RUNAWAYS["one long scalar call"], how], capture_output=True, text=True, timeout=120, check=False
    )
    found = [int(pid) for pid in ran.stdout.split()]
    assert found, ran.stderr
    assert eventually(lambda: not any(map(is_running, found)), 10)


def test_a_lakehouse_that_is_closed_says_so(tables: Path, tmp_path: Path) -> None:
    house = Lakehouse.open(tables, cache_dir=tmp_path)
    tool = bound(house)
    house.close()
    problem = tool.ask("SELECT 1 AS one").problem
    assert problem is not None
    assert problem.code == "lakehouse.closed"


WORDS = (
    "SELECT", "FROM", "orders", "WHERE", "(", ")", ",", "*", "'", '"', "--", "/*", ";", "note", "total", "1", "||",
    "UNION", "ALL", "WITH", "AS", "x", "JOIN", "lambda", ":", "[", "]", "{", "}", "CASE", "WHEN", "END", "repeat",
    "COLUMNS", "'.*'", "OVER", "GROUP BY", "\x00", "\ud800", "é", "$a", "?", "::", "STRUCT", "NULL", "format",
)  # fmt: skip


def _random_sql(rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 40)))


def _survives(house: Lakehouse, seed: int, statements: int) -> None:
    rng = random.Random(seed)
    tool = bound(house, 2_000)
    for _ in range(statements):
        sql = _random_sql(rng)
        assert tool.ask(sql).status in ("ok", "mend", "refused", "failed", "nothing"), ascii(sql)


def test_random_text_is_an_answer(house: Lakehouse) -> None:
    _survives(house, 7, 300)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_much_random_text_is_an_answer(house: Lakehouse, seed: int) -> None:
    _survives(house, seed, 5_000)
    warm(house)
