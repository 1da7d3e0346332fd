"""The table of findings: every case of findings/*.yaml gives exactly what it says, and nothing beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from compound.graph.checks.check import check_file
from compound.spec.yaml.reading import read_yaml_file
from tests.support.desks import small_desk as desk

FOLDER = Path(__file__).parent / "findings"
HEAD = "compound: graph/v1\nname: case\n"


def cases() -> list[Any]:
    found: list[Any] = []
    for file in sorted(FOLDER.glob("*.yaml")):
        for one in cast("list[dict[str, Any]]", read_yaml_file(file).data):
            found.append(pytest.param(one, id=f"{file.stem}: {one['name']}"))
    return found


@pytest.mark.parametrize("case", cases())
def test_case(case: dict[str, Any]) -> None:
    """`expect` lists `code`, or `code @ text`: the finding stands where that text first stands in the graph."""
    text = HEAD + case["graph"]
    found = check_file(text, "case.yaml", desk.catalogue(has_state=case.get("state", True)))
    expected = [wanted.partition(" @ ") for wanted in case.get("expect", [])]
    assert [one.code for one in found] == [code for code, _, _ in expected], [str(one) for one in found]
    for one, (_, _, near) in zip(found, expected, strict=True):
        assert one.fix, one
        if near and one.where.file == "case.yaml":
            begin = text.index(near)
            place = (text.count("\n", 0, begin) + 1, begin - text.rfind("\n", 0, begin))
            assert (one.where.line, one.where.column) == place, one
        elif near:
            assert str(one.where) == near
    for words in case.get("says", []):
        assert any(words in str(one) for one in found), [str(one) for one in found]


def test_every_family_has_cases() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} >= {
        "calls",
        "conditions",
        "effects",
        "names",
        "origins",
        "prompts",
        "references",
        "running",
        "shape",
    }
