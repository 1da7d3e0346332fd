"""`make mutations`: print the table, and every mistake that `check` does not find.

python -m tests.mutation [--write]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.mutation.table import PAGE, markdown, missed, page_of
from tests.mutation.trial import run_all


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the table into docs/explanation/check.md")
    is_written = parser.parse_args().write
    with tempfile.TemporaryDirectory(prefix="compound-mutations-") as folder:
        _, trials = run_all(Path(folder))
    sys.stdout.write(markdown(trials) + "\n")
    for one in missed(trials):
        sys.stdout.write(f"\nnot found: {one.mutant.name}\n  {one.why}\n{one.mutant.diff()}\n")
    if is_written:
        PAGE.write_text(page_of(PAGE.read_text(encoding="utf-8"), trials), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
