"""`make bench`: measure what the project promises and write `build/bench.json`.

`python -m tests.bench NAME...` measures only those topics, `serve --full` with a store of the promised size; the rows of the others stay as they were, each with the commit
it was measured at. A bar is held against a ratio of two sides measured in turn in the same run (`tests/bench/_rows.py`), so
that a slow or busy machine says the same; seconds, bytes and rates are printed beside it.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from tests.bench import demo, engine, environment, load, review, start, traces
from tests.bench._programs import ROOT
from tests.bench._rows import Row
from tests.bench.serve import measure as serve

TOPICS: dict[str, Callable[[], list[Row]]] = {
    "start_up": start.rows,
    "environment": environment.rows,
    "demo": demo.rows,
    "engine": engine.rows,
    "load": load.rows,
    "review": review.rows,
    "traces": traces.rows,
    "serve": serve.rows,
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
    names = [name for name in names if name != serve.WHOLE]
    unknown = [name for name in names if name not in TOPICS]
    if unknown:
        sys.stderr.write(f"no topic {', '.join(unknown)}; there are {', '.join(TOPICS)}\n")
        return 2
    measured: dict[str, list[Row]] = {}
    for topic in names or TOPICS:
        began = time.perf_counter()
        measured[topic] = TOPICS[topic]()
        sys.stdout.write(table(topic, measured[topic], time.perf_counter() - began))
        sys.stdout.flush()
    write(measured)
    missed = [row.name for rows in measured.values() for row in rows if row.ok is False]
    sys.stdout.write(f"written: {TARGET.relative_to(ROOT)}\n")
    sys.stdout.write(f"missed: {', '.join(missed)}\n" if missed else "every bar holds\n")
    return 1 if missed else 0


def table(topic: str, rows: list[Row], took_s: float) -> str:
    """The rows of a topic; the reason for a bar is told where it is missed."""
    lines = ["", f"{topic} ({took_s:.0f} s)"]
    for row in rows:
        verdict = "" if row.ok is None else "ok" if row.ok else "MISSED"
        value = "-" if row.value is None else f"{row.value:.4g}"
        lines.append(f"  {row.name:<84} {value:>9} {row.unit:<10} {row.bar:<9} {verdict}".rstrip())
        if row.ok is False:
            lines.append(f"      {row.why}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
