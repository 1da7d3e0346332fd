"""`eval`: run a suite and report scores with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Model, Profile, print_json, print_table, say, visible, wrapped
from compound.cli.work.sections import show_sections

if TYPE_CHECKING:
    from compound.evaluation import Estimate, SuiteReport


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command(name="eval")(evaluate)


def evaluate(
    suite: Annotated[
        str | None, typer.Argument(help="A suite in evals/, such as `outcome`; default: the only one.")
    ] = None,
    *,
    cases: Annotated[
        Path | None,
        typer.Option(
            "--cases",
            help="A folder with tasks_*.json and expected_outcomes_*.json, or a JSONL file of cases.",
            exists=True,
        ),
    ] = None,
    json: Annotated[str | None, typer.Option("--json", help="Write the report to this file; `-` prints it.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N cases.")] = None,
    context: Annotated[
        list[str] | None,
        typer.Option("--context", help="NAME=VALUE of the graph's context, for cases that do not set it; repeatable."),
    ] = None,
    allow_inconclusive: Annotated[
        bool, typer.Option("--allow-inconclusive", help="Exit 0 if gates are INCONCLUSIVE but none is FAIL.")
    ] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 whatever the verdicts of the gates.")] = False,
    details: Annotated[bool, typer.Option("--details", help="Include every case in the report.")] = False,
    profile: Profile = None,
    model: Model = None,
) -> None:
    """Run a suite and report its scores with n, interval and method.

    Exit code: 1 if a gate is FAIL, 3 if none is FAIL and one is INCONCLUSIVE (its interval contains the bar), else 0.
    """
    from compound.project import Project

    project = Project.open(profile=profile, model=model)
    report = project.evaluate(suite, cases=cases, limit=limit, details=details, context=context or [])
    if json == "-":
        print_json(report)
    else:
        if json:
            Path(json).write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
        show_report(report)
        _show_more(report)
        if json:
            say(f"report: {json}")
    code = exit_code(report, allow_inconclusive=allow_inconclusive)
    if code and not exit_zero:
        raise typer.Exit(code)


def exit_code(report: SuiteReport, *, allow_inconclusive: bool = False) -> int:
    """The exit code: 1 with a FAIL, 3 with an INCONCLUSIVE that is not allowed, else 0."""
    verdicts = {gate.verdict for gate in report.gates}
    if "FAIL" in verdicts:
        return 1
    return 3 if "INCONCLUSIVE" in verdicts and not allow_inconclusive else 0


def _show_more(report: SuiteReport) -> None:
    """Print the rest of the report: the meaning of scores, time and cost, errors of scorers."""
    if report.description:
        say(f"asks: {wrapped(report.description)}")
    for name, meaning in report.meanings.items():
        say(f"{name}: {wrapped(meaning)}")
    if report.seconds_per_case is not None:
        cost = "" if not report.cost_usd else f", {report.cost_usd:.4f} USD in all"
        say(f"runs: {report.seconds_per_case:.2f} s a case{cost}")
    errors = [*report.errors, *(error for section in report.sections.values() for error in section.errors)]
    for error in errors[:_MOST_ERRORS]:
        say(f"error: case {error.case}: {visible(error.error)}")
    if len(errors) > _MOST_ERRORS:
        say(f"error: and {len(errors) - _MOST_ERRORS} more; --json has them all")


_MOST_ERRORS = 10


def show_report(report: SuiteReport) -> None:
    """Print the scores."""
    print_table(
        f"suite {report.suite}, profile {report.profile}",
        ["score", "value", "95 % interval", "n", "method"],
        [(name, _shown(score.value), _interval(score), score.n, score.method) for name, score in report.scores.items()],
        right=["value", "n"],
    )
    show_sections(report)
    for group, scores in report.groups.items():
        rows = [(name, _shown(score.value), _interval(score), score.n) for name, score in sorted(scores.items())]
        print_table(f"by {group}", [group, "value", "95 % interval", "n"], rows, right=["value", "n"])
    for group, counts in report.labels.items():
        say(f"{group}: {', '.join(f'{count} {label}' for label, count in counts.items())}")
    for gate in report.gates:
        say(f"gate: {gate.score} {gate.bar}: {gate.verdict}")
    for line in report.notes:
        say(f"note: {line}")


def _interval(score: Estimate) -> str:
    return "absent" if score.low is None else f"{score.low:.3f} to {_shown(score.high)}"


def _shown(value: float | None) -> str:
    return "absent" if value is None else f"{value:.3f}"
