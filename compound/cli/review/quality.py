"""`review figures|samples|judge`: the quality of decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Profile, User, note, print_json, print_table, say, user_name, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from compound.client.quality import Monitored, Quality, QueueFigures, Share, Spread


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(figures)
    app.command()(samples)
    app.command()(judge)


def figures(
    *,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="Length of the period.")] = 30,
    mine: Annotated[bool, typer.Option("--mine", help="Only your own decisions.")] = False,
    user: User = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Show figures of decisions: time, edits, undone, automatic share, certificates and their monitor."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        found = project.quality().figures(days=days, person=user_name(user) if mine else "")
    if json:
        print_json(found.model_dump())
    else:
        _say(found)


def samples(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1)] = 20,
    user: User = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """List decided drafts of the random sample that wait for your blind second look, oldest first."""
    from compound.project import Project
    from compound.review.stored.call_json import call_to_json

    with Project.open(profile=profile) as project:
        found = project.quality().samples(user_name(user)).list(limit=limit)
    if json:
        effects = [[call_to_json(call) for call in one.effects] for one in found]
        print_json(
            [
                {"sample_id": one.sample_id, "title": one.title, "text": one.draft.text, "effects": made}
                for one, made in zip(found, effects, strict=True)
            ]
        )
        return
    if not found:
        note("no sample waits for you")
    for one in found:
        say(visible(f"sample {one.sample_id}  {one.title}"))
        say(visible("\n".join(f"  {line}" for line in one.draft.text.splitlines())))
        for call in one.effects:
            given = [f"{name}={value}" for name, value in call.arguments.items() if value != one.draft.text]
            say(visible(f"  does {call.name} {' '.join(given)}"))


def judge(
    sample: Annotated[str, typer.Argument(metavar="SAMPLE", help="Id of the sample, or of its source item.")],
    *,
    right: Annotated[bool, typer.Option("--right/--wrong", help="Whether it should happen as it is.")],
    reason: Annotated[str, typer.Option("--reason", help="What is wrong: wrong_fact, unsupported, tone, ...")] = "",
    note: Annotated[str, typer.Option("--note", help="Free text.")] = "",
    user: User = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """Say whether a sampled draft is right. Nothing is sent, and the decision stays as it is."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        blind = project.quality().samples(user_name(user))
        sample = blind.find(sample).sample_id
        done = blind.answer(sample, is_right=right, reason=reason, note=note)
    if json:
        print_json({"sample_id": sample, "is_right": right, "is_alarm": done.is_alarm})
        return
    say(f"sample {sample}: {'right' if right else f'wrong ({reason})'}")
    if done.is_alarm:
        say("the monitor withdrew the certificate: compound certify --list")


def _say(found: Quality) -> None:
    whose = f"of {found.person} " if found.person else ""
    say(f"decisions {whose}of {found.days} days, since {found.since}")
    columns = [found.all, *(found.queues if len(found.queues) > 1 else ())]
    names = [one.queue or "all" for one in columns]
    rows = [[name, *(said(one) for one in columns)] for name, said in _ROWS]
    print_table("figures", ["figure", *names], [tuple(row) for row in rows], right=names)
    for one in found.all.reasons:
        say(visible(f"rejected: {one.reason or 'in words'} {one.n}"))
    if found.canaries is not None:
        say(f"planted wrong drafts caught: {_share(found.canaries)}")
    for one in found.certificates:
        say(visible(_monitored(one)))


def _share(one: Share) -> str:
    if one.value is None:
        return "absent"
    return f"{one.value:.1%} of {one.n} ({one.low:.1%} to {one.high:.1%})"


def _seconds(one: Spread) -> str:
    from compound.project.view.times import age

    if one.median is None or one.p90 is None:
        return "absent"
    return f"{age(one.median)}, 90 % under {age(one.p90)}, n {one.n}"


def _agreement(one: QueueFigures) -> str:
    alpha = "absent" if one.agreement.alpha is None else f"{one.agreement.alpha:.2f}"
    return f"{alpha}, n {one.agreement.n}"


def _edit(one: QueueFigures) -> str:
    return "absent" if one.edit.median is None else f"{one.edit.median:.1%} of the words, n {one.edit.n}"


_ROWS: Sequence[tuple[str, Callable[[QueueFigures], str]]] = (
    ("open", lambda one: str(one.open)),
    ("open, late", lambda one: _share(one.open_late)),
    ("decided late", lambda one: _share(one.late)),
    ("first look", lambda one: _seconds(one.first_look_s)),
    ("handled in", lambda one: _seconds(one.handle_s)),
    ("decided by people", lambda one: str(one.decided)),
    ("approved unedited", lambda one: _share(one.unedited)),
    ("changed by an edit", _edit),
    ("undone", lambda one: _share(one.undone)),
    ("automatic", lambda one: _share(one.automatic)),
    ("wrong, by people", lambda one: _share(one.people_wrong)),
    ("wrong, automatic", lambda one: _share(one.automatic_wrong)),
    ("agreement (alpha)", _agreement),
    ("samples that wait", lambda one: str(one.waiting)),
)


def _monitored(one: Monitored) -> str:
    value = "absent" if one.e_value is None else f"{one.e_value:.3g}"
    state = "on" if one.is_on else "off"
    return (
        f"{one.graph}, {one.node}: automation {state}, certificate {one.certificate_id} {one.status}; at most "
        f"{one.error_at_most:.1%} at {one.confidence:.0%}, n {one.n}, made {one.made_at}; "
        f"{one.wrong} wrong of {one.audited} audited, e-value {value}, alarm at {one.alarm_at:.3g}"
    )
