"""What `STORE_documents` returns has the type that the store declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.keys.table import Place
from tests.project.many_stores.company import STORE, company

READ = "output: {crm: $crm, ledger: $ledger,"
DEEP = STORE.replace("NOTES", "calls").replace(
    "shape: {name: name, seen: seen}",
    "shape: {name: name, at: {seen: seen?}, calls: {rows: calls, match: owner, shape: {number: number, text: text}}}",
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return company(tmp_path)


def found(place: Place, reference: str) -> list[tuple[str, str]]:
    """Code and fix of what `compound check` finds when the graph returns this."""
    place.edit("graphs/main.yaml", READ, f"output: {{wrong: {reference}, crm: $crm, ledger: $ledger,")
    return [(one.code, f"{one.message} {one.fix}") for one in place.findings()]


def test_right_fields_are_no_findings(place: Place) -> None:
    assert place.codes() == []
    assert found(place, "$crm.people") == []


def test_a_wrong_kind_of_document_is_found_with_the_kinds_of_the_view(place: Place) -> None:
    ((code, said),) = found(place, "$crm.poeple")
    assert code == "graph.unknown-field"
    assert "people" in said
    assert "versions" in said


def test_documents_that_the_view_does_not_follow_are_found(place: Place) -> None:
    """The store declares `calls`, and its view never returns them."""
    ((code, said),) = found(place, "$crm.calls")
    assert code == "graph.unknown-field"
    assert "people" in said


def test_documents_are_not_a_list_or_a_text(place: Place) -> None:
    place.edit("graphs/main.yaml", "versions: [$crm.versions, $ledger.versions]", "versions: [$crm.verisons]")
    assert place.codes() == ["graph.unknown-field"]
