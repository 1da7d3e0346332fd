"""`demo`: the main job from an empty folder, with what it made and what to do next."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli._output import Json, print_json, say
from compound.cli.work.batch import progress, show_summary
from compound.cli.work.evaluate import show_report

if TYPE_CHECKING:
    from compound.batch import BatchSummary
    from compound.project.evaluation.certify import Certification


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(demo)


def demo(
    *,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most this many tickets, from the start.")
    ] = None,
    json: Json = False,
) -> None:
    """Seed the sample shop, index, train, run every ticket and say how good it was."""
    from compound.batch import BatchOptions
    from compound.language import InvalidFile
    from compound.project import Project

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
    proof = project.certifier().by_suite(None, "outcome", user="demo", limit=limit, dry_run=True)
    step("eval: done")
    if json:
        seconds = time.perf_counter() - begin
        print_json({"batch": summary, "evaluation": proof.report, "certificate": proof.to_json(), "seconds": seconds})
    else:
        show_summary(summary)
        if proof.report is not None:
            show_report(proof.report)
        say(f"traces: {project.traces_folder()}")
        _ending(summary, proof)
    if summary.exit_code:
        raise typer.Exit(summary.exit_code)


def _ending(summary: BatchSummary, proof: Certification) -> None:
    """What was done with no person, what is missing so that something may be, and what to do next."""
    ready, look, alone = (summary.lanes.get(name, 0) for name in ("ready", "needs a look", "automatic"))
    if alone:
        say(f"{alone} ticket(s) were answered with no person, under a certificate: compound certify --list")
    else:
        say(f"nothing was sent or changed without a person: {ready} drafts are ready, {look} need a look")
    say(proof.text())
    say("next:")
    say("  compound review list --ready             drafts that pass every check; then: show|approve|edit|reject")
    say("  compound review list --needs-a-look      the others, with what was not understood")
    say("  compound certify --suite outcome         let the desk answer alone, as far as labels prove it")
    say("  compound traces list                     what each run did; then: traces show RUN")
    say('  compound traces sql "select node_name, count(*) from spans group by 1"')
    say("  compound draw                            the graph as a picture")
    say("  compound run --text '...' --draft        your own ticket, changing nothing")
