"""What the checks take for granted of values that the engine's own kinds give."""

from __future__ import annotations

from compound.graph.wiring.known_types import PASSAGE
from compound.retrieval import Passage


def test_a_passage_has_the_fields_that_checks_know() -> None:
    found = Passage(
        id="a#1",
        doc_id="a",
        text="t",
        start=0,
        end=1,
        title="",
        source="",
        source_version="1",
        score=1.0,
        scores={},
        rank=1,
        meta={},
    )
    assert set(found.to_json()) == set(PASSAGE.fields)
