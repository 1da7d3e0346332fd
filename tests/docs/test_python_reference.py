"""The Python reference is whole: each name has a meaning and an example, and what signatures mention is public."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from tests.docs.codes import ROOT
from tests.docs.pages.python_examples import Example, examples
from tests.docs.pages.python_pages import FOLDER, public, python_pages, rooms
from tests.docs.sources import Definition, Function, docstring, is_alias, locate, members, mentioned, names_of

MOST = 25
"""Names of `compound` itself."""
MOST_IN_ALL = 230
MODELS = "compound.spec"
"""Its models are declared files: their fields are keys, and `docs/reference/graph-file.md` describes them."""
OTHERS = frozenset(
    {*sys.stdlib_module_names, "pydantic", "fastapi", "langchain_core", "langgraph", "numpy", "typing_extensions"}
)
"""Packages whose types signatures may have: arrays of an embedder, a compiled graph of langgraph, a site of FastAPI."""
NAMES = [f"{room}.{name}" for room, names in rooms(ROOT).items() for name in names]
RULE = "a type in a public signature is public, or the member says `Internal:`"


@cache
def _pages() -> Mapping[Path, str]:
    return python_pages(ROOT)


def _definition(name: str) -> Definition:
    room, _, last = name.rpartition(".")
    found = locate(room, last)
    assert found is not None
    return found


def test_the_names_are_few() -> None:
    by_room = rooms(ROOT)
    assert len(by_room["compound"]) <= MOST
    assert len(NAMES) <= MOST_IN_ALL


@pytest.mark.parametrize("name", NAMES)
def test_a_name_says_what_it_means(name: str) -> None:
    one = _definition(name)
    assert docstring(one), "write a docstring"
    if isinstance(one.node, ast.ClassDef):
        found = [member for _, member in members(one) if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)]
        without = [member.name for member in found if member.name != "__init__" and not ast.get_docstring(member)]
        assert without == [], "write docstrings"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_has_an_entry_with_an_example(name: str) -> None:
    room, _, last = name.rpartition(".")
    page = _pages()[FOLDER / f"{room}.md"]
    entry = re.search(rf"^## `{last}`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    if entry is None:
        assert f"| `{last}` | [`" in page, "it is described nowhere"
    else:
        assert re.search(r"^Example:\n\n(```python\n|see \[)", entry[1], re.MULTILINE), "write an example"


def test_what_an_entry_leads_to_is_there() -> None:
    pages = _pages()
    for path, page in pages.items():
        for target in re.findall(r"\]\(([^)#\s]*#[^)\s]+)\)", page):
            file, _, anchor = target.partition("#")
            there = pages[path.parent / file if file else path]
            assert anchor in [title.lower() for title in re.findall(r"^## `(.+)`$", there, re.MULTILINE)], target


@pytest.mark.parametrize("name", NAMES)
def test_types_of_a_signature_are_public(name: str) -> None:
    one = _definition(name)
    if one.module.startswith(MODELS) and name.startswith(f"{MODELS}.GraphSpec"):
        return
    private = [
        f"{place}: {found.module}.{found.name}"
        for module, place, annotation in mentioned(one)
        for found in _private(module, annotation, ())
    ]
    assert private == [], RULE


@pytest.mark.parametrize(("mentions", "found"), [("Services", ["Services"]), ("list[RunResult | str]", [])])
def test_a_private_type_is_found(mentions: str, found: Sequence[str]) -> None:
    annotation = ast.parse(mentions, mode="eval").body
    assert [one.name for one in _private("compound.graph.engine.engine", annotation, ())] == found


def _private(module: str, annotation: ast.expr, seen: Sequence[Definition]) -> Iterator[Definition]:
    """What is neither public nor of a known package; an alias stands for what it is made of."""
    for name in names_of(annotation):
        found = locate(module, name)
        if found is None or found in public() or found in seen:
            continue
        if found.module.partition(".")[0] != "compound":
            if found.module.partition(".")[0] not in OTHERS:
                yield found
        elif isinstance(found.node, ast.Assign | ast.AnnAssign):
            if is_alias(found.node) and found.node.value is not None:
                yield from _private(found.module, found.node.value, (*seen, found))
        else:
            yield found


@pytest.mark.parametrize("example", examples(), ids=lambda one: one.where)
def test_an_example_shows_what_it_names_with_public_names_only(example: Example) -> None:
    for name in example.names:
        assert name in NAMES, f"{name} is not public"
        assert re.search(rf"\b{name.rpartition('.')[2]}\b", example.code), f"the example does not show {name}"
    for node in ast.walk(ast.parse(example.code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("compound"):
            imported = [f"{node.module}.{one.name}" for one in node.names]
            assert [one for one in imported if one not in NAMES and one != "compound.testing"] == []


@pytest.mark.parametrize("name", ["compound.Graph", "compound.spec.python.Block", "compound.Project"])
def test_every_method_has_a_type_test(name: str) -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/types").glob("*.py")))
    methods = [node.name for _, node in _functions(_definition(name)) if node.name != "__init__"]
    assert [one for one in methods if not re.search(rf"\.{one}\b", written)] == [], "write it in tests/types"


def _functions(one: Definition) -> Iterator[tuple[Definition, Function]]:
    for owner, member in members(one):
        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
            yield owner, member
