"""Each sentence of a draft is linked to the place of the evidence that says the same, or is marked."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.review.evidence.claims import Claim, claims_of, sentences
from compound.review.evidence.leaves import Folded

EVIDENCE: dict[str, Any] = {
    "orders": [
        {"order_id": "#W1", "status": "pending", "total": 265.29},
        {"order_id": "#W2", "status": "delivered", "total": 1200},
    ],
    "passages": [
        {
            "id": "p1",
            "title": "Refunds",
            "source_version": "3",
            "text": "Gift cards are refunded at once. A refund is paid within 5 to 7 business days. Refunds are final.",
        }
    ],
}
ITEM = {"id": "t1", "body": "Please cancel #W1. My flat is number 12."}


def only(text: str, evidence: dict[str, Any] = EVIDENCE) -> Claim:
    (claim,) = claims_of(text, evidence, ITEM)
    return claim


def marked(claim: Claim, index: int = 0) -> str:
    """The text of the evidence that a claim is linked to."""
    support = claim.supports[index]
    value: Any = {**EVIDENCE, "item": ITEM}
    for step in support.path:
        value = value[step]
    return str(value)[support.start : support.end]


@pytest.mark.parametrize(
    ("text", "state", "path", "says"),
    [
        ("You get $265.29 back.", "supported", ("orders", 0, "total"), "265.29"),
        ("Sie erhalten 265,29 € zurück.", "supported", ("orders", 0, "total"), "265.29"),
        ("The total was 1,200.00 dollars.", "supported", ("orders", 1, "total"), "1200"),
        ("Order #W2 is on its way.", "supported", ("orders", 1, "order_id"), "#W2"),
        ("Your refund is paid within some business days.", "supported", ("passages", 0, "text"), None),
        ("We cancelled #w1 as you asked.", "supported", ("item", "body"), "#W1"),
    ],
)
def test_a_sentence_is_linked_to_what_says_the_same(
    text: str, state: str, path: tuple[str | int, ...], says: str | None
) -> None:
    claim = only(text)
    assert (claim.state, claim.supports[0].path) == (state, path)
    assert marked(claim) == (says or "A refund is paid within 5 to 7 business days.")


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("You get $265.30 back.", ("265.30",)),
        ("Order #W3 is on its way.", ("#W3",)),
        ("Write to help@example.com about #W1.", ("help@example.com",)),
        ("You get 20% off and $265.29 back.", ("20%",)),
        ("It arrives on 2026-12-24.", ("2026-12-24",)),
        ("Our management promises eternal happiness to everybody.", ()),
    ],
)
def test_a_sentence_with_a_fact_of_its_own_is_not_supported(text: str, missing: tuple[str, ...]) -> None:
    claim = only(text)
    assert (claim.state, claim.missing) == ("unsupported", missing)


@pytest.mark.parametrize("text", ["Dear Anna,", "Kind regards", "Liebe Grüße!", "您好", "Thank you!"])
def test_a_greeting_claims_nothing(text: str) -> None:
    assert only(text).state == "empty"


@pytest.mark.parametrize("text", ["The workshop", "Refunds team", "Best wishes"])
def test_few_words_that_stand_elsewhere_too_claim_nothing(text: str) -> None:
    assert only(text).state == "empty"


def test_a_small_number_is_no_evidence_by_chance() -> None:
    evidence: dict[str, Any] = {"rows": [{"id": "A-1", "rank": 2}, {"id": "A-2", "seats": 4}]}
    letter = {"id": "7", "subject": "1", "body": "Is the red bicycle ready?"}
    for text in ("You have 1 month to complain.", "It costs 2 euros.", "Wait 7 days."):
        (claim,) = claims_of(text, evidence, letter)
        assert claim.state == "unsupported", text
    (claim,) = claims_of("The car has 4 seats.", evidence, letter)
    assert claim.supports[0].path == ("rows", 1, "seats")
    (claim,) = claims_of("It takes 5 to 7 business days.", EVIDENCE, letter)
    assert {one.path for one in claim.supports} == {("passages", 0, "text")}


def test_a_number_inside_a_longer_one_is_another_number() -> None:
    assert only("You get 65.29 back.").missing == ("65.29",)
    assert only("Order #W is on its way, 2 of 2.").missing != ()


def test_a_number_is_no_part_of_an_id_or_of_a_decimal_number() -> None:
    evidence: dict[str, Any] = {"rows": [{"id": "J-1", "price": 80.5}]}
    (claim,) = claims_of("Job J-1 is done.", evidence)
    assert (claim.state, [one.words for one in claim.supports]) == ("supported", ["J-1"])
    (claim,) = claims_of("It takes 5 to 7 days.", evidence)
    assert claim.missing == ("5", "7")
    (claim,) = claims_of("There is 1 left.", evidence)
    assert claim.missing == ("1",)


def test_repeated_words_are_linked_to_the_right_place() -> None:
    evidence = {"note": "12 pieces. Then 12 and 120 more. ＃５ is full width, and cafe\u0301 too."}  # noqa: RUF001
    (claim,) = claims_of("It has 120 pieces.", evidence)
    support = claim.supports[0]
    assert evidence["note"][support.start : support.end] == "120"
    (claim,) = claims_of("See #5.", evidence)
    assert evidence["note"][claim.supports[0].start : claim.supports[0].end] == "＃５"  # noqa: RUF001


@given(st.text(max_size=80))
def test_the_way_back_from_a_folded_text_is_exact(text: str) -> None:
    folded = Folded(text)
    for index in range(len(folded.text)):
        start, end = folded.span(index, index + 1)
        assert 0 <= start < end <= len(text)
        assert folded.text[index] in Folded(text[start:end]).text


@given(st.text(max_size=200))
def test_sentences_lose_nothing_but_space(text: str) -> None:
    parts = list(sentences(text))
    assert all(start < end for start, end in parts)
    assert all(one[1] <= other[0] for one, other in pairwise(parts))
    kept = "".join(text[start:end] for start, end in parts)
    assert "".join(kept.split()) == "".join(text.split())


@given(st.text(max_size=120), st.dictionaries(st.text(max_size=5), st.text(max_size=60), max_size=3))
def test_every_claim_lies_in_the_text_and_every_link_in_the_evidence(text: str, evidence: dict[str, str]) -> None:
    for claim in claims_of(text, evidence):
        assert text[claim.start : claim.end].strip()
        for support in claim.supports:
            assert 0 <= support.start < support.end <= len(evidence[str(support.path[0])])
