"""`people`: who may sign in to the pages, and the tokens of programs."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from compound.cli.output import Json, Profile, User, note, print_json, print_table, say, user_name

if TYPE_CHECKING:
    from compound.project import Project
    from compound.web.identity.people import People

app = typer.Typer(
    help="Accounts of people, and tokens of programs, for `compound serve`.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(help="Name of the account: the user of its decisions.")]


@app.command()
def add(
    name: Name,
    *,
    role: Annotated[
        list[str],
        typer.Option("--role", help="viewer, reviewer, senior, qa, operator, developer, admin, agent; repeatable."),
    ],
    team: Annotated[
        list[str] | None, typer.Option("--team", help="A queue that it sees; repeatable; default: all.")
    ] = None,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password, or read it from standard input.")
    ] = False,
    user: User = None,
    profile: Profile = None,
) -> None:
    """Create an account, or change its roles, teams and password."""
    from compound.project import Project

    secret = _password() if password else None
    with Project.open(profile=profile) as project:
        _people(project).add(name, roles=role, teams=team or (), password=secret, by=user_name(user))
    say(f"{name}: {', '.join(role)}; {', '.join(team) if team else 'every queue'}")


def _password() -> str:
    """A password as it is typed twice, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    secret: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return secret


@app.command("list")
def list_people(*, profile: Profile = None, json: Json = False) -> None:
    """List the accounts that are not closed."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        found = _people(project).list()
    if json:
        print_json([{"name": one.name, "roles": one.roles, "teams": one.teams} for one in found])
    elif not found:
        note("there are no accounts: compound people add NAME --role reviewer --password")
    else:
        rows = [(one.name, ", ".join(one.roles), ", ".join(one.teams) or "every queue") for one in found]
        print_table("", ["name", "roles", "queues"], rows)


@app.command()
def disable(name: Name, *, user: User = None, profile: Profile = None) -> None:
    """Close an account: its sessions end at once, and its tokens no longer work."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        _people(project).disable(name, by=user_name(user))
    say(f"{name} is closed; people add opens it again")


@app.command()
def link(
    name: Name,
    *,
    address: Annotated[str, typer.Option("--address", help="Address of the server.")] = "http://127.0.0.1:8300",
    profile: Profile = None,
) -> None:
    """Print a link that signs the account in once, within 15 minutes."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        secret = _people(project).link(name)
    say(f"{address.rstrip('/')}/login?link={secret}")


@app.command()
def token(
    name: Name,
    *,
    label: Annotated[str, typer.Option("--label", help="What it is for.")],
    scope: Annotated[
        list[str], typer.Option("--scope", help="A right: read, decide, runs, create, audit, ...; repeatable.")
    ],
    days: Annotated[float | None, typer.Option("--days", min=0.001, help="When it ends; default: never.")] = None,
    profile: Profile = None,
) -> None:
    """Create a token for a program and print it; it is not shown again."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        secret = _people(project).token(name, label=label, scopes=scope, days=days)
    say(secret)
    note("send it as Authorization: Bearer TOKEN; it is not shown again")


@app.command()
def tokens(
    name: Annotated[str | None, typer.Argument(help="Only tokens of this account.")] = None,
    *,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """List tokens, without their secrets."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        found = _people(project).tokens(name)
    if json:
        print_json(found)
    elif not found:
        note("there are no tokens: compound people token NAME --label L --scope read")
    else:
        columns = ["token", "account", "label", "scopes", "ends", "last used", "state"]
        rows = [
            (t.token_id, t.account, t.label, ", ".join(t.scopes), _day(t.ends_at, "never"), _day(t.seen_at), t.state)
            for t in found
        ]
        print_table("", columns, rows, short=["label", "scopes"], spare=["last used"])


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="TOKEN", help="Its id, as `people tokens` lists it.")],
    *,
    user: User = None,
    profile: Profile = None,
) -> None:
    """End a token now."""
    from compound.project import Project

    with Project.open(profile=profile) as project:
        ended = _people(project).revoke(token_id, by=user_name(user))
    say(f"token {ended.token_id} of {ended.account} ({ended.label}) is revoked")


def _day(at: float | None, without: str = "") -> str:
    return without if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def _people(project: Project) -> People:
    from compound.web.identity.people import People

    return People(project.resources.state, project.resources.clock)
