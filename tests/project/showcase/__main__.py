"""Write what the commands on `docs/graphs/` print: python -m tests.project.showcase [NAME...]."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.e2e.desk_homes import ROOT, seeded_home
from tests.support.pages.graph_pages import pages, with_outputs


def main(names: list[str]) -> None:
    """Run every command of these pages, or of all, on a home of its own."""
    with tempfile.TemporaryDirectory() as folder:
        home = seeded_home(Path(folder) / "home")
        for path in pages(ROOT):
            if not names or path.stem in names:
                text = path.read_text(encoding="utf-8")
                path.write_text(with_outputs(text, home), encoding="utf-8")
                sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
