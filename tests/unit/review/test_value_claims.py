"""An argument of an action is linked to the place where its value stands."""

from __future__ import annotations

from typing import Any

import pytest

from compound.review.evidence.claims import Known, value_claim

EVIDENCE: dict[str, Any] = {"orders": [{"id": "#W1", "total": 265.29}, {"id": "#W12", "total": 1200}]}
SOURCE = {"body": "Please send it to 3 Elm Street, Cafe\u0301 Corner. \uff37\uff12 too."}


def test_a_small_number_counts_only_where_it_is_called_the_same() -> None:
    known = Known({"rows": [{"quantity": 1, "colour": "red"}]}, {"subject": "1"})
    assert value_claim("1", known, "return: quantity").supports[0].path == ("rows", 0, "quantity")
    assert value_claim("1", known, "return: months").state == "unsupported"


@pytest.mark.parametrize(
    ("value", "state", "path", "says"),
    [
        ("#W12", "supported", ("orders", 1, "id"), "#W12"),
        ("265.29", "supported", ("orders", 0, "total"), "265.29"),
        ("1200.0", "supported", ("orders", 1, "total"), "1200"),
        ("3 elm street", "supported", ("item", "body"), "3 Elm Street"),
        ("caf\u00e9", "supported", ("item", "body"), "Cafe\u0301"),
        ("W2", "supported", ("item", "body"), "\uff37\uff12"),
        ("#W13", "unsupported", None, None),
        ("a colour that nobody named", "unsupported", None, None),
        ("  ", "empty", None, None),
    ],
)
def test_a_value_is_found_where_it_stands(
    value: str, state: str, path: tuple[str | int, ...] | None, says: str | None
) -> None:
    claim = value_claim(value, Known(EVIDENCE, SOURCE))
    assert claim.state == state
    if path is None:
        assert claim.supports == ()
        return
    (support,) = claim.supports
    found: Any = {**EVIDENCE, "item": SOURCE}
    for step in path:
        found = found[step]
    assert (support.path, str(found)[support.start : support.end]) == (path, says)
