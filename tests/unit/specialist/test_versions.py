"""What becomes of a new version: it replaces none that certifies more, and can be put into production and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from compound import Project
from compound.errors import CompoundError
from compound.specialist import Certificate
from compound.specialist.certify import certify
from tests.support.commands import command
from tests.support.data.search import embedder
from tests.support.projects import write_project

PYPROJECT = """\
[tool.compound]
name = "small"
profile = "plain"
specialists = { intent = "tools.training:examples" }

[tool.compound.profiles.plain]
lakehouse = "lakehouse"
training = "letters.jsonl"
"""
TRAINING = """\
import json

from compound.specialist import Example


def examples(path):
    return [Example(**json.loads(line)) for line in path.read_text().splitlines()]
"""
WORDS = ("cancel", "refund", "address")


class WordVectors:
    """A text is the mean of its words, each a fixed direction."""

    dimension = 24
    fingerprint: Mapping[str, str] = {"embedder": "words of a test"}

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vectors = [self._word(word) for word in text.split()]
        total = np.sum(vectors, axis=0)
        return np.asarray(total / np.linalg.norm(total), np.float32)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self.embed_query(text) for text in texts])

    def _word(self, word: str) -> NDArray[np.float32]:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
        weight = 3.0 if word in WORDS else 0.7
        return np.asarray(np.random.default_rng(seed).normal(size=self.dimension) * weight, np.float32)


def letters(number: int, *, noise: float = 0.0) -> str:
    rng = np.random.default_rng(7)
    lines: list[str] = []
    for at in range(number):
        label = WORDS[at % 3]
        others = " ".join(f"w{rng.integers(40)}" for _ in range(4))
        said = WORDS[(at + 1) % 3] if rng.random() < noise else label
        lines.append(json.dumps({"text": f"{said} {others}", "labels": [label], "group": f"g{at}"}))
    return "\n".join(lines)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("compound.project.open.resources.Resources.embedder", WordVectors())
    return write_project(
        tmp_path,
        {"pyproject.toml": PYPROJECT, "tools/training.py": TRAINING, "letters.jsonl": letters(2000)},
    )


def called(root: Path, *arguments: str) -> Any:
    result = command([*arguments, "--json"], env={"COMPOUND_ROOT": str(root)})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return json.loads(result.stdout)


def in_production(root: Path) -> str:
    (row,) = [row for row in called(root, "specialists", "list") if "production" in row["aliases"]]
    return row["version"]


def test_a_certificate_says_what_it_assumes_and_texts_unlike_the_examples_are_not_automated(root: Path) -> None:
    report = called(root, "train", "intent")
    assert report["promoted"] is True
    assert "at most 2% wrong with 90% confidence" in report["certificate"]
    assert "assumes texts drawn like the" in report["certificate"]
    assert "texts out of scope" in report["certificate"]
    specialist = Project.open(root).resources.specialists.resolve("intent")
    assert specialist.predict("cancel w1 w2 w3 w4").automated
    assert specialist.certificate.kept is not None
    assert specialist.certificate.assumes
    for text in ("bake bread tonight please", "cancel bread tonight please bake warm ovens slow", "zzz"):
        found = specialist.predict(text)
        assert (found.automated, found.reason, found.label) == (False, "out_of_domain", None), text


def test_a_version_that_certifies_less_replaces_none(root: Path) -> None:
    first = called(root, "train", "intent")["version"]
    (root / "letters.jsonl").write_text(letters(2000, noise=0.3))
    worse = called(root, "train", "intent")
    assert worse["promoted"] is False
    assert f"production {first} certifies more" in worse["why_not"]
    assert in_production(root) == first
    shown = command(["train", "intent"], env={"COMPOUND_ROOT": str(root)}).stdout
    assert "not promoted: production" in shown
    assert f"compound specialists promote intent {worse['version']}" in shown
    assert called(root, "train", "intent", "--promote")["promoted"] is True
    assert in_production(root) == worse["version"]
    (root / "letters.jsonl").write_text(letters(2000))
    assert called(root, "train", "intent")["promoted"] is True  # it certifies more again
    assert in_production(root) == first


def test_versions_are_listed_promoted_and_rolled_back(root: Path) -> None:
    first = called(root, "train", "intent")["version"]
    with pytest.raises(CompoundError) as caught:
        called(root, "specialists", "rollback", "intent")
    assert caught.value.code == "specialist.no-previous"
    (root / "letters.jsonl").write_text(letters(1700))
    second = called(root, "train", "intent", "--promote")["version"]
    rows = called(root, "specialists", "list", "intent")
    assert [(row["version"], row["aliases"]) for row in rows] == [(second, ["production"]), (first, ["previous"])]
    assert rows[0]["certificate"]["target_error"] == 0.02
    assert called(root, "specialists", "rollback", "intent") == {"name": "intent", "production": first}
    assert in_production(root) == first
    assert called(root, "specialists", "promote", "intent", second[:6])["production"] == second
    assert called(root, "specialists", "promote", "intent", "previous")["production"] == first
    assert called(root, "specialists", "promote", "intent")["production"] == second  # the newest
    project = Project.open(root)
    assert project.rollback("intent") == first
    assert project.promote("intent", second) == second
    assert [row.version for row in project.specialists("intent")] == [second, first]
    text = command(["specialists", "list"], env={"COMPOUND_ROOT": str(root)}).stdout
    assert "production" in text
    assert "previous" in text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("promote", "intnet"), "project.unknown-specialist"),
        (("rollback", "intnet"), "project.unknown-specialist"),
        (("list", "intnet"), "project.unknown-specialist"),
        (("promote", "intent", "000"), "specialist.unknown"),
        (("promote", "intent"), "specialist.unknown"),
    ],
)
def test_what_is_not_there_is_told(arguments: tuple[str, ...], code: str, root: Path) -> None:
    with pytest.raises(CompoundError) as caught:
        called(root, "specialists", *arguments)
    assert caught.value.code == code


def test_a_version_that_cannot_be_loaded_holds_no_other_back_and_is_not_promoted(root: Path) -> None:
    first = called(root, "train", "intent")["version"]
    model = root / f".compound/plain/models/intent/{first}/model.json"
    model.write_text(model.read_text().replace("specialist/v2", "specialist/v1"))
    (root / "letters.jsonl").write_text(letters(2000, noise=0.3))
    assert called(root, "train", "intent")["promoted"] is True
    with pytest.raises(CompoundError) as caught:
        called(root, "specialists", "promote", "intent", first)
    assert caught.value.code == "specialist.damaged"


def test_without_an_embedder_nothing_is_certified(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compound.project.open.resources.Resources.embedder", embedder("none"))
    assert "no embedder to detect texts out of scope" in called(root, "train", "intent")["certificate"]
    found = Project.open(root).resources.specialists.resolve("intent").predict("cancel w1 w2 w3 w4")
    assert (found.label, found.automated, found.reason) == ("cancel", False, "uncertified")


def test_a_gate_before_the_certificate_counts_in_its_coverage() -> None:
    found = certify([0.9] * 300, [True] * 300, texts=400)
    assert (found.coverage, found.n, found.texts) == (0.75, 300, 400)
    none = Certificate(threshold=None, coverage=0, errors=0, n=0, target_error=0.02, confidence=0.9)
    assert none.is_less_than(found)
    assert not found.is_less_than(found)
    assert not found.is_less_than(none)
