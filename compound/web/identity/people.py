"""Accounts, sessions, one-time links and tokens; secrets are stored as hashes only."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, cast

import sqlalchemy as sa

from compound.connector.state.audit import append_audit
from compound.connector.state.people_tables import account, api_token, login_link, web_session
from compound.errors import ConflictError, DataError, choices
from compound.web.identity.roles import ROLES, Right, rights_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

    from compound.connector.state import StateStore

IDLE_S: Final = 30 * 60.0
"""A session ends after this many seconds without a request."""
LONGEST_S: Final = 12 * 3600.0
"""A session ends after this many seconds in any case."""
LINK_S: Final = 15 * 60.0
"""A one-time link can be used for this many seconds."""
_TOUCH_S: Final = 30.0
"""A request within this many seconds of the last one is not written down."""


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


class People:
    """The accounts of a state store.

    Args:
        store: The state store.
        clock: Returns UTC seconds.
    """

    def __init__(self, store: StateStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def add(
        self, name: str, *, roles: Sequence[str], teams: Sequence[str] = (), password: str | None = None, by: str = ""
    ) -> None:
        """Create an account, or give it these roles and teams; without a password it keeps the one it has.

        Raises:
            DataError: `web.role`: a role does not exist.
        """
        unknown = next((one for one in roles if one not in ROLES), None)
        if unknown is not None:
            raise DataError("web.role", f"role {unknown!r} does not exist", fix=choices(list(ROLES), unknown))
        now = self._clock()
        values: dict[str, Any] = {"roles": list(roles), "teams": list(teams), "updated_at": now, "is_disabled": False}
        if password is not None:
            values["password_hash"] = hash_password(password)
        with self._store.write() as connection:
            if _row(connection, name) is None:
                connection.execute(sa.insert(account).values(name=name, created_at=now, **values))
            else:
                connection.execute(sa.update(account).where(account.c.name == name).values(**values))
            details = {"roles": ",".join(roles), "teams": ",".join(teams)}
            append_audit(connection, "account.set", at=now, actor=by or name, subject=name, details=details)

    def disable(self, name: str, *, by: str) -> None:
        """Close an account: its sessions end at once and its tokens no longer work."""
        now = self._clock()
        with self._store.write() as connection:
            connection.execute(
                sa.update(account).where(account.c.name == name).values(is_disabled=True, updated_at=now)
            )
            connection.execute(sa.delete(web_session).where(web_session.c.account == name))
            append_audit(connection, "account.disabled", at=now, actor=by, subject=name, details={})

    def list(self) -> Sequence[Person]:
        """Every account that is not closed, by name."""
        query = sa.select(account).where(account.c.is_disabled.is_(False)).order_by(account.c.name)
        with self._store.read() as connection:
            return [_person(row) for row in connection.execute(query)]

    def checked(self, name: str, password: str) -> str | None:
        """The name of the account if the password is right; takes as long if there is no such account."""
        with self._store.read() as connection:
            row = _row(connection, name)
        stored = None if row is None or row.is_disabled else row.password_hash
        return name if password_fits(stored, password) else None

    def link(self, name: str) -> str:
        """The secret of a link that signs `name` in once, within 15 minutes."""
        secret = secrets.token_urlsafe(32)
        with self._store.write() as connection:
            values = {"link_hash": _hash(secret), "account": name, "ends_at": self._clock() + LINK_S}
            connection.execute(sa.insert(login_link).values(values))
        return secret

    def redeem(self, secret: str) -> str:
        """Use a link; the name of its account.

        Raises:
            ConflictError: `web.link`: it was used, it is too old, or it never existed.
        """
        now = self._clock()
        used = (
            sa.update(login_link)
            .where(login_link.c.link_hash == _hash(secret), login_link.c.used_at.is_(None), login_link.c.ends_at > now)
            .values(used_at=now)
            .returning(login_link.c.account)
        )
        with self._store.write() as connection:
            name = connection.execute(used).scalar_one_or_none()
        if name is None:
            what = "this link was used before, or it is older than 15 minutes"
            raise ConflictError("web.link", what, fix="compound serve prints a new one when it starts")
        return cast("str", name)

    def open(self, name: str) -> str:
        """Open a session; the secret for its cookie."""
        secret, now = secrets.token_urlsafe(32), self._clock()
        with self._store.write() as connection:
            values = {"csrf": secrets.token_urlsafe(24), "created_at": now, "seen_at": now, "ends_at": now + LONGEST_S}
            connection.execute(sa.insert(web_session).values(session_hash=_hash(secret), account=name, **values))
            append_audit(connection, "account.signed_in", at=now, actor=name, subject=name, details={})
        return secret

    def session(self, secret: str) -> Person | None:
        """Whose session it is; None if it has ended. A request keeps it open."""
        now, hashed = self._clock(), _hash(secret)
        query = sa.select(account, web_session.c.csrf, web_session.c.seen_at).join_from(
            web_session, account, web_session.c.account == account.c.name
        )
        lives = (
            web_session.c.session_hash == hashed,
            web_session.c.ends_at > now,
            web_session.c.seen_at > now - IDLE_S,
            account.c.is_disabled.is_(False),
        )
        with self._store.read() as connection:
            row = connection.execute(query.where(*lives)).first()
        if row is None:
            return None
        if now - row.seen_at > _TOUCH_S:
            seen = sa.update(web_session).where(web_session.c.session_hash == hashed).values(seen_at=now)
            with self._store.write(durable=False) as connection:
                connection.execute(seen)
        return _person(row, csrf=row.csrf)

    def close(self, secret: str) -> None:
        """End a session."""
        with self._store.write() as connection:
            connection.execute(sa.delete(web_session).where(web_session.c.session_hash == _hash(secret)))

    def set(self, name: str, **settings: object) -> None:
        """Store settings of a person: `theme`, `language`, `shortcuts`."""
        with self._store.write(durable=False) as connection:
            row = _row(connection, name)
            known = {} if row is None else dict(row.settings or {})
            changed = sa.update(account).where(account.c.name == name).values(settings={**known, **settings})
            connection.execute(changed)

    def token(self, name: str, *, label: str, scopes: Sequence[str], days: float | None = None) -> str:
        """Create a token for a program; it is shown once. `scopes` are rights.

        Raises:
            DataError: `web.scope`: a right does not exist.
        """
        rights = [one.value for one in Right]
        unknown = next((one for one in scopes if one not in rights), None)
        if unknown is not None:
            raise DataError("web.scope", f"scope {unknown!r} does not exist", fix=choices(rights, unknown))
        secret, now = f"compound_{secrets.token_urlsafe(32)}", self._clock()
        with self._store.write() as connection:
            values = {"name": label, "account": name, "scopes": list(scopes), "created_at": now}
            ends = None if days is None else now + days * 86400
            connection.execute(sa.insert(api_token).values(token_hash=_hash(secret), ends_at=ends, **values))
            append_audit(connection, "token.created", at=now, actor=name, subject=name, details={"label": label})
        return secret

    def bearer(self, secret: str) -> Person | None:
        """Whose token it is; None if it is unknown, too old or revoked."""
        now = self._clock()
        query = sa.select(account, api_token.c.scopes).join_from(
            api_token, account, api_token.c.account == account.c.name
        )
        lives = (
            api_token.c.token_hash == _hash(secret),
            api_token.c.revoked_at.is_(None),
            sa.or_(api_token.c.ends_at.is_(None), api_token.c.ends_at > now),
            account.c.is_disabled.is_(False),
        )
        with self._store.read() as connection:
            row = connection.execute(query.where(*lives)).first()
        return None if row is None else _person(row, scopes=tuple(row.scopes))


def hash_password(password: str) -> str:
    """The argon2 hash of a password."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


_DUMMY: Final = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$Jx6Yv7r0Yq0c4wZ0mYkTgWJm3m0b9O2n4o7kQ4bX0mE"


def password_fits(stored: str | None, password: str) -> bool:
    """Whether a password has this hash; without a hash it takes as long and does not."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(stored or _DUMMY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _row(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(sa.select(account).where(account.c.name == name)).first()


def _person(row: Row[Any], *, csrf: str = "", scopes: tuple[str, ...] | None = None) -> Person:
    return Person(
        name=row.name,
        shown_name=row.shown_name or row.name,
        roles=tuple(row.roles),
        teams=tuple(row.teams),
        settings=row.settings or {},
        csrf=csrf,
        scopes=scopes,
    )
