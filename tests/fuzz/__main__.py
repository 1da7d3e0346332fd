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
    crashes: list[Path] = []
    for target in chosen:
        one = fuzz(target, share, given.seed, FOUND)
        crashes += one.crashes
    for _path in crashes[:20]:
        pass
    structures = 0 if given.only else _structures(given.seconds / 4, given.seed)
    return 1 if crashes or structures else 0


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
    return 0


if __name__ == "__main__":
    sys.exit(main())
