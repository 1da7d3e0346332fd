"""`certify`: prove what an `auto` rule may decide without a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Model, Profile, User, print_json, print_table, say, user_name, visible

if TYPE_CHECKING:
    from compound.project.evaluation.certification import Certification
    from compound.project.evaluation.certify import Certifier
    from compound.review.queue.certificate import RuleCertificate


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(certify)


GraphName = Annotated[str | None, typer.Argument(help="A graph in graphs/; default: the project's graph.")]
Suite = Annotated[
    str | None,
    typer.Option("--suite", help="Take labels from this suite in evals/; each case runs up to the review."),
]
FromDecisions = Annotated[
    bool, typer.Option("--from-decisions", help="Take labels from people's decisions on the random audit sample.")
]
Node = Annotated[str | None, typer.Option("--node", help="The review node, if several have an `auto` rule.")]
Cases = Annotated[Path | None, typer.Option("--cases", help="Use the cases in this folder.", exists=True)]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N cases.")]
CaseContext = Annotated[
    list[str] | None,
    typer.Option("--context", help="NAME=VALUE of the graph's context, for cases that do not set it; repeatable."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be certified; store nothing.")]
ListAll = Annotated[bool, typer.Option("--list", help="List the certificates of this profile.")]
Shown = Annotated[str | None, typer.Option("--show", metavar="ID", help="Show one certificate.")]
Revoked = Annotated[str | None, typer.Option("--revoke", metavar="ID", help="Revoke a certificate.")]
Reason = Annotated[str, typer.Option("--reason", help="Why it is revoked.")]


def certify(
    graph: GraphName = None,
    *,
    suite: Suite = None,
    from_decisions: FromDecisions = False,
    node: Node = None,
    cases: Cases = None,
    limit: Limit = None,
    context: CaseContext = None,
    dry_run: DryRun = False,
    list_all: ListAll = False,
    show: Shown = None,
    revoke: Revoked = None,
    reason: Reason = "",
    user: User = None,
    profile: Profile = None,
    model: Model = None,
    json: Json = False,
) -> None:
    """Certify what an `auto` rule may decide without a person, or say how many labels are missing.

    The graph's policy sets what must be proven: `automatic: {error_at_most: 2%, confidence: 95%}`.

    Exit code: 0 certified, 1 the error rate is above the limit, 3 labels are missing.
    """
    from compound.project import Project
    from compound.project.evaluation.certify import SuiteLabels

    if [suite is not None, from_decisions, list_all, show is not None, revoke is not None].count(True) != 1:
        what = "give one of --suite NAME, --from-decisions, --list, --show ID, --revoke ID"
        raise typer.BadParameter(what, param_hint="certify")
    certifier = Project.open(profile=profile, model=model).certifier()
    if list_all:
        _list(certifier, json=json)
    elif show is not None:
        _show(certifier, certifier.find(show), json=json)
    elif revoke is not None:
        _show(certifier, certifier.revoke(revoke, user=user_name(user), reason=reason), json=json)
    elif suite is None:
        _tell(certifier.by_decisions(graph, user=user_name(user), node=node, dry_run=dry_run), json=json)
    else:
        labels = SuiteLabels(suite=suite, cases=cases, limit=limit, context=context or [])
        _tell(certifier.by_suite(graph, labels, user=user_name(user), node=node, dry_run=dry_run), json=json)


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
        say("no certificates: every decision needs a person")
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


def _show(certifier: Certifier, one: RuleCertificate, *, json: bool) -> None:
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


def _record(one: RuleCertificate, status: str) -> dict[str, object]:
    from dataclasses import asdict

    return {**asdict(one), "covers": dict(one.covers), "status": status}


def _moment(at: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
