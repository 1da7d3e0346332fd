"""`make fuzz`: two minutes of random bytes over every target, then of random structures; exit code 1 on any find."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.byte_fuzzer import fuzz
from tests.fuzz.targets import ROOT, targets

FOUND = ROOT / "build" / "fuzz"


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--seconds", type=float, default=120, help="in all")
    options.add_argument("--seed", type=int, default=int(time.time()))
    options.add_argument("--only", default="", help="one target")
    given = options.parse_args()
    chosen = [target for target in targets() if given.only in ("", target.name)]
    # A quarter for structures: hypothesis has a notion of what a condition or a file is.
    share = given.seconds * (1 if given.only else 0.75) / len(chosen)
    _say(f"seed {given.seed}")
    _say(f"{'target':<10} {'inputs':>8} {'understood':>10} {'kept':>6} {'lines':>6} {'slowest':>9} crashes")
    crashes: list[Path] = []
    for target in chosen:
        one = fuzz(target, share, given.seed, FOUND)
        crashes += one.crashes
        row = f"{one.name:<10} {one.ran:>8} {one.understood:>10} {one.kept:>6} {one.lines:>6}"
        _say(f"{row} {one.slowest_s:>7.2f} s {len(one.crashes)}")
    for path in crashes[:20]:
        _say(f"{path}: {path.with_suffix('.txt').read_text(encoding='utf-8').splitlines()[-1]}")
    structures = 0 if given.only else _structures(given.seconds / 4, given.seed)
    return 1 if crashes or structures else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _structures(seconds: float, seed: int) -> int:
    """The hypothesis tests of the language, with many more examples, until the time is up."""
    end = time.monotonic() + seconds
    tests = [
        "tests/fuzz/test_structures.py",
        "tests/unit/spec/test_expressions.py",
        "tests/unit/spec/test_yaml_reading.py",
    ]
    rounds = 0
    while rounds == 0 or time.monotonic() < end:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "--hypothesis-profile=fuzz"]
        done = subprocess.run([*command, f"--hypothesis-seed={seed + rounds}", *tests], cwd=ROOT, check=False)
        if done.returncode:
            return done.returncode
        rounds += 1
    _say(f"structures: {rounds} rounds, nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
