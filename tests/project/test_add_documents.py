"""An effect adds a document to a record store: once, with a decision, and not over one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from compound import testing

if TYPE_CHECKING:
    from compound.testing import ProjectUnderTest

FILES = {
    "connectors/ledger.yaml": """\
compound: records/v1
tables:
  claims: {key: [id], columns: {id: text, employee: text, euros: number, place: text}}
  lines: {key: [line], columns: {line: text, claim: text, text: text}}
documents:
  claims:
    table: claims
    id: id
    shape:
      employee: employee
      euros: euros
      at: {place: place}
      lines: {rows: lines, match: claim, shape: {line: line, text: text}}
view: {root: claims}
""",
    "tools/claims.py": '''\
from pydantic import BaseModel

from compound.effect import effect


class Claim(BaseModel):
    """Arguments."""

    id: str
    employee: str
    euros: float
    field: str = "employee"


@effect("book_claim", target="ledger")
def book_claim(tx, args: Claim):
    """Book a claim."""
    claim = tx.add("claims", args.id, {args.field: args.employee, "lines": [{"line": f"{args.id}-1", "text": "train"}]})
    claim["euros"] = args.euros
    claim["at"]["place"] = "Bonn"
    return {"id": args.id}
''',
    "graphs/main.yaml": """\
compound: graph/v1
name: main
input: {id: str, employee: str, euros: float, field: str}
output: {decision: $review.action}
nodes:
  review: {use: review, show: [$input.employee], decide: {approve: {}, reject: {}}}
  book:
    use: effect
    tool: book_claim
    when: review.action == 'approve'
    in: {id: $input.id, employee: $input.employee, euros: $input.euros, field: $input.field}
""",
}


def book(desk: ProjectUnderTest, name: str, *, field: str = "employee") -> str:
    run = desk.run(id=name, employee="ann", euros=4.5, field=field)
    return desk.approve(review_id=run.review_ids[0]).run_status


def claims(desk: ProjectUnderTest) -> Any:
    return desk.project.resources.records["ledger"].export()["claims"]


def test_a_document_is_added_with_its_rows_and_can_be_changed_later() -> None:
    with testing.project(FILES) as desk:
        desk.project.seed()
        assert desk.check() == []
        assert book(desk, "C-1") == "done"
        line = {"line": "C-1-1", "text": "train"}
        assert claims(desk) == {"C-1": {"employee": "ann", "euros": 4.5, "at": {"place": "Bonn"}, "lines": [line]}}
        assert desk.project.resources.records["ledger"].versions(["claims/C-1"]) == {"claims/C-1": 1}


def test_a_document_that_is_there_refuses_the_decision() -> None:
    with testing.project(FILES) as desk:
        desk.project.seed()
        book(desk, "C-1")
        before = claims(desk)
        assert book(desk, "C-1") != "done"
        assert [one.status for one in desk.effects()].count("refused") == 1
        assert "document claims/C-1 already exists" in str([one.error for one in desk.effects()])
        assert claims(desk) == before


@pytest.mark.parametrize("field", ["emploee", "id"])
def test_a_field_that_the_shape_does_not_name_is_said(field: str) -> None:
    with testing.project(FILES) as desk:
        desk.project.seed()
        assert book(desk, "C-1", field=field) != "done"
        assert f"claims/C-1 has no field '{field}'" in str([one.error for one in desk.effects()])
        assert claims(desk) == {}
