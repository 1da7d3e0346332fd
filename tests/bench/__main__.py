"""`make bench`: measure what the project promises and write `build/bench.json`.

`python -m tests.bench NAME...` measures only those topics; the rows of the others stay as they were, each with the commit
it was measured at. Every figure is a median over several whole runs in processes of their own.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench import engine, load, review
from tests.bench._rows import Row, at_least, at_most, reported

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).parent / "compound"
MEGABYTE = 1_000_000


def seconds_of(command: list[str], runs: int = 5) -> float:
    """Median wall time of a command, after one run to warm the file cache."""
    times: list[float] = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def program(*arguments: str, home: str) -> dict[str, object]:
    """Run `compound ... --json` on a state folder of its own and read its document."""
    environ = os.environ | {"COMPOUND_HOME": home}
    done = subprocess.run([PROGRAM, *arguments], cwd=ROOT, env=environ, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


ROOMS = "compound, compound.graph, compound.spec, compound.trace, compound.tool, compound.project, compound.model"
HEAVY = ("langgraph", "anthropic", "qdrant_client", "qdrant_edge")


def start_up() -> list[Row]:
    """How quickly the package and the program are there, and what they do not load."""
    say = f"import sys, {ROOMS}; print(sum(name in sys.modules for name in {HEAVY!r}))"
    loaded = subprocess.run([sys.executable, "-c", say], cwd=ROOT, check=True, capture_output=True, text=True)
    return [
        at_most("import compound", seconds_of([sys.executable, "-c", "import compound"]), "s", 0.25),
        reported("import what a program uses of it", seconds_of([sys.executable, "-c", f"import {ROOMS}"]), "s"),
        at_most("of langgraph, anthropic and qdrant loaded by that", float(loaded.stdout), "modules", 0),
        at_most("compound --help", seconds_of([str(PROGRAM), "--help"]), "s", 0.4),
    ]


def environment() -> list[Row]:
    """How large the environment is that `make setup` makes, a new one; and that it holds no torch."""
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        subprocess.run(["make", "setup", f"VENV={venv}"], cwd=ROOT, check=True, capture_output=True)
        size = sum(file.lstat().st_size for file in venv.rglob("*") if file.is_file() and not file.is_symlink())
        has_torch = any(venv.glob("lib/python*/site-packages/torch"))
    return [
        at_most("environment that make setup makes", size / MEGABYTE, "MB", 900),
        Row(name="environment holds torch", value=float(has_torch), unit="", bar="<= 0", ok=not has_torch),
    ]


def batch_rate() -> float:
    """Tickets a second of one batch; in a home of its own, as a finished run would only be looked up again."""
    with tempfile.TemporaryDirectory() as home:
        for command in (["seed"], ["index"], ["train", "intent"]):
            program(*command, "--json", home=home)
        batch = program("batch", "--json", home=home)
    return float(str(batch["ran"])) / float(str(batch["seconds"]))


def demo() -> list[Row]:
    """The whole demo without installation, and the throughput of its batch."""
    with tempfile.TemporaryDirectory() as home:
        begin = time.perf_counter()
        report = program("demo", "--json", home=home)
        took = time.perf_counter() - begin
    rates = [batch_rate() for _ in range(3)]
    scores = report["evaluation"]["scores"]  # pyright: ignore[reportIndexIssue] -- a JSON document
    return [
        at_most("demo without installation", took, "s", 90),
        at_least("batch, offline, traces on", statistics.median(rates), "tickets/s", 20),
        *(
            Row(name=f"sample {name}", value=score["value"], unit="share", bar="", ok=None)
            for name, score in scores.items()
            if score["value"] is not None
        ),
    ]


TOPICS: dict[str, Callable[[], list[Row]]] = {
    "start_up": start_up,
    "environment": environment,
    "demo": demo,
    "engine": engine.rows,
    "load": load.rows,
    "review": review.rows,
}
TARGET = ROOT / "build" / "bench.json"


def commit() -> str:
    """The commit that is measured; with a plus where files differ from it, empty where there is no git."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=False, capture_output=True, text=True)
    differs = subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=ROOT, check=False, capture_output=True)
    return head.stdout.strip() + ("+" if head.stdout and differs.returncode else "")


def write(measured: dict[str, list[Row]]) -> None:
    """Put the rows in place of the older ones of their topics."""
    known: dict[str, Any] = {}
    if TARGET.exists():
        known = json.loads(TARGET.read_text(encoding="utf-8"))["topics"]
    now: dict[str, Any] = {
        topic: {"commit": commit(), "date": time.strftime("%Y-%m-%d"), "rows": [asdict(row) for row in rows]}
        for topic, rows in measured.items()
    }
    topics = {topic: found for topic in TOPICS if (found := now.get(topic) or known.get(topic)) is not None}
    document = {
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.system(),
            "processor": platform.machine(),
            "python": platform.python_version(),
        },
        "commit": commit(),
        # Rows of topics that were not measured now carry the commit they were measured at.
        "rows": [
            {**row, "topic": topic, "commit": found["commit"]}
            for topic, found in topics.items()
            for row in found["rows"]
        ],
        "topics": topics,
    }
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def main(names: list[str]) -> int:
    """Measure, print, write; 1 when a bar does not hold."""
    unknown = [name for name in names if name not in TOPICS]
    if unknown:
        sys.stderr.write(f"no topic {', '.join(unknown)}; there are {', '.join(TOPICS)}\n")
        return 2
    measured: dict[str, list[Row]] = {}
    for topic in names or TOPICS:
        measured[topic] = TOPICS[topic]()
        for row in measured[topic]:
            verdict = "" if row.ok is None else "ok" if row.ok else "MISSED"
            value = "-" if row.value is None else row.value
            sys.stdout.write(f"{row.name:72} {value:>10} {row.unit:10} {row.bar:10} {verdict}\n")
        sys.stdout.flush()
    write(measured)
    sys.stdout.write(f"written: {TARGET.relative_to(ROOT)}\n")
    return 0 if all(row.ok is not False for rows in measured.values() for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
