"""The sections of a suite's report, and its scores by kind of case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compound.cli.output import print_table

if TYPE_CHECKING:
    from compound.evaluation import Estimate, SuiteReport

_Row = tuple[str, str, str, str, int]


def show_sections(report: SuiteReport) -> None:
    """Print the headline score with each section and each kind of case."""
    if report.sections:
        print_table(
            "by section",
            ["section", "score", "value", "95 % interval", "n"],
            [
                row
                for name, scores in [
                    ("(headline)", report.scores),
                    *((name, section.scores) for name, section in report.sections.items()),
                ]
                for row in _rows(name, scores)
            ],
            right=["value", "n"],
        )
    for tag, values in report.slices.items():
        first = next(iter(report.scores), None)
        if first is not None:
            print_table(
                f"{first} by {tag}",
                [tag, "value", "95 % interval", "n"],
                [(name, *row[2:]) for name, scores in values.items() for row in _rows(name, {first: scores[first]})],
                right=["value", "n"],
            )


def _rows(name: str, scores: dict[str, Estimate]) -> list[_Row]:
    return [
        (name if index == 0 else "", score, *_shown(one), one.n) for index, (score, one) in enumerate(scores.items())
    ]


def _shown(one: Estimate) -> tuple[str, str]:
    def text(value: float | None) -> str:
        return "absent" if value is None else f"{value:.3f}"

    return text(one.value), "absent" if one.low is None else f"{text(one.low)} to {text(one.high)}"
