"""Every graph has a page, and what stands on it is what the program says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.desk_homes import ROOT, Home
from tests.support.pages.graph_pages import commands, pages, with_outputs


@pytest.mark.parametrize("path", pages(ROOT), ids=lambda path: path.stem)
def test_a_page_shows_what_its_commands_print(path: Path, home: Home) -> None:
    page = path.read_text(encoding="utf-8")
    assert commands(page), "a page without a command shows nothing"
    assert with_outputs(page, home) == page, f"python -m tests.project.showcase {path.stem}"


@pytest.mark.parametrize("path", pages(ROOT), ids=lambda path: path.stem)
def test_a_page_says_what_a_reader_asks(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert headings == ["What it does", "When to use it", "Run it", "How it fails", "How to make it better"]
    links = re.findall(r"\]\(([^)#:]+)\)", page)
    assert [link for link in links if not (path.parent / link).exists()] == []
    assert f"{path.stem}.svg" in links


def test_every_graph_has_a_page_and_every_page_is_linked() -> None:
    graphs = {path.stem for path in (ROOT / "graphs").glob("*.yaml")} - {"answer_question"}
    assert {path.stem for path in pages(ROOT)} == graphs
    index, readme = ((ROOT / name).read_text(encoding="utf-8") for name in ("docs/index.md", "README.md"))
    for name in graphs:
        assert f"(graphs/{name}.md)" in index
        assert f"(docs/graphs/{name}.md)" in readme
