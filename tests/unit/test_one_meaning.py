"""A public name means one thing: no other class, function or type of the product has it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import compound
from tests.unit.test_public_names import public_names

ROOT: Final = Path(compound.__file__).parent
LEFT: Final = frozenset[str]()
"""Public names that something else has too; it only shrinks."""
SAME: Final = {"check", "from_langchain"}
"""Not defined twice: `compound check` is a command, and a room passes a call on to the module that imports langchain."""


def definitions() -> Iterator[tuple[str, str]]:
    """Name and module of every class, function and type alias at the top of a module."""
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        if place.startswith("_templates/"):
            continue
        for one in ast.parse(path.read_text(encoding="utf-8")).body:
            match one:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    yield name, place
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    if name[0].isupper() and not name.isupper():
                        yield name, place
                case _:
                    pass


def test_a_public_name_is_defined_in_one_module() -> None:
    # what programs get over HTTP is the same thing as JSON, and has its name
    public = {one.rsplit(".", 1)[1] for one in public_names() if not one.startswith("compound.client.")} - SAME
    places: dict[str, set[str]] = {}
    for name, place in definitions():
        if not place.startswith("client/"):
            places.setdefault(name, set()).add(place)
    twice = {name: sorted(places[name]) for name in sorted(public) if len(places.get(name, ())) > 1}
    assert set(twice) == LEFT, twice


def test_a_room_that_passes_a_call_on_and_the_module_have_one_name() -> None:
    places = {place for name, place in definitions() if name == "from_langchain"}
    assert places == {"tool/__init__.py", "tool/langchain.py"}
    assert {place for name, place in definitions() if name == "check"} == {"tool/function.py", "cli/graph/graph.py"}
