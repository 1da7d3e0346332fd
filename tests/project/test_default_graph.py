"""The graph of a command that names none: the one of the settings, else the only one; a wrong one is found early."""

from __future__ import annotations

from pathlib import Path

import pytest

from compound.project.work.scaffold import init_project
from tests.project.keys.table import Place

SETTING = 'graph = "answer"\n'
OTHER = "compound: graph/v1\nname: other\ninput: {x: str}\noutput: {x: $input.x}\nnodes: {}\n"


@pytest.fixture
def garden(tmp_path: Path) -> Place:
    folder = tmp_path / "garden"
    init_project(folder)
    return Place(folder)


def setting(place: Place, old: str, new: str) -> None:
    marker = place.root / "pyproject.toml"
    place.write({"pyproject.toml": marker.read_text(encoding="utf-8").replace(old, new)})


def test_the_only_graph_needs_no_setting(garden: Place) -> None:
    setting(garden, SETTING, "")
    assert garden.findings() == []
    said = garden.say("run")
    assert (said.code, "waiting_review" in said.out) == (0, True)


def test_of_several_graphs_one_must_be_named(garden: Place) -> None:
    setting(garden, SETTING, "")
    garden.write({"graphs/other.yaml": OTHER})
    said = garden.say("batch", "--from", "x.jsonl")
    assert said.code == 2
    for words in ("project.unknown-graph", 'graph = "NAME"', "answer, other"):
        assert words in said.err


def test_check_finds_a_default_graph_that_is_not_there(garden: Place) -> None:
    setting(garden, SETTING, 'graph = "anser"\n')
    said = garden.say("check")
    assert said.code == 1
    assert "pyproject.toml:2" in said.out + said.err
    assert "did you mean 'answer'" in said.out + said.err
