"""`make mutations`: print the table, and every mistake that `check` does not find.

python -m tests.mutation [--write]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.mutation.table import markdown, missed
from tests.mutation.trial import run_all


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="compound-mutations-") as folder:
        _, trials = run_all(Path(folder))
    sys.stdout.write(markdown(trials) + "\n")
    for one in missed(trials):
        sys.stdout.write(f"\nnot found: {one.mutant.name}\n  {one.why}\n{one.mutant.diff()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
