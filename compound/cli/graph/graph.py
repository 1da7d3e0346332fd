"""`check`, `draw`, `run`: one graph."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Context, Json, Model, Profile, note, print_json, say, visible, wrapped

if TYPE_CHECKING:
    from compound.project import RunView


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(check)
    app.command()(draw)
    app.command()(run)
    app.command()(convert)


class Form(StrEnum):
    """Output format of findings."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


GraphName = Annotated[str | None, typer.Argument(help="A graph in graphs/; default: the project's graph.")]


def check(
    graphs: Annotated[list[str] | None, typer.Argument(help="Graphs; default: all.")] = None,
    *,
    form: Annotated[
        Form, typer.Option("--format", help="`sarif` for code scanning, `github` for workflow logs.")
    ] = Form.TEXT,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 on warnings too.")] = False,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Check graphs without running them; exit 1 on any error, 0 on warnings only."""
    from compound.project import Project
    from compound.project.view.findings import show_findings

    project = Project.open(profile=profile)
    findings = project.check(graphs or [])
    names, unchecked = graphs or project.graph_names(), project.unchecked()
    if json or form is not Form.TEXT:
        document = show_findings(findings, names, "json" if json or form is Form.TEXT else form.value)
        if document:
            say(document)
    else:
        for finding in findings:
            say(str(finding))
        count = len(names)
        warnings = sum(finding.severity == "warning" for finding in findings)
        found = f"{len(findings) or 'no'} finding{'s' * (len(findings) != 1)}"
        aside = f" ({warnings} of them warning{'s' * (warnings != 1)})" if warnings else ""
        say(f"{count} graph{'s' * (count != 1)} checked, {found}{aside}")
        if unchecked:
            note(f"not checked: {unchecked}")
    if any(strict or finding.severity == "error" for finding in findings):
        raise typer.Exit(1)


def convert(
    graph: GraphName = None,
    *,
    to: Annotated[str, typer.Option("--to", help="`python` or `yaml`.")] = "python",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Output file; default: standard output.")] = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Convert a graph file to Python, or a Python graph to a graph file."""
    from compound.project import Project

    if to not in {"python", "yaml"}:
        raise typer.BadParameter(f"{to!r} is neither python nor yaml", param_hint="--to")
    source = Project.open(profile=profile).source(graph, python=to == "python")
    if out:
        out.write_text(source, encoding="utf-8")
    if json:
        print_json({"format": to, "out": str(out) if out else None, "source": source})
    elif not out:
        say(source)


def draw(
    graph: GraphName = None,
    *,
    svg: Annotated[bool, typer.Option("--svg", help="Write SVG instead of Mermaid text.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Output file; default: standard output.")] = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Draw a graph as Mermaid text or as an SVG picture."""
    from compound.project import Project

    picture = Project.open(profile=profile).draw(graph, svg=svg)
    if out:
        out.write_text(picture, encoding="utf-8")
    if json:
        print_json({"format": "svg" if svg else "mermaid", "out": str(out) if out else None, "picture": picture})
    elif not out:
        say(picture)


Values = Annotated[
    list[str] | None,
    typer.Argument(help="Inputs as NAME=VALUE (text or JSON); NAME=@FILE reads .json, .jsonl or text."),
]
Item = Annotated[str | None, typer.Option("--item", help="The item as JSON, a file, or `-` for standard input.")]
Text = Annotated[str | None, typer.Option("--text", help="The item's text as plain text.")]
Mailbox = Annotated[
    str | None, typer.Option("--mailbox", help="The mailbox that the item came to; needed if the project has several.")
]
Input = Annotated[str | None, typer.Option("--input", help="The whole input as JSON, a file, or `-`; not with --item.")]
DraftOnly = Annotated[bool, typer.Option("--draft", help="Stop before the review; no effect runs.")]


def run(
    graph: GraphName = None,
    values: Values = None,
    *,
    item: Item = None,
    text: Text = None,
    mailbox: Mailbox = None,
    given: Input = None,
    context: Context = None,
    draft: DraftOnly = False,
    profile: Profile = None,
    model: Model = None,
    json: Json = False,
) -> None:
    """Run a graph on one input and show the result; without arguments, on the example in pyproject.toml."""
    from compound.project import Project
    from compound.project.running.run_inputs import read_item_argument

    if graph is not None and "=" in graph:
        graph, values = None, [graph, *(values or [])]
    project = Project.open(profile=profile, model=model)
    is_by_option = any(one is not None for one in (item, text, given))
    if values and is_by_option:
        raise typer.BadParameter("give NAME=VALUE, or --item, --text, --input", param_hint="values")
    message: dict[str, str] = {}
    if given is not None:
        record = read_item_argument(given, None, stdin=sys.stdin.buffer)
    elif is_by_option:
        one = read_item_argument(item, text, stdin=sys.stdin.buffer)
        record, message = project.item_input(graph, one), project.item_message(one, mailbox)
    else:
        record = project.inputs(graph, values or []) if values or graph is not None else project.example()
    said = project.context(graph, context or [])
    result = project.run(graph, record, context=said, draft=draft, message=message)
    if json:
        print_json(result)
        return
    _say_run(result)
    if result.status == "failed":
        raise typer.Exit(1)


def _say_run(result: RunView) -> None:
    import orjson

    say(f"run {result.run_id}: {result.status}")
    for key, value in result.shown():
        text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
        say(f"\n{key}\n" + wrapped(visible(text), "  "))
    if result.review_ids:
        say(f"\nwaiting for review: compound review show {result.review_ids[0]}")
        if result.ready:
            say(visible(f"  its draft is ready: {'; '.join(result.reasons)}"))
