"""Tutorials work as they stand: every file is written, every command prints what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.codes import ROOT
from tests.docs.markdown import link_targets
from tests.support.pages.tutorial_pages import Reader, followed, pages, settled


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
def test_who_follows_a_tutorial_sees_what_it_shows(path: Path, tmp_path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert settled(followed(page, tmp_path)) == settled(page), "python -m tests.docs.tutorials writes what is printed"


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
def test_a_tutorial_is_linked_and_its_links_lead_somewhere(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in link_targets(page) if not link.startswith(("#", "https://"))]
    assert links
    assert [link for link in links if not (path.parent / link).exists()] == []
    assert f"({path.parent.name}/{path.name})" in (ROOT / "docs/index.md").read_text(encoding="utf-8")


def test_what_a_command_prints_counts_and_times_do_not() -> None:
    assert settled("run 94e92780706848d785b088ad87dacd11: done\n a   12.0 ms") == settled("run ID: done\n a 3 ms")
    assert settled("its tracking number is 636833434723.") != settled("its tracking number is 636833434724.")
    assert settled("1 graph checked, no findings") != settled("1 graph checked, 1 finding")


def test_a_change_that_does_not_fit_its_file_is_said(tmp_path: Path) -> None:
    page = "```text file=a.txt\none\n```\n\n```diff file=a.txt\n-two\n+three\n```\n"
    with pytest.raises(AssertionError, match=r"a\.txt has this 0 times"):
        Reader(tmp_path).follow(page)
