"""`demo`: run the whole sample from an empty folder and show the next steps."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, print_json, say
from compound.cli.work.batch import progress, show_summary
from compound.cli.work.evaluate import show_report

if TYPE_CHECKING:
    from compound.batch import BatchSummary
    from compound.project.evaluation.certification import Certification


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(demo)


def demo(
    *,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N items.")] = None,
    json: Json = False,
) -> None:
    """Seed the sample data, index, train, run every item and evaluate the result."""
    from compound.batch import BatchOptions
    from compound.language import InvalidFile
    from compound.project import Project
    from compound.project.evaluation.certify import SuiteLabels

    def step(text: str) -> None:
        if not json:
            say(f"[{time.perf_counter() - begin:5.1f} s] {text}")

    begin = time.perf_counter()
    project = Project.open(profile=_profile())
    step("seed: writing the sample data and filling the record stores")
    seeded = project.seed(force=True)
    step(f"seed: {sum(table.rows for table in seeded.tables)} rows in {len(seeded.tables)} Delta tables")
    for report in project.index([]):
        step(f"index: {report.name}, {report.passages} passages ({report.embedder})")
    for trained in map(project.train, project.settings.specialists):
        step(f"train: {trained.name}@{trained.version} on {trained.examples} examples; {trained.certificate}")
    findings = project.check([])
    step(f"check: {len(findings) or 'no'} findings")
    if errors := [one for one in findings if one.severity == "error"]:
        raise InvalidFile(errors)
    with progress(show=not json) as on_event:
        summary = project.batch(None, None, BatchOptions(limit=limit, restart=True), on_event=on_event)
    step("batch: done")
    certifier = project.certifier()
    suite = certifier.suite()
    proof = certifier.by_suite(None, SuiteLabels(suite=suite, limit=limit), user="demo", dry_run=True)
    step("eval: done")
    if json:
        seconds = time.perf_counter() - begin
        print_json({"batch": summary, "evaluation": proof.report, "certificate": proof.to_json(), "seconds": seconds})
    else:
        show_summary(summary)
        if proof.report is not None:
            show_report(proof.report)
        say(f"traces: {project.traces_folder()}")
        _ending(summary, proof, suite)
    if summary.exit_code:
        raise typer.Exit(summary.exit_code)


def _profile() -> str:
    """The profile that writes its own data: the demo needs nothing that is not in the project."""
    from compound.errors import ProjectError
    from compound.project import Project

    names = Project.open().settings.self_contained
    if not names:
        what = "no profile of the project writes its own data"
        fix = 'generator = "module:function" in a profile; or run compound index, batch and eval on data of your own'
        raise ProjectError("project.no-demo", what, fix=fix)
    return names[0]


def _ending(summary: BatchSummary, proof: Certification, suite: str) -> None:
    """Print what ran without a person, what is missing for automation, and the next steps."""
    ready, look, alone = (summary.readiness.get(name, 0) for name in ("ready", "needs a look", "automatic"))
    if alone:
        say(f"{alone} item(s) were answered without a person, under a certificate: compound certify --list")
    else:
        say(f"nothing was sent or changed without a person: {ready} drafts are ready, {look} need a look")
    say(proof.text())
    say(f"next{_where()}:")
    say("  compound serve                           decide in a browser, and see runs, batches and evaluations")
    say("  compound review list --ready             drafts that pass every check; then: show|approve|edit|reject")
    say("  compound review list --needs-a-look      the others, with what is unexplained")
    say(f"  {f'compound certify --suite {suite}':<40} automate what labels prove to be safe")
    say("  compound traces list                     what each run did; then: traces show RUN")
    say('  compound traces sql "select node_name, count(*) from spans group by 1"')
    say("  compound draw                            the graph as a picture")
    say("  compound run --text '...' --draft        your own text; no effect runs")


def _where() -> str:
    """How to call the program where a shell does not find it: after `make demo` it lies in `.venv/bin`."""
    from shutil import which

    called = Path(sys.argv[0])
    return f" (`compound` is {called} here)" if called.name == "compound" and which("compound") is None else ""
