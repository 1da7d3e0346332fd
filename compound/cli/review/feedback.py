"""`review export|canaries`: what decisions teach, and how many planted faults reviewers catch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Profile, escaped, note, print_json, print_table

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from pydantic import JsonValue

    from compound.project.review.learning.canaries import CatchRate

Kind = Annotated[str, typer.Option("--kind", help="eval: cases of a suite; sft: chats; dpo: preference pairs.")]
To = Annotated[Path | None, typer.Option("--to", help="The JSONL file to write; default: standard output.")]
Since = Annotated[
    str | None, typer.Option("--since", help="Only decisions since then: 2026-01-31, 2026-01-31T09:00 (UTC), or 30d.")
]
Queues = Annotated[list[str] | None, typer.Option("--queue", help="Only reviews of this queue; repeatable.")]
Without = Annotated[
    list[str] | None,
    typer.Option("--without", help="rubber-stamps, or unseen (the draft was not shown); repeatable."),
]
With = Annotated[bool, typer.Option("--canaries", help="Include canaries; only with --kind eval.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `review`."""
    app.command()(export)
    app.command()(canaries)


def export(
    *,
    kind: Kind,
    to: To = None,
    since: Since = None,
    queue: Queues = None,
    without: Without = None,
    canaries: With = False,
    profile: Profile = None,
) -> None:
    """Write decisions of people as JSONL: cases of a suite, training chats, or preference pairs."""
    from collections import Counter

    from compound.project import Project
    from compound.project.view.times import since_of

    service = Project.open(profile=profile).reviews()
    left_out: Counter[str] = Counter()
    rows = service.export(
        kind,  # pyright: ignore[reportArgumentType] - checked by `export`
        since=None if since is None else since_of(since, service.queue.now()),
        queues=queue or (),
        without=without or (),
        canaries=canaries,
        left_out=left_out,
    )
    n = _write(rows, to)
    note(f"{n} {'row' if n == 1 else 'rows'} of {kind}{'' if to is None else f' in {to}'}{_told(left_out)}")


def canaries(
    *,
    queue: Queues = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """How many planted faults each reviewer caught, with 95 % intervals; a policy declares `canaries:`."""
    from compound.project import Project

    report = Project.open(profile=profile).reviews().canaries(queues=queue or ())
    if json:
        print_json(report)
        return
    if not report.decided:
        note("no canary is decided yet; a policy declares their share: canaries: 2%")
        return
    rates = [*report.reviewers, *([report.all] if len(report.reviewers) > 1 else [])]
    print_table(
        f"{len(report.decided)} decided canar{'y' if len(report.decided) == 1 else 'ies'}",
        ["reviewer", "caught", "n", "rate", "95 % interval", "missed"],
        [(one.reviewer or "all", str(one.caught), str(one.n), *_rate(one), _missed(one)) for one in rates],
        right=["caught", "n", "rate"],
        short=["missed"],
    )
    if report.escalated:
        note(f"{report.escalated} escalated: neither caught nor missed")


def _rate(one: CatchRate) -> tuple[str, str]:
    if one.rate is None:
        return "absent", "absent"
    return f"{one.rate:.3f}", f"{one.low:.3f} to {one.high:.3f}"


def _missed(one: CatchRate) -> str:
    """Kinds of faults that were missed, with how many of how many."""
    left = {kind: (n - caught, n) for kind, (caught, n) in one.by_operator.items() if caught < n}
    return ", ".join(f"{kind.replace('_', ' ')} {missed} of {n}" for kind, (missed, n) in left.items())


def _told(left_out: Counter[str]) -> str:
    return "".join(f"; {n} left out: {why}" for why, n in sorted(left_out.items()))


def _write(rows: Iterable[dict[str, JsonValue]], to: Path | None) -> int:
    """Write the rows; a file appears when it is complete."""
    import orjson

    n = 0
    if to is None:
        for n, row in enumerate(rows, 1):  # noqa: B007 - the count is the result
            sys.stdout.write(f"{escaped(orjson.dumps(row).decode())}\n")
        return n
    to.parent.mkdir(parents=True, exist_ok=True)
    beside = to.with_name(f".{to.name}.tmp")
    with beside.open("wb") as file:
        for n, row in enumerate(rows, 1):  # noqa: B007
            file.write(orjson.dumps(row) + b"\n")
    beside.replace(to)
    return n
