"""`make docs`: write the generated parts of the pages; `--check` says whether they are current.

python -m tests.docs [--check]
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.docs.codes import ROOT
from tests.docs.pages import api_pages, error_pages, python_pages, reference_pages

WRITERS: tuple[Callable[[Path], Mapping[Path, str]], ...] = (
    error_pages.error_pages,
    reference_pages.reference_pages,
    api_pages.api_pages,
    python_pages.python_pages,
)


def pages(root: Path = ROOT) -> dict[Path, str]:
    """Every file that is generated, wholly or in part, as it must be."""
    made: dict[Path, str] = {}
    for writer in WRITERS:
        made.update(writer(root))
    return made


def stale(root: Path = ROOT) -> list[str]:
    """What differs from the pages as they must be, with the first lines of each difference."""
    found: list[str] = []
    for path, text in pages(root).items():
        old = (root / path).read_text(encoding="utf-8") if (root / path).is_file() else ""
        if old != text:
            lines = list(difflib.unified_diff(old.splitlines(), text.splitlines(), str(path), "as it must be", n=0))
            found.append("\n".join(lines[:12]))
    return found


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page is not current")
    if parser.parse_args().check:
        differences = stale()
        for one in differences:
            sys.stdout.write(one + "\n")
        if differences:
            sys.stdout.write(f"{len(differences)} pages are not current: make docs\n")
    else:
        for path, text in pages().items():
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text, encoding="utf-8")
        differences = []
    missing = error_pages.problems(ROOT)
    for one in missing:
        sys.stdout.write(one + "\n")
    return 1 if differences or missing else 0


if __name__ == "__main__":
    sys.exit(main())
