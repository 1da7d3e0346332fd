"""`demo`: the main job from an empty folder, with what it made and what to do next."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from compound.cli._batch import progress, show_summary
from compound.cli._evaluate import show_report
from compound.cli._output import Json, print_json, say


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(demo)


def demo(
    *,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first so many tickets.")] = None,
    json: Json = False,
) -> None:
    """Seed the sample shop, index, train, run every ticket and say how good it was."""
    from compound.batch import BatchOptions
    from compound.project import Project
    from compound.spec import InvalidFile

    def step(text: str) -> None:
        if not json:
            say(f"[{time.perf_counter() - begin:5.1f} s] {text}")

    begin = time.perf_counter()
    project = Project.open(profile="sample")
    step("seed: writing the sample retailer and loading the shop")
    seeded = project.seed(force=True)
    step(f"seed: {sum(table.rows for table in seeded.tables)} rows in {len(seeded.tables)} Delta tables")
    for report in project.index([]):
        step(f"index: {report.name}, {report.passages} passages ({report.embedder})")
    trained = project.train("intent")
    step(f"train: {trained.name}@{trained.version} on {trained.examples} examples; {trained.certificate}")
    findings = project.check([])
    step(f"check: {len(findings) or 'no'} findings")
    if errors := [one for one in findings if one.severity == "error"]:
        raise InvalidFile(errors)
    with progress(show=not json) as on_event:
        summary = project.batch(None, "desk", BatchOptions(limit=limit, restart=True), on_event=on_event)
    step("batch: every ticket has its state")
    report = project.evaluate("outcome", limit=limit)
    step("eval: done")
    if json:
        print_json({"batch": summary, "evaluation": report, "seconds": time.perf_counter() - begin})
    else:
        show_summary(summary)
        show_report(report)
        _next_steps(project.traces_folder())
    if summary.exit_code:
        raise typer.Exit(summary.exit_code)


def _next_steps(traces: str) -> None:
    say(f"traces: {traces}")
    say("next:")
    say("  compound review list                     what waits for a person; then: show|approve|edit|reject")
    say("  compound traces list                     what each run did; then: traces show RUN")
    say('  compound traces sql "select node_name, count(*) from spans group by 1"')
    say("  compound draw                            the graph as a picture")
    say("  compound run --text '...' --draft        your own ticket, changing nothing")
