"""A project with one table of its own: no view is needed, and `seed` says what it did or that there is nothing to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.keys.table import Place

SETTINGS = '[tool.compound]\ngraph = "day_off"\n'
GRAPH = """\
compound: graph/v1
name: day_off
context: {who: str}
output: {found: $found}
nodes:
  found: {use: tool, tool: calendar_documents, in: {id: $context.who}}
"""
CALENDAR = """\
compound: records/v1
tables:
  days: {key: [id], columns: {id: text, day: text}}
documents:
  days: {table: days, id: id, shape: {day: day}}
"""
TWO = "  more: {table: days, id: id, shape: {id: id}}\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path).write(
        {"pyproject.toml": SETTINGS, "graphs/day_off.yaml": GRAPH, "connectors/calendar.yaml": CALENDAR}
    )


def test_the_only_kind_of_document_needs_no_view(place: Place) -> None:
    assert place.codes() == []
    assert place.say("seed").code == 0
    run = place.say("run", "day_off", "--context", "who=ann", "--json")
    assert run.json["output"]["found"]["days"] == {}


def test_several_kinds_of_documents_need_a_view(place: Place) -> None:
    place.write({"connectors/calendar.yaml": CALENDAR + TWO})
    said = place.say("check")
    assert said.code == 1
    assert "the key 'view' is missing, and the file has 2 kinds of documents [project.bad-file]" in said.out
    assert "choices: days, more" in said.out
    place.write({"connectors/calendar.yaml": f"{CALENDAR}{TWO}view: {{root: more}}\n"})
    assert place.codes() == []


def test_a_view_of_nothing_is_a_mistake(place: Place) -> None:
    place.write({"connectors/calendar.yaml": f"{CALENDAR}view: {{root: dys}}\n"})
    assert "did you mean 'days'" in place.say("check").out


def test_seed_prints_no_table_where_there_are_no_tables(place: Place) -> None:
    said = place.say("seed")
    assert "version" not in said.out
    assert "calendar:" in said.out
    assert "(its tables are made; they are empty)" in said.out


def test_seed_says_that_there_is_nothing_to_seed(place: Place) -> None:
    (place.root / "connectors/calendar.yaml").unlink()
    assert "nothing to seed" in place.say("seed").out
