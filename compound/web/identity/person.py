"""Somebody who is signed in, and the row of an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from compound.connector.state.people_tables import account
from compound.errors import DataError, choices
from compound.web.identity.roles import Right, rights_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is signed in.

    Attributes:
        name: Name of the account: the actor of decisions.
        teams: Queues that the person sees; empty for all.
        csrf: The token that forms of this session carry; empty for a program.
        scopes: What a token may do; None for a person.
    """

    name: str
    shown_name: str = ""
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    csrf: str = ""
    scopes: tuple[str, ...] | None = None

    @property
    def rights(self) -> frozenset[Right]:
        """What the person may do."""
        rights = rights_of(self.roles)
        return rights if self.scopes is None else frozenset(one for one in rights if one.value in self.scopes)

    def may(self, right: Right) -> bool:
        """Whether the person has a right."""
        return right in self.rights

    def sees(self, queue: str) -> bool:
        """Whether a queue is one of the person's."""
        return not self.teams or queue in self.teams


def hashed(secret: str) -> str:
    """The SHA-256 under which a random secret is stored."""
    return sha256(secret.encode()).hexdigest()


def row_of(connection: Connection, name: str) -> Row[Any] | None:
    """The row of an account."""
    return connection.execute(sa.select(account).where(account.c.name == name)).first()


def require_account(connection: Connection, name: str) -> Row[Any]:
    """The row of an account that is not closed.

    Raises:
        DataError: `web.unknown-account`.
    """
    row = row_of(connection, name)
    if row is None or row.is_disabled:
        open_ones = sa.select(account.c.name).where(account.c.is_disabled.is_(False))
        known = list(connection.execute(open_ones).scalars())
        what = f"account {name!r} {'does not exist' if row is None else 'is closed'}"
        raise DataError("web.unknown-account", what, fix=choices(known, name))
    return row


def person_of_row(row: Row[Any], *, csrf: str = "", scopes: tuple[str, ...] | None = None) -> Person:
    """The person of an account's row."""
    return Person(
        name=row.name,
        shown_name=row.shown_name or row.name,
        roles=tuple(row.roles),
        teams=tuple(row.teams),
        settings=row.settings or {},
        csrf=csrf,
        scopes=scopes,
    )
