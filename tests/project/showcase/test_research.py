"""Research: an agent with tools and a budget; only claims whose quotes stand in their sources are shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compound.model import ModelRequest, ModelResponse
from tests.e2e.desk_homes import Home
from tests.support.showcase import calls, output, run_json, scripted

GRAPH = "research"
QUESTION = {"question": "How long do refunds take, and what does the tent cost?"}
QUOTE = "Refunds to a gift card are there immediately."


def _claim(text: str, source: str = "handbook:gift-cards", quote: str = QUOTE) -> dict[str, Any]:
    return {"text": text, "cites": [{"source": source, "quote": quote}]}


def _answer(*claims: dict[str, Any], still: tuple[str, ...] = ()) -> ModelResponse:
    return calls(("final_answer", {"answer": {"claims": list(claims), "open": list(still)}}))


def _told(request: ModelRequest) -> list[Any]:
    """What the tools of the turn before said."""
    content: Any = request.messages[-1].content
    return list(content)


def test_without_a_model_it_quotes_the_handbook_or_says_that_it_found_nothing(lean: Home) -> None:
    found = run_json(lean, GRAPH, "question=How long do refunds to a gift card take?")
    assert f"{QUOTE} [handbook:gift-cards]" in found["text"]
    found = run_json(lean, GRAPH, "question=What is the capital of France?")
    assert (found["text"], found["unproven"]) == ("", [])
    assert "says nothing" in found["open"][0]


def test_a_model_searches_reads_looks_up_and_cites_what_it_found(lean: Home) -> None:
    turns = [
        calls(("retrieve_handbook", {"query": "refund time"}), ("sql_product_variants", {"name": "trail tent"})),
        calls(("read_document", {"source": "handbook:gift-cards"})),
    ]

    def play(request: ModelRequest) -> ModelResponse:
        turn = len(models.asked["researcher"]) - 1
        if turn < len(turns):
            return turns[turn]
        rows: Any = request.inputs["observations"]
        price = json.loads(rows[1]["result"])[0]["price"]
        claims = (
            _claim("Gift cards are refunded at once."),
            _claim(f"A tent costs {price} USD.", "product:trail tent", f"price: {price}"),
        )
        return _answer(*claims, still=("Which tent is meant is not said.",))

    with scripted(lean, researcher=play) as (project, models):
        found = output(project.run(GRAPH, QUESTION))
    searched, looked = _told(models.asked["researcher"][1])
    assert '"doc_id":"refund-times"' in searched.content
    assert "Trail Tent" in looked.content
    assert QUOTE in _told(models.asked["researcher"][2])[0].content
    assert found["text"].splitlines()[0] == "- Gift cards are refunded at once. [handbook:gift-cards]"
    assert "[product:trail tent]" in found["text"]
    assert found["open"] == ["Which tent is meant is not said."]
    assert found["notes"] == ["3 turns, 2 of 2 claims proven"]


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        (_claim("It takes a year.", quote="Refunds take one year."), "does not say 'Refunds take one year.'"),
        (_claim("It is instant.", source="handbook:nowhere"), "handbook:nowhere does not exist"),
        (_claim("It is instant.", source="elsewhere:gift-cards"), "elsewhere:gift-cards does not exist"),
        ({"text": "Trust me.", "cites": []}, "no source: Trust me."),
        (_claim("It takes 3 days."), "3 is in no quote"),
        (_claim("It is free.", quote=" "), "does not say"),
    ],
)
def test_a_claim_that_its_source_does_not_hold_is_not_shown(lean: Home, claim: dict[str, Any], why: str) -> None:
    with scripted(lean, researcher=[_answer(_claim("At once."), claim)]) as (project, _):
        found = output(project.run(GRAPH, QUESTION))
    assert found["text"] == "- At once. [handbook:gift-cards]"
    assert len(found["unproven"]) == 1
    assert why in found["unproven"][0]


def test_a_tool_that_fails_and_one_that_is_not_there_are_told_and_the_work_goes_on(lean: Home) -> None:
    turns = [
        calls(("retrieve_handbok", {"query": "x"}), ("sql_product_variants", {"nam": "tent"})),
        _answer(_claim("At once.")),
    ]
    with scripted(lean, researcher=turns) as (project, models):
        found = output(project.run(GRAPH, QUESTION))
    unknown, failed = _told(models.asked["researcher"][1])
    assert unknown.is_error
    assert "no tool is named 'retrieve_handbok'; the tools are: retrieve_handbook" in unknown.content
    assert failed.is_error
    assert "tool.bad-input" in failed.content
    assert found["text"] == "- At once. [handbook:gift-cards]"


def test_no_more_is_asked_for_than_the_budget_allows(lean: Home) -> None:
    with scripted(lean, researcher=lambda _: calls(("retrieve_cases", {"query": "refund"}))) as (project, models):
        found = output(project.run(GRAPH, QUESTION))
    assert len(models.asked["researcher"]) == 8
    assert found["text"] == ""
    assert any(note.startswith("no answer: its") for note in found["notes"])


def test_a_dear_model_is_stopped_by_its_cost(lean: Home) -> None:
    def dear(_: ModelRequest) -> ModelResponse:
        made = calls(("retrieve_cases", {"query": "refund"}))
        return ModelResponse(content=made.content, tool_calls=made.tool_calls, stop_reason="tool_use", cost_usd=0.25)

    with scripted(lean, researcher=dear) as (project, models):
        found = output(project.run(GRAPH, QUESTION))
    assert len(models.asked["researcher"]) == 2
    assert "no answer: its budget ended" in found["notes"]


def test_an_answer_that_does_not_fit_is_mended(lean: Home) -> None:
    turns = [calls(("final_answer", {"answer": {"claims": "many"}})), _answer(_claim("At once."))]
    with scripted(lean, researcher=turns) as (project, models):
        found = output(project.run(GRAPH, QUESTION))
    assert _told(models.asked["researcher"][1])[0].is_error
    assert found["notes"] == ["2 turns, 1 of 1 claims proven"]
