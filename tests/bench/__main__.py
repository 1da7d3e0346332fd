"""`make bench`: measure what the project promises and write `build/bench.json`.

Every figure is a median over several whole runs in processes of their own; the bars are those of the issue
that asked for them.
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
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).parent / "compound"
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure: what, how much, the bar, and whether it holds (None: reported only)."""

    name: str
    value: float
    unit: str
    bar: str
    ok: bool | None


def at_most(name: str, value: float, unit: str, bar: float) -> Row:
    """A figure that may not be higher than the bar."""
    return Row(name=name, value=round(value, 4), unit=unit, bar=f"<= {bar}", ok=value <= bar)


def at_least(name: str, value: float, unit: str, bar: float) -> Row:
    """A figure that may not be lower than the bar."""
    return Row(name=name, value=round(value, 4), unit=unit, bar=f">= {bar}", ok=value >= bar)


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


def start_up() -> list[Row]:
    """How quickly the package and the program are there."""
    return [
        at_most("import compound", seconds_of([sys.executable, "-c", "import compound"]), "s", 0.25),
        at_most("compound --help", seconds_of([str(PROGRAM), "--help"]), "s", 0.4),
    ]


def environment() -> list[Row]:
    """How large the environment is, and that it holds no torch."""
    venv = Path(sys.executable).parent.parent
    size = sum(file.lstat().st_size for file in venv.rglob("*") if file.is_file() and not file.is_symlink())
    has_torch = any(venv.glob("lib/python*/site-packages/torch"))
    return [
        at_most("environment", size / MEBIBYTE, "MiB", 900),
        Row(name="environment holds torch", value=float(has_torch), unit="", bar="<= 0", ok=not has_torch),
    ]


def demo() -> list[Row]:
    """The whole demo without installation, and the throughput of its batch."""
    with tempfile.TemporaryDirectory() as home:
        begin = time.perf_counter()
        report = program("demo", "--json", home=home)
        took = time.perf_counter() - begin
        rates: list[float] = []
        for _ in range(3):
            program("seed", "--force", "--json", home=home)
            batch = program("batch", "--restart", "--json", home=home)
            rates.append(float(str(batch["ran"])) / float(str(batch["seconds"])))
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


def main() -> int:
    """Measure, print, write; 1 when a bar does not hold."""
    rows = [*start_up(), *environment(), *demo()]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=False, capture_output=True, text=True)
    document = {
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.system(),
            "processor": platform.machine(),
            "python": platform.python_version(),
        },
        "commit": commit.stdout.strip(),
        "rows": [asdict(row) for row in rows],
    }
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        verdict = "" if row.ok is None else "ok" if row.ok else "MISSED"
        sys.stdout.write(f"{row.name:32} {row.value:>10} {row.unit:10} {row.bar:10} {verdict}\n")
    sys.stdout.write(f"written: {target.relative_to(ROOT)}\n")
    return 0 if all(row.ok is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
