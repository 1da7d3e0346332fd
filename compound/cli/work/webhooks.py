"""`webhooks`: addresses that are told what happens to reviews, effects and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Profile, User, note, print_json, print_table, say, user_name

if TYPE_CHECKING:
    from compound.project import Project
    from compound.web.webhooks.hooks import Hooks

app = typer.Typer(
    help="Tell other programs what happens to reviews, effects and runs.", no_args_is_help=True, rich_markup_mode=None
)
Hook = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its id, as `webhooks list` shows it.")]


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where to send events: https://...")],
    *,
    event: Annotated[
        list[str] | None,
        typer.Option(
            "--event",
            help="review.opened, review.decided, effect.done, run.ended, automation.stopped; repeatable; default: all.",
        ),
    ] = None,
    user: User = None,
    profile: Profile = None,
) -> None:
    """Add a webhook and print the secret of its signatures, which is not shown again."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        hook_id, secret = _hooks(project).add(url, event or (), by=user_name(user))
    say(f"{hook_id} {secret}")
    note("verify webhook-signature with this secret; it is not shown again")


@app.command("list")
def list_hooks(*, profile: Profile = None, json: Json = False) -> None:
    """List webhooks with the state of their deliveries."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        found = _hooks(project).list()
    if json:
        print_json(found)
    elif not found:
        note("there are no webhooks: compound webhooks add URL")
    else:
        columns = ["webhook", "url", "events", "pending", "delivered", "dead", "last error"]
        rows = [(h.webhook_id, h.url, ", ".join(h.events), h.pending, h.delivered, h.dead, h.last_error) for h in found]
        counted = ["pending", "delivered", "dead"]
        print_table("", columns, rows, right=counted, short=["url", "events"], spare=["events", "last error"])


@app.command()
def remove(hook: Hook, *, user: User = None, profile: Profile = None) -> None:
    """Remove a webhook; what it was not told yet is not sent."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        _hooks(project).remove(hook, by=user_name(user))
    say(f"{hook} is removed")


@app.command()
def retry(hook: Hook, *, profile: Profile = None) -> None:
    """Try the deliveries again that were given up."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        number = _hooks(project).retry(hook)
    say(f"{number} deliveries are due again")


@app.command()
def deliver(*, profile: Profile = None, json: Json = False) -> None:
    """Send what is due now; a running server does this by itself."""
    from compound.project import Project
    from compound.web.webhooks.deliver import deliver_due

    with Project.open(profile=profile) as project:
        done = deliver_due(project)
    if json:
        print_json(done)
        return
    say(f"{done.delivered} delivered, {done.failed} failed and tried again later, {done.dead} given up")


def _hooks(project: Project) -> Hooks:
    from compound.web.webhooks.hooks import Hooks

    return Hooks(project.resources.state, project.resources.clock)
