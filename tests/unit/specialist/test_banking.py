"""A public set of a bank's letters: how right the labels are, how honest the scores, how much is certified."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from compound.specialist import Example
from tests.support.data.search import embedder
from tests.support.models.specialists import trained

DATA = Path(__file__).resolve().parents[3].parent / "shared/data/banking77/train.csv"


@pytest.mark.soak
@pytest.mark.shared
@pytest.mark.skipif(not DATA.is_file(), reason="the reference data (banking77) is not beside the project")
def test_what_is_certified_of_banking77_holds_on_texts_that_were_not_seen(tmp_path: Path) -> None:
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    examples = [Example(text=row["text"], labels=(row["category"],), group=row["text"]) for row in rows]
    report, _ = trained(examples, tmp_path, embedder=embedder("minilm"))
    figures = {figure.name: figure for figure in report.figures}
    assert (figures["exact label set"].value or 0) >= 0.91
    assert (figures["calibration error"].value or 1) <= 0.03
    assert (figures["automated"].value or 0) >= 0.60
    wrong = figures["wrong among automated"]
    assert wrong.low is not None
    assert wrong.low <= 0.02
    assert report.certified.kept is not None
