"""Write what the commands of the tutorials print: python -m tests.docs.tutorials [NAME...]."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support.pages.tutorial_pages import ROOT, followed, pages, settled


def main() -> None:
    """Follow these pages, or all, in a folder each; a page is written where more than ids and times is new."""
    for path in [page for page in pages() if page.stem in sys.argv[1:] or not sys.argv[1:]]:
        page = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            new = followed(page, Path(folder))
        is_new = settled(new) != settled(page)
        if is_new:
            path.write_text(new, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}: {'written' if is_new else 'current'}\n")


if __name__ == "__main__":
    main()
