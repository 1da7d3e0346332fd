"""`eval`: how good is it, with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli._output import Model, Profile, print_json, print_table, say

if TYPE_CHECKING:
    from compound.evaluation import SuiteReport


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command(name="eval")(evaluate)


def evaluate(
    suite: Annotated[str, typer.Argument(help="A suite of evals/, `outcome`.")],
    *,
    cases: Annotated[
        Path | None,
        typer.Option("--cases", help="Any folder with tasks_*.json and expected_outcomes_*.json.", exists=True),
    ] = None,
    json: Annotated[str | None, typer.Option("--json", help="Write the report to this file; `-` prints it.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first so many cases.")] = None,
    details: Annotated[bool, typer.Option("--details", help="Put every case into the report.")] = False,
    profile: Profile = None,
    model: Model = None,
) -> None:
    """Run a suite over its cases and report scores with n, intervals and method."""
    from compound.project import Project

    report = Project.open(profile=profile, model=model).evaluate(suite, cases=cases, limit=limit, details=details)
    if json == "-":
        print_json(report)
        return
    if json:
        Path(json).write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    show_report(report)
    if json:
        say(f"report: {json}")


def show_report(report: SuiteReport) -> None:
    """The scores, for a person."""
    print_table(
        f"suite {report.suite}, profile {report.profile}",
        ["score", "value", "95 % interval", "n", "method"],
        [
            (name, _shown(score.value), f"{_shown(score.low)} to {_shown(score.high)}", score.n, score.method)
            for name, score in report.scores.items()
        ],
        right=["value", "n"],
    )
    if report.by_action:
        print_table(
            "by action",
            ["action", "value", "95 % interval", "n"],
            [
                (name, _shown(score.value), f"{_shown(score.low)} to {_shown(score.high)}", score.n)
                for name, score in sorted(report.by_action.items())
            ],
            right=["value", "n"],
        )
    for gate in report.gates:
        say(f"gate: {gate.score} {gate.bar}: {gate.verdict}")
    for line in report.notes:
        say(f"note: {line}")


def _shown(value: float | None) -> str:
    return "absent" if value is None else f"{value:.3f}"
