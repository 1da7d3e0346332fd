"""Texts that are about nothing a specialist knows: a public set of intents, with and without them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from compound.errors import ConnectorError
from compound.specialist import Example
from tests.support.data.search import embedder
from tests.support.models import specialists

DATA = Path(__file__).resolve().parents[3].parent / "shared/data/clinc150/data_full.json"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_file(), reason="the reference data (clinc150) is not beside the project"),
]

Pairs = Sequence[tuple[str, str]]


def pairs(part: str, intents: frozenset[str] | None = None, least: int = 0) -> Pairs:
    found = cast("list[list[str]]", json.loads(DATA.read_text(encoding="utf-8"))[part])
    seen: dict[str, int] = {}
    out: list[tuple[str, str]] = []
    for text, label in found:
        seen[label] = seen.get(label, 0) + 1
        if (intents is None or label in intents) and (not least or seen[label] <= least):
            out.append((text, label))
    return out


def trained(known: Pairs, root: Path, *, target_error: float = 0.02) -> specialists.Specialist:
    examples = [Example(text=text, labels=(label,), group=text) for text, label in known]
    report, made = specialists.trained(examples, root, embedder=embedder("minilm"), target_error=target_error)
    if report.certified.threshold is not None:
        assert "assumes" in report.certificate
    return made


def measured(specialist: specialists.Specialist, inside: Pairs, outside: Pairs) -> dict[str, float]:
    said = [(specialist.predict(text), label) for text, label in inside]
    right = [one.label == label for one, label in said if one.automated]
    return {
        "coverage": len(right) / len(said),
        "wrong": right.count(False) / max(1, len(right)),
        "outside": sum(specialist.predict(text).automated for text, _ in outside) / len(outside),
    }


def test_a_sample_automates_what_it_knows_and_not_what_it_does_not(tmp_path: Path) -> None:
    labels = frozenset(sorted({label for _, label in pairs("train")})[::10])
    known = [*pairs("train", labels, least=40), *pairs("val", labels)]
    specialist = trained(known, tmp_path, target_error=0.05)
    assert specialist.certificate.threshold is not None
    found = measured(specialist, pairs("test", labels, least=8), pairs("oos_test")[:200])
    assert found["coverage"] >= 0.70
    assert found["wrong"] <= 0.05
    assert found["outside"] <= 0.03


@pytest.mark.soak
def test_the_whole_set_automates_at_most_3_percent_of_1000_texts_out_of_scope(tmp_path: Path) -> None:
    known = [*pairs("train"), *pairs("val")]
    found = measured(trained(known, tmp_path), pairs("test"), pairs("oos_test"))
    assert found["coverage"] >= 0.80
    assert found["wrong"] <= 0.03
    assert found["outside"] <= 0.03


def test_without_the_embedder_that_it_was_trained_with_nothing_is_automated(tmp_path: Path) -> None:
    labels = frozenset(sorted({label for _, label in pairs("train")})[:3])
    specialist = trained(pairs("train", labels, least=60), tmp_path)
    text = pairs("test", labels)[0][0]
    assert specialist.predict(text).label is not None
    bare = specialists.loaded(tmp_path / "intent" / specialist.version).predict(text)
    assert (bare.automated, bare.label, bare.reason, bare.score) == (False, None, "uncertified", 0.0)

    class Other:
        dimension = 384
        fingerprint: ClassVar[dict[str, str]] = {"embedder": "another"}

        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    other = specialists.loaded(tmp_path / "intent" / specialist.version, cast("Any", Other()))
    assert other.predict(text).reason == "uncertified"
    (tmp_path / "intent" / specialist.version / "certificate.json").unlink()
    with pytest.raises(ConnectorError, match="cannot be read"):
        specialists.loaded(tmp_path / "intent" / specialist.version)
