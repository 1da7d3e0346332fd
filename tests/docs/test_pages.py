"""Pages are current, complete, and what they lead to is there: files and places inside them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from compound import Graph
from compound.spec.nodes import NODE_MODELS
from tests.docs.codes import ROOT
from tests.docs.markdown import headings, link_targets
from tests.support.pages.tutorial_pages import pages

DOCS: Final = ROOT / "docs"
EVERY: Final = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
GUIDES: Final = sorted((DOCS / "how-to").glob("*.md"))
_NO_ANCHOR: Final = re.compile(r"[^\w\- ]")
_LINKED: Final = re.compile(r"\[([^\]]+)\]\([^)]*\)")


@cache
def anchors(path: Path) -> frozenset[str]:
    """The places of a page as GitHub names them; the second of one name ends in `-1`."""
    found: list[str] = []
    for _, title, _ in headings(path.read_text(encoding="utf-8")):
        plain = _LINKED.sub(r"\1", title).replace("`", "").lower()
        name = _NO_ANCHOR.sub("", plain).replace(" ", "-")
        times = sum(one == name or re.fullmatch(rf"{re.escape(name)}-\d+", one) is not None for one in found)
        found.append(f"{name}-{times}" if times else name)
    return frozenset(found)


def dead_links(path: Path) -> list[str]:
    """Links of a page to a file, or to a place in one, that is not there."""
    dead: list[str] = []
    for link in link_targets(path.read_text(encoding="utf-8")):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_a_place(path: Path) -> None:
    assert dead_links(path) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# B\n\n## What it `does` now\n\n## Twice\n\n## Twice\n", encoding="utf-8")
    page = tmp_path / "a.md"
    page.write_text(
        "# A\n\n[1](b.md) [2](b.md#what-it-does-now) [3](b.md#twice-1) [4](#a) [5](https://x.example/y#z)\n"
        "[6](c.md) [7](b.md#nothing) [8](#b) [9](b.md#twice-2)\n",
        encoding="utf-8",
    )
    assert dead_links(page) == ["c.md", "b.md#nothing", "#b", "b.md#twice-2"]


def test_the_index_lists_every_page() -> None:
    listed = {
        (DOCS / link.partition("#")[0]).resolve() for link in link_targets((DOCS / "index.md").read_text("utf-8"))
    }
    left = [path for path in EVERY if path not in listed and path.parent.name not in {"errors", "decisions", "python"}]
    assert left == [DOCS / "index.md"]


def test_the_blocks_of_every_guide_are_run() -> None:
    followed = {path.stem for path in pages()}
    assert [path.stem for path in GUIDES if path.stem not in followed] == []


def test_every_kind_of_node_has_an_example() -> None:
    page = (DOCS / "how-to/node-kinds.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\buse: (\w+)|^    (map|repeat): ", page, re.MULTILINE))
    assert {one or other for one, other in shown} == set(NODE_MODELS)


def test_every_method_of_the_builder_is_explained() -> None:
    page = (DOCS / "how-to/build-a-graph-in-python.md").read_text(encoding="utf-8")
    inner = {"build", "reference", "declared", "places"}
    methods = {name for name in dir(Graph) if not name.startswith("_")} - inner
    assert {name for name in methods if f"graph.{name}" not in page} == set()
