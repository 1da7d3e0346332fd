"""Text to terms and terms to weights."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compound.connector.vector import count_terms
from compound.connector.vector.analyzer import analyze
from compound.connector.vector.bm25 import passage_weights, rarity, sparse_weights, term_key
from compound.connector.vector.porter import stem

PORTER = {
    "caresses": "caress", "ponies": "poni", "cats": "cat", "feed": "feed", "agreed": "agre",
    "plastered": "plaster", "motoring": "motor", "sing": "sing", "conflated": "conflat", "hopping": "hop",
    "falling": "fall", "filing": "file", "happy": "happi", "sky": "sky", "relational": "relat",
    "conditional": "condit", "generalization": "gener", "oscillators": "oscil", "triplicate": "triplic",
    "adjustment": "adjust", "adoption": "adopt", "probate": "probat", "rate": "rate", "controll": "control",
    "roll": "roll", "yes": "ye", "by": "by",
}  # fmt: skip


@pytest.mark.parametrize(("word", "wanted"), PORTER.items())
def test_porter_strips_as_published(word: str, wanted: str) -> None:
    assert stem(word) == wanted


def test_accents_case_and_stop_words_go() -> None:
    assert analyze("The REFUNDS, returned to Zürich for #W1234!") == ["refund", "return", "zurich", "w1234"]


def test_a_limit_keeps_the_first_terms_with_all_their_counts() -> None:
    assert count_terms("boots order boots jacket boots", limit=2) == {"boot": 3, "order": 1}


@given(st.text())
def test_any_text_can_be_analyzed(text: str) -> None:
    terms = analyze(text)
    assert all(terms)
    assert sum(count_terms(text).values()) == len(terms)


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 50), max_size=30), st.floats(1, 500))
def test_weights_grow_with_counts_and_stay_below_their_bound(terms: dict[str, int], mean: float) -> None:
    weights = passage_weights(terms, mean)
    assert all(0 < weight < 2.2 for weight in weights.values())
    more = passage_weights({term: count * 2 for term, count in terms.items()}, mean * 2)
    assert all(more[term] >= weights[term] - 1e-9 for term in terms)
    keys, values = sparse_weights(weights)
    assert keys == sorted(set(keys))
    assert sum(values) == pytest.approx(sum(weights.values()))


def test_rarity_is_never_negative_and_falls() -> None:
    found = [rarity(100, having) for having in range(101)]
    assert min(found) > 0
    assert found == sorted(found, reverse=True)
    assert 0 <= term_key("refund") < 2**32
