"""Every error can be looked up: each code has its entry, each entry its code, and examples say what they claim."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from compound.errors import DataError
from compound.project.view.explain import error_codes, explain
from tests.docs.codes import ROOT, all_sites, by_code
from tests.docs.examples import run_example
from tests.docs.markdown import blocks, link_targets, sections
from tests.docs.pages import error_pages

PAGES = sorted(path for path in (ROOT / error_pages.FOLDER).glob("*.md") if path.name != "index.md")
EXAMPLES = [
    pytest.param(entry.title, block, blocks(entry.text), id=entry.title)
    for page in PAGES
    for entry in sections(page.read_text(encoding="utf-8"))
    for block in blocks(entry.text)
    if "fails" in block.words
]


def test_every_code_has_an_entry_and_every_entry_a_code() -> None:
    assert error_pages.problems(ROOT) == []


@pytest.mark.parametrize(("code", "example", "others"), EXAMPLES)
def test_the_example_of_an_entry_gives_its_error(code: str, example: object, others: list[object]) -> None:
    said = run_example(example, others)  # pyright: ignore[reportArgumentType]
    assert code in {found for found, _ in said}, said


def test_the_index_leads_from_what_is_seen_to_every_entry() -> None:
    index = (ROOT / error_pages.FOLDER / "index.md").read_text(encoding="utf-8")
    linked = {link.partition("#")[2] for link in link_targets(index)}
    assert {code for code in by_code(all_sites()) if code.replace(".", "") not in linked} == set()
    line = next(line for line in index.splitlines() if "(graph.md#graphcycle)" in line)
    assert line.startswith("| nodes wait for each other"), "an entry is found by the words of its message"


def test_explain_prints_the_whole_entry() -> None:
    for page in PAGES:
        for entry in sections(page.read_text(encoding="utf-8")):
            shown = explain(entry.title)
            assert "<!--" not in shown
            assert all(block.text in shown for block in blocks(entry.text))
    assert set(error_codes()) == set(by_code(all_sites()))


@pytest.mark.parametrize("code", ["graph.cicle", "nothing", "../secret.x", "", "graph."])
def test_an_unknown_code_is_refused_and_the_nearest_is_named(code: str) -> None:
    with pytest.raises(DataError) as caught:
        explain(code)
    assert caught.value.code == "errors.unknown-code"
    assert "graph.cycle" in caught.value.fix or code != "graph.cicle"


SOURCES = '''
    """A module that says `graph.only-in-a-docstring`."""
    CODES = {"tool": ("graph.in-a-table", "tool")}

    def run(name, status):
        log.warning("graph.log-event", name=name)
        record(db, "graph.audit-event", item)
        path = "graph.yaml"
        what = f"no {name!r} here"
        if status:
            raise NodeError("graph.raised", what, fix="look")
        return Finding("graph.found", "it is wrong", where, choices(names, name))
'''


def test_codes_are_found_wherever_they_are_named(tmp_path: Path) -> None:
    for folder in ("compound/graph/checks", "tools", "connectors", "evals"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "compound/graph/checks/more.py").write_text(dedent(SOURCES), encoding="utf-8")
    found = {site.code: site for site in all_sites(tmp_path)}
    assert set(found) == {"graph.in-a-table", "graph.raised", "graph.found"}
    assert (found["graph.raised"].what, found["graph.raised"].fix) == ("no '<name>' here", "look")
    assert found["graph.found"].is_check
    assert len(error_pages.problems(tmp_path)) == 3


def test_a_missing_entry_is_begun_and_a_stale_one_is_told(tmp_path: Path) -> None:
    for folder in ("compound/graph/checks", "tools", "connectors", "evals", "docs/errors"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "compound/graph/checks/more.py").write_text(dedent(SOURCES), encoding="utf-8")
    page = tmp_path / "docs/errors/graph.md"
    page.write_text("# graph: files\n\n## graph.gone\n\nIt was.\n", encoding="utf-8")
    made = error_pages.error_pages(tmp_path)[Path("docs/errors/graph.md")]
    assert [entry.title for entry in sections(made)] == [
        "graph.found",
        "graph.gone",
        "graph.in-a-table",
        "graph.raised",
    ]
    page.write_text(made, encoding="utf-8")
    assert error_pages.error_pages(tmp_path)[Path("docs/errors/graph.md")] == made
    told = "\n".join(error_pages.problems(tmp_path))
    assert "graph.gone: nothing raises this code any more" in told
    assert "graph.found: say what it means" in told
    assert "graph.found: `compound check` finds it; add a block ```yaml fails that shows it" in told


def test_a_code_that_is_put_together_must_say_how_it_can_end(tmp_path: Path) -> None:
    for folder in ("compound", "tools", "connectors", "evals"):
        (tmp_path / folder).mkdir()
    (tmp_path / "tools/a.py").write_text('raise DataError("shop.a", "x")\nraise DataError(f"shop.{kind}", "x")\n')
    with pytest.raises(ValueError, match="say it in ENDINGS"):
        all_sites(tmp_path)
