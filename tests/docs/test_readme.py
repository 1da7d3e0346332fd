"""README says what is there: its graph is the file that it names."""

from __future__ import annotations

import re

import pytest

from compound.spec import load_graph
from tests.docs.codes import ROOT

SMALL = ROOT / "compound/_templates/small/graphs/answer.yaml"


@pytest.mark.parametrize("page", ["README.md", "docs/tutorials/ten-minutes.md"])
def test_the_graph_that_a_page_shows_is_the_one_of_the_small_project(page: str) -> None:
    shown = re.search(
        r"```yaml\n((?:#[^\n]*\n)?compound: graph/v1\n.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL
    )
    assert shown is not None
    assert load_graph(shown.group(1), page) == load_graph(SMALL.read_bytes(), SMALL.name)


def test_the_graph_in_the_readme_has_twelve_lines() -> None:
    (shown,) = re.findall(r"```yaml\n(compound: graph/v1\n.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(shown.splitlines()) == 12


def test_the_files_that_the_readme_links_are_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
