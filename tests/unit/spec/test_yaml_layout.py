"""The canonical form of YAML: what it looks like, and that nothing is lost in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from compound.spec.yaml.lines import tree_text
from compound.spec.yaml.reading import read_yaml
from compound.spec.yaml.tree import parse_tree
from tests.support.yaml_printer import Printer


def canonical(text: str) -> str:
    return tree_text(parse_tree(text, "f.yaml"))


@dataclass(frozen=True, kw_only=True)
class Case:
    id: str
    text: str
    becomes: str


CASES = (
    Case(id="spaces and indentation", text="a:   1\nb:\n      c: 2\n", becomes="a: 1\nb:\n  c: 2\n"),
    Case(id="lists are indented", text="a:\n- 1\n-   2\n", becomes="a:\n  - 1\n  - 2\n"),
    Case(id="records of lists", text="a:\n-\n  b: 1\n  c: 2\n", becomes="a:\n  - b: 1\n    c: 2\n"),
    Case(id="lists of lists", text="a:\n- - 1\n  - 2\n- []\n", becomes="a:\n  - - 1\n    - 2\n  - []\n"),
    Case(id="short records stay on a line", text="a: { b: 1 ,c: [x,y] }\n", becomes="a: {b: 1, c: [x, y]}\n"),
    Case(
        id="long records of scalars are wrapped",
        text="a: {" + ", ".join(f"key{n}: value{n}" for n in range(9)) + "}\n",
        becomes="a: {"
        + ", ".join(f"key{n}: value{n}" for n in range(7))
        + ",\n    "
        + ", ".join(f"key{n}: value{n}" for n in range(7, 9))
        + "}\n",
    ),
    Case(
        id="long records of records get lines",
        text="a: {b: {c: " + "x" * 60 + "}, d: {e: " + "y" * 60 + "}}\n",
        becomes="a:\n  b: {c: " + "x" * 60 + "}\n  d: {e: " + "y" * 60 + "}\n",
    ),
    Case(id="blank lines", text="\n\na: 1\n\n\n\nb:\n\n  c: 2\n\n\n", becomes="a: 1\n\nb:\n  c: 2\n"),
    Case(
        id="comments in columns",
        text="a: 1        # x\nbb:   22    # y\n",
        becomes="a: 1        # x\nbb: 22      # y\n",
    ),
    Case(id="a comment that is in the way", text="a:\n- {b: 1} # x\n", becomes="a:\n  - {b: 1}  # x\n"),
    Case(
        id="a comment at the end of a block",
        text="a:\n  b: 1\n  # of a\n# of c\nc: 2\n# end\n",
        becomes="a:\n  b: 1\n  # of a\n# of c\nc: 2\n# end\n",
    ),
    Case(id="a comment behind a key", text="a:  # x\n  b: 1\n", becomes="a:  # x\n  b: 1\n"),
    Case(id="a comment between key and value", text="a: # x\n  # y\n  z\n", becomes="# y\na: z  # x\n"),
    Case(id="a comment in braces", text="a: {b: 1, # x\n  c: 2}\n", becomes="a:\n  b: 1  # x\n  c: 2\n"),
    Case(id="a comment in empty brackets", text="a: [ # x\n  # y\n  ]\n", becomes="# y\na: []  # x\n"),
    Case(id="a comment behind a dash", text="- # x\n  a: 1\n", becomes="# x\n- a: 1\n"),
    Case(id="a comment on a block of text", text="a: |- # x\n   y # z\n   w\n", becomes="a: |-  # x\n  y # z\n  w\n"),
    Case(
        id="quotes",
        text="a: 'x'\nb: 'say \"x\"'\nc: \"it's\"\nd: 'it''s'\n",
        becomes='a: "x"\nb: \'say "x"\'\nc: "it\'s"\nd: "it\'s"\n',
    ),
    Case(
        id="types in braces are quoted, so that every YAML reader reads them",
        text="a: {b: list[str], c: enum(x, y)?}\nd: enum(x, y)\n",
        becomes='a: {b: "list[str]", c: "enum(x, y)?"}\nd: enum(x, y)\n',
    ),
    Case(id="null and booleans", text="a:\nb: ~\nc: True\nd: 0.50\n", becomes="a: null\nb: null\nc: true\nd: 0.50\n"),
    Case(
        id="what others take for numbers is quoted",
        text="a: 0x1F\nb: 1_000\nc: 2026-01-31\n",
        becomes='a: "0x1F"\nb: "1_000"\nc: 2026-01-31\n',
    ),
    Case(
        id="long prose is folded",
        text="a: " + "word " * 30 + "end\n",
        becomes="a: >-\n  " + ("word " * 21).strip() + "\n  " + "word " * 9 + "end\n",
    ),
    Case(id="folded paragraphs", text="a: >\n  x\n  y\n\n\n  z\n", becomes="a: >\n  x y\n\n\n  z\n"),
    Case(id="text of several lines", text="a: |\n     x\n       y\n\n     z\n", becomes="a: |\n  x\n    y\n\n  z\n"),
    Case(id="a first line that is indented", text="a: |2-\n    x\n  y\n", becomes="a: |2-\n    x\n  y\n"),
    Case(id="a file of comments", text="# x\n\n\n# y\n", becomes="# x\n# y\n"),
    Case(id="an empty file", text="\n\n", becomes=""),
    Case(id="the head stays above", text="# x\n\n# y\na: 1\n", becomes="# x\n\n# y\na: 1\n"),
    Case(id="explicit keys and a document mark", text="---\n? a\n: 1\n...\n", becomes="a: 1\n"),
    Case(
        id="windows line ends", text="a: 1 # x\r\nb:\r\n  - 2\r\n", becomes="a: 1 # x\nb:\n  - 2\n".replace(" #", "  #")
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_canonical(case: Case) -> None:
    assert canonical(case.text) == case.becomes
    assert canonical(case.becomes) == case.becomes


# The same data written in many ways, with comments wherever YAML lets one stand.

words = st.sampled_from(
    [
        "a",
        "on",
        "b c",
        "list[str]",
        "enum(x, y)?",
        "$a.b ?? $c",
        "x: y",
        "#no",
        "1",
        "null",
        "",
        "- x",
        "é'\"",
        "two\nlines\n",
        " lead",
        "a#b",
        "{",
        "l\\n",
        "\x07",
        "long " * 30,
    ]
)
scalars = st.none() | st.booleans() | st.integers(-99, 99) | st.sampled_from([0.5, 1e30]) | words
keys = st.sampled_from(["a", "b", "on", "k k", "list[x]", "$in", "", "1", "#k", "k:", "'q'"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)


@st.composite
def files(draw: st.DrawFn) -> tuple[Any, str, int]:
    data = {"top": draw(values), **draw(st.dictionaries(keys, values, max_size=3))}
    printer = Printer(draw)
    text = printer.block(data, 0)
    return data, text, printer.made


def all_keys(value: Any) -> set[str]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (set(value) if isinstance(value, dict) else set()).union(*map(all_keys, items))


@settings(max_examples=100, deadline=None)
@given(files())
def test_nothing_is_lost_and_nothing_changes_twice(file: tuple[Any, str, int]) -> None:
    data, text, comments = file
    assert read_yaml(text, "f").data == data
    once = canonical(text)
    assert read_yaml(once, "f").data == data
    assert list(read_yaml(once, "f").data) == list(data)  # type: ignore[arg-type]
    assert canonical(once) == once
    found = Counter(parse_tree(once, "f").comments())
    assert set(found.values()) <= {1}
    assert {one.split()[1] for one in found} == {f"c{n + 1}" for n in range(comments)}
    assert sum(found.values()) == once.count("# c")
    # Not only our reader understands it.
    if "1" not in all_keys(data):
        assert YAML(typ="safe", pure=True).load(once) == data
