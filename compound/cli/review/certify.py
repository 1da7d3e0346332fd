"""`certify`: what a graph's `auto` rule may decide with no person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli._output import Json, Model, Profile, print_json, print_table, say, visible
from compound.cli.review.review import user_name

if TYPE_CHECKING:
    from compound.project.evaluation.certify import Certification, Certifier
    from compound.review.queue.certificate import Certificate


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(certify)


def certify(
    graph: Annotated[
        str | None, typer.Argument(help="A graph of graphs/; the project's own when none is named.")
    ] = None,
    *,
    suite: Annotated[
        str | None, typer.Option("--suite", help="Labels from this suite of evals/, which is run to the review.")
    ] = None,
    from_decisions: Annotated[
        bool, typer.Option("--from-decisions", help="Labels from what people decided about the random audit share.")
    ] = False,
    node: Annotated[str | None, typer.Option("--node", help="Which review, where several have an `auto` rule.")] = None,
    cases: Annotated[Path | None, typer.Option("--cases", help="Another folder of cases.", exists=True)] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most this many cases, from the start.")
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option("--context", help="NAME=VALUE of the graph's context, for cases without their own; repeatable."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be certified; store nothing.")] = False,
    list_all: Annotated[bool, typer.Option("--list", help="List the certificates of this profile.")] = False,
    show: Annotated[str | None, typer.Option("--show", metavar="ID", help="Show one certificate.")] = None,
    revoke: Annotated[str | None, typer.Option("--revoke", metavar="ID", help="Take a certificate back.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it is taken back.")] = "",
    user: Annotated[
        str | None, typer.Option("--user", help="Who you are; COMPOUND_USER or the login name when absent.")
    ] = None,
    profile: Profile = None,
    model: Model = None,
    json: Json = False,
) -> None:
    """Certify what an `auto` rule may decide with no person, or say how many labels are missing.

    The policy of the graph says what must be proven: `automatic: {error_at_most: 2%, confidence: 95%}`.

    Exit code: 0 certified, 1 surely too often wrong, 3 labels are missing.
    """
    from compound.project import Project

    asked = [suite is not None, from_decisions, list_all, show is not None, revoke is not None]
    if sum(asked) != 1:
        raise typer.BadParameter(
            "give one of --suite NAME, --from-decisions, --list, --show ID, --revoke ID", param_hint="certify"
        )
    certifier = Project.open(profile=profile, model=model).certifier()
    if list_all:
        _list(certifier, json=json)
    elif show is not None:
        _show(certifier, certifier.find(show), json=json)
    elif revoke is not None:
        _show(certifier, certifier.revoke(revoke, user=user_name(user), reason=reason), json=json)
    else:
        made = (
            certifier.by_decisions(graph, user=user_name(user), node=node, dry_run=dry_run)
            if suite is None
            else certifier.by_suite(
                graph,
                suite,
                user=user_name(user),
                node=node,
                cases=cases,
                limit=limit,
                context=context or [],
                dry_run=dry_run,
            )
        )
        _tell(made, json=json)


def _tell(made: Certification, *, json: bool) -> None:
    if json:
        print_json(made.to_json())
    else:
        say(visible(made.text()))
        if made.certificate is not None:
            name = made.certificate.certificate_id
            say(f"certificate {name}: compound certify --show {name}")
    if made.exit_code:
        raise typer.Exit(made.exit_code)


def _list(certifier: Certifier, *, json: bool) -> None:
    known = certifier.list()
    if json:
        print_json([_record(one, certifier.status(one)) for one in known])
        return
    if not known:
        say("there is no certificate: nothing is decided with no person")
        return
    print_table(
        f"{len(known)} certificate{'s' * (len(known) != 1)}",
        ["certificate", "graph", "review", "from", "wrong", "of", "at most", "made", "status"],
        [
            (
                one.certificate_id,
                one.graph_name,
                one.node,
                one.source if one.threshold is None else f"{one.source}, score >= {one.threshold:g}",
                one.k,
                one.n,
                f"{one.error_at_most:.1%} at {one.confidence:.0%}",
                _moment(one.created_at),
                certifier.status(one),
            )
            for one in known
        ],
        right=["wrong", "of"],
        short=["status"],
    )


def _show(certifier: Certifier, one: Certificate, *, json: bool) -> None:
    status = certifier.status(one)
    if json:
        print_json(_record(one, status))
        return
    at = "" if one.threshold is None else f", score {one.threshold:g} and above"
    lines = [
        f"certificate {one.certificate_id}: {status}",
        f"  graph {one.graph_name}, review {one.node}{at}, profile {one.profile}, policy {one.policy}",
        f"  at most {one.error_at_most:.1%} wrong at {one.confidence:.0%}: {one.k} wrong of {one.n} keys "
        f"({one.cases} cases), bound {one.bound:.2%}",
        f"  {one.method}; labels from {one.source}",
        f"  made by {one.created_by} at {_moment(one.created_at)}",
        "  covers:",
        *(f"    {name}  {digest[:16]}" for name, digest in one.covers.items()),
    ]
    say(visible("\n".join(lines)))


def _record(one: Certificate, status: str) -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(one), "covers": dict(one.covers), "status": status}


def _moment(at: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
