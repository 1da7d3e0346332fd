"""README says what is there: its graph is the file that it names."""

from __future__ import annotations

import re

from compound.spec import load_graph
from tests.docs.codes import ROOT


def test_the_graph_in_the_readme_is_the_file_it_names() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```yaml\n(compound: graph/v1\n.*?)```", text, re.DOTALL)
    assert shown is not None
    file = ROOT / "graphs" / "answer_question.yaml"
    assert load_graph(shown.group(1), "README.md") == load_graph(file.read_bytes(), file.name)


def test_the_files_that_the_readme_links_are_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
