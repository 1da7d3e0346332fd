"""A lakehouse whose questions run in worker processes, and what a test sees of these."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.connector.lakehouse.service.workers import Workers
from compound.tool.loading import AskTool, BoundAsk, load_sql_tool

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
