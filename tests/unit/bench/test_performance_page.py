"""The page on performance says what was measured, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.page import BEGIN, END, PAGE, in_history, table, written


def document(**topic: object) -> dict[str, Any]:
    rows = [
        {"name": "fast", "value": 0.25, "unit": "x", "bar": "<= 0.5", "ok": True, "why": "half"},
        {"name": "slow", "value": 2.0, "unit": "s", "bar": "<= 1", "ok": False},
        {"name": "told", "value": 7.5, "unit": "us", "bar": "", "ok": None},
        {"name": "peer", "value": None, "unit": "absent: no | module", "bar": "", "ok": None},
    ]
    return {"machine": {"cores": 2, "python": "3.11.7"}, "topics": {"engine": {"rows": rows, **topic}}}


def test_each_figure_has_a_row_and_a_missed_bar_is_not_hidden() -> None:
    text = table(document(commit="0123456789abcdef+", date="2026-11-25"))
    assert "| fast | 0.25 x | <= 0.5 | yes | half |" in text
    assert "| slow | 2 s | <= 1 | **no** |  |" in text
    assert "| told | 7.5 us |  |  |  |" in text
    assert "| peer | absent: no \\| module |  |  |  |" in text, "an absent peer is neither ok nor missed"
    assert "Measured: 2026-11-25, commit `0123456789ab` with changes." in text
    assert "Machine: 2 cores, Python 3.11.7." in text


def test_what_is_not_known_or_not_measured_is_left_out() -> None:
    text = table(document(commit="", date=""))
    assert "Measured" not in text
    assert "Many runs at once" not in text


def test_a_commit_that_nobody_can_look_up_is_not_known() -> None:
    assert not in_history("0" * 40)
    assert not in_history("")


def test_figures_replace_the_older_ones_and_nothing_else() -> None:
    page = f"before\n{BEGIN}\nstale figures\n{END}\nafter\n"
    once = written(page, document())
    assert "stale figures" not in once
    assert once.startswith("before\n")
    assert once.endswith(f"{END}\nafter\n")
    assert written(once, document()) == once
    with pytest.raises(ValueError, match="lacks"):
        written("no place", document())


def test_the_page_has_its_place() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
