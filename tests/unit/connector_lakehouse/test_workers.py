"""SQL of a model runs in a process that is killed: whatever it does, it is over soon and this process is unharmed."""

from __future__ import annotations

import asyncio
import math
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from anyio.to_thread import run_sync

from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.connector.lakehouse.service.workers import Cancellation, Stopped, Workers
from compound.connector.lakehouse.value.types import Limits, Resources
from compound.errors import ConnectorError
from compound.tool.loading import AskTool, BoundAsk, SqlTool, load_sql_tool

MS = 400
MEMORY_MB = 300
TOOL = """---
name: ask
description: Orders.
kind: ask
tables: [lake.shop.orders]
max_plan_rows: 2000000
limits: {{rows: 50, cell_chars: 400, bytes: 16000, ms: {ms}}}
scope: all
verified: {{by: data-team, at: 2026-11-20}}
---
"""
DOUBLED = "SELECT 1 AS a0, " + ", ".join(f"a{i} + a{i} AS a{i + 1}" for i in range(40))
STARS = ", ".join(f"c{i + 1} AS (SELECT *, * FROM c{i})" for i in range(30))
RUNAWAYS = {
    "aliases that double": DOUBLED,
    "stars that double": f"WITH c0 AS (SELECT 1 AS x), {STARS} SELECT count(*) AS n FROM c30",
    "one long scalar call": "SELECT levenshtein(string_agg(note, ''), string_agg(note || 'x', '')) AS d FROM orders",
    "a text of a size in its format": "SELECT length(format('{:>1500000000}', 'x')) AS n",
    "a text of a size in another format": "SELECT length(printf('%1500000000d', 1)) AS n",
    "a long text": "SELECT length(string_agg(s, '')) AS n FROM (SELECT repeat(a.note, 10000) AS s FROM orders a)",
    "parentheses": "SELECT " + "(" * 40_000 + "1" + ")" * 40_000,
    "negations": "SELECT " + "NOT " * 20_000 + "true AS x",
    "nested queries": "SELECT 1 AS a FROM " + "(SELECT 1 AS a FROM " * 900 + "orders" + ")" * 900,
    "a long list": f"SELECT count(*) AS n FROM orders WHERE order_id IN ({','.join(map(str, range(16_000)))})",
    "a regex": "SELECT regexp_replace(string_agg(note, ''), '(.*)*(.*)*(.*)*x', 'b', 'g') AS x FROM orders",
    "unions": " UNION ALL ".join(["SELECT 1 AS a"] * 3_500),
    "recursion": "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) AS n FROM r",
    "a lambda": "SELECT list_transform(list(note), lambda a: repeat(a, 9000)) AS n FROM orders",
    "folded at plan time": "SELECT " + " + ".join(["length(repeat(repeat('x', 1000), 1000))"] * 400) + " AS n",
    "joins": "SELECT 1 AS n FROM orders o0 "
    + " ".join(f"JOIN orders o{i} ON o{i}.total < o{i - 1}.total" for i in range(1, 40)),
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    rows = "SELECT i AS order_id, i * 1.5 AS total, 'note ' || i AS note FROM range(20000) t(i)"
    with duckdb.connect() as db:
        db.execute(f"COPY ({rows}) TO '{folder}/orders.parquet'")
    return folder


@pytest.fixture(scope="module")
def house(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:
    cache = tmp_path_factory.mktemp("cache")
    resources, limits = Resources(workers=1, worker_memory_mb=MEMORY_MB), Limits(ms=60_000)
    with Lakehouse.open(tables, cache_dir=cache, resources=resources, limits=limits) as opened:
        yield opened


def bound(house: Lakehouse, ms: int = MS) -> BoundAsk:
    tool = load_sql_tool(TOOL.format(ms=ms), "tools/ask.sql")
    assert isinstance(tool, AskTool)
    return AskTool(tool.spec, tool.sql, tool.where).bind(house)


def warm(house: Lakehouse) -> None:
    """A worker that is ready, so that its start is not counted as the query's."""
    assert bound(house, 30_000).ask("SELECT count(*) AS n FROM orders").rows == [{"n": 20_000}]


def workers(house: Lakehouse) -> Workers:
    found = house._workers  # pyright: ignore[reportPrivateUsage]
    assert found is not None
    return found


def pids(house: Lakehouse) -> list[int]:
    return [one.child.pid for one in list(workers(house)._all)]  # pyright: ignore[reportPrivateUsage]


def kill_all(house: Lakehouse) -> None:
    """Kill each worker; its threads may live on for a moment."""
    for one in list(workers(house)._all):  # pyright: ignore[reportPrivateUsage]
        os.kill(one.child.pid, signal.SIGKILL)


def cpu_s(pid: int) -> float:
    """CPU of a living process, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ended_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def eventually(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def peak_mb(pid: int) -> Generator[list[int]]:
    """Resident memory of a process, every few milliseconds while it lives."""
    peaks, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.005):
            try:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            except OSError:
                return
            peaks.extend(int(line.split()[1]) // 1_024 for line in lines if line.startswith("VmHWM"))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield peaks
    finally:
        over.set()
        watching.join()


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


REVIEWED = """---
name: reviewed
description: Orders.
kind: query
tables: [orders]
params: {{text: {{type: VARCHAR}}}}
limits: {{rows: 50, cell_chars: 400, bytes: 16000, ms: {ms}}}
scope: all
verified: {{by: data-team, at: 2026-11-20}}
---
{sql}
"""
LONG = {
    "levenshtein": "SELECT levenshtein(repeat($text, 1000) || note, repeat(note, 1000)) AS n FROM orders",
    "damerau": "SELECT damerau_levenshtein(repeat($text, 100) || note, repeat(note, 1000)) AS n FROM orders",
    "jaro": "SELECT sum(jaro_similarity(repeat($text, 1000) || note, repeat(note, 1000))) AS n FROM orders",
    "in a condition": "SELECT order_id FROM orders WHERE levenshtein(repeat($text, 1000) || note, repeat(note, 1000)) < 3",
    "in an aggregate": "SELECT max(jaro_winkler_similarity(repeat($text, 1000) || note, repeat(note, 999))) m FROM orders",
    "in a window": "SELECT min(levenshtein(repeat($text, 1000), repeat(note, 1000))) OVER () AS m FROM orders",
    "folded at plan time": "SELECT levenshtein(repeat($text, 1000), repeat('x' || $text, 1000)) AS n FROM orders",
    "a computed format": "SELECT length(format('{:>' || 1500000000 || '}', $text)) AS n FROM orders",
    "a width that is an argument": "SELECT length(format('{:>{}}', $text, 1500000000)) AS n FROM orders",
    "a wide format": "SELECT length(printf('%1500000000s', $text)) AS n FROM orders",
    "a regex": "SELECT length(regexp_replace(repeat($text, 5000), 'a(.*x)?', 'b', 'g')) AS n FROM orders",
}


@pytest.mark.parametrize("sql", LONG.values(), ids=LONG.keys())
def test_a_reviewed_query_ends_at_its_limit_whatever_one_call_of_it_does(house: Lakehouse, sql: str) -> None:
    warm(house)
    (pid,) = pids(house)
    own, before, gone = time.process_time(), cpu_s(pid), ended_cpu_s()
    tool = load_sql_tool(REVIEWED.format(ms=MS, sql=sql), "tools/reviewed.sql")
    assert isinstance(tool, SqlTool)
    with pytest.raises(ConnectorError) as refused:
        tool.bind(house).run({"text": "ab" * 50})
    assert refused.value.code in {"lakehouse.timeout", "lakehouse.memory", "lakehouse.worker"}
    spent = (cpu_s(pid) if pid in pids(house) else ended_cpu_s() - gone) - before
    assert spent < MS / 1_000 + 0.2
    assert time.process_time() - own < 0.2


def test_a_reviewed_query_in_a_worker_has_its_parameters_and_rows_as_in_this_process(house: Lakehouse) -> None:
    params = {"text": "note 7", "total": Decimal("1.50"), "days": [date(2026, 1, 31)], "rate": 0.25}
    params |= {
        "at": datetime.fromisoformat("2026-01-31T12:30:00"),
        "none": None,
        "yes": True,
        "big": 2**62,
        "inf": math.inf,
    }
    columns = "$total AS total, $days AS days, $rate AS rate, $at AS at, $none AS none, $yes AS yes, $big AS big"
    rows = f"SELECT note, {columns}, $inf AS inf FROM orders WHERE note = $text"
    here = house.query(rows, params)
    there = house.query(f"{rows} AND levenshtein(note, $text) = 0", params)
    assert there.rows == here.rows
    assert (there.columns, there.versions, there.pins) == (here.columns, here.versions, here.pins)
    assert house.query("SELECT format('{:.2f}', 1.0) AS x FROM orders LIMIT 1").rows == [{"x": "1.00"}]


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
