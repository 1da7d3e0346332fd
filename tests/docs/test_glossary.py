"""The glossary has one meaning a word: every word once, every state of the product, no word that nobody uses."""

from __future__ import annotations

import re
from typing import Final, get_args

import pytest

from compound.batch import ItemStatus
from compound.effect.types import EffectStatus
from compound.graph.run.result import RunStatus
from compound.review import Status
from compound.spec.nodes import NODE_MODELS
from tests.docs.codes import ROOT
from tests.docs.markdown import prose, sections

PAGE: Final = ROOT / "docs/reference/glossary.md"
WORDS, STATES = sections(PAGE.read_text(encoding="utf-8"))
ITALIC: Final = re.compile(r"(?<![*\w])\*([A-Za-z][\w -]*)\*(?![*\w])")
NOT_TERMS: Final = {"and", "processed", "delivered"}
"""Words in italics that stress something, or stand in a document of the sample shop."""
GUIDES: Final = sorted(
    path for place in ("how-to", "tutorials", "explanation", "graphs") for path in (ROOT / "docs" / place).glob("*.md")
)


def entries(text: str) -> list[tuple[str, str]]:
    """The first two cells of every row of a table."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [(row[0].strip("`"), row[1]) for row in rows[1:]]


DEFINED: Final = [word for word, _ in entries(WORDS.text)]
STATED: Final = dict(entries(STATES.text))


def is_defined(term: str) -> bool:
    """In one number or the other: `spans` is `span`, `indexes` is `index`."""
    plain = term.lower()
    known = {*DEFINED, *(state.replace("_", " ") for state in STATED), "need a look"}
    return bool({plain, plain.removesuffix("s"), plain.removesuffix("es")} & known)


@pytest.mark.parametrize("words", [DEFINED, list(STATED)], ids=["words", "states"])
def test_every_word_stands_once_and_in_order(words: list[str]) -> None:
    assert len(words) == len(set(words))
    assert words == sorted(words, key=lambda word: word.replace("-", " "))
    assert set(DEFINED).isdisjoint(STATED)


def test_every_state_of_the_product_is_explained_and_no_other() -> None:
    of: dict[str, set[str]] = {}
    groups = {"review": Status, "effect": EffectStatus, "item": ItemStatus, "run": get_args(RunStatus)}
    for thing, states in groups.items():
        for state in states:
            of.setdefault(str(getattr(state, "value", state)), set()).add(thing)
    of["skipped"] = {"node"}
    assert {state: set(things.split(", ")) for state, things in STATED.items()} == of


def test_every_kind_of_node_that_people_name_is_explained() -> None:
    shown = {"retrieve": "passage", "sql": "tool", "llm": "model"}
    assert {shown.get(kind, kind) for kind in NODE_MODELS} <= set(DEFINED)


@pytest.mark.parametrize("path", [PAGE, *GUIDES], ids=lambda path: path.stem)
def test_a_word_that_a_page_marks_as_a_term_is_in_the_glossary(path: object) -> None:
    text = prose(getattr(path, "read_text")(encoding="utf-8"))  # noqa: B009
    assert {term for term in ITALIC.findall(text) if not is_defined(term) and " " not in term} - NOT_TERMS == set()


def test_no_word_is_explained_that_nobody_uses() -> None:
    pages = [path for path in (ROOT / "docs").rglob("*.md") if path != PAGE]
    used = " ".join(path.read_text(encoding="utf-8") for path in pages).lower().translate({95: " ", 96: None})
    unused = {word for word in DEFINED if word not in used and word.replace("-", " ") not in used}
    assert unused == set()
