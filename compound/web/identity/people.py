"""Accounts, sessions, one-time links and tokens; secrets are stored as hashes only."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import sqlalchemy as sa

from compound.connector.state.audit import append_audit
from compound.connector.state.people_tables import account, login_link, web_session
from compound.errors import ConflictError, DataError, choices
from compound.web.identity.passwords import hash_password, password_fits
from compound.web.identity.person import Person, hashed, person_of_row, require_account, row_of
from compound.web.identity.roles import ROLES
from compound.web.identity.throttle import Throttle
from compound.web.identity.tokens import Tokens

if TYPE_CHECKING:
    from compound.connector.state import StateStore

IDLE_S: Final = 30 * 60.0
"""A session ends after this many seconds without a request."""
LONGEST_S: Final = 12 * 3600.0
"""A session ends after this many seconds in any case."""
LINK_S: Final = 15 * 60.0
"""A one-time link can be used for this many seconds."""
_TOUCH_S: Final = 30.0
"""A request within this many seconds of the last one is not written down."""


class People(Tokens):
    """The accounts of a state store.

    Args:
        store: The state store.
        clock: Returns UTC seconds.

    Attributes:
        throttle: Counts wrong passwords.
    """

    def __init__(self, store: StateStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self.throttle = Throttle(store, clock)

    def add(
        self, name: str, *, roles: Sequence[str], teams: Sequence[str] = (), password: str | None = None, by: str = ""
    ) -> None:
        """Create an account, or give it these roles and teams; without a password it keeps the one it has.

        A new password ends the sessions of the account.

        Raises:
            DataError: `web.role`: a role does not exist; `web.account`: the name belongs to no person or program;
                `web.password`.
        """
        if not name.strip() or name != name.strip() or name == "graph" or name.startswith(("policy:", "agent:")):
            raise DataError("web.account", f"{name!r} cannot be the name of an account", fix="use a person's name")
        unknown = next((one for one in roles if one not in ROLES), None)
        if unknown is not None:
            raise DataError("web.role", f"role {unknown!r} does not exist", fix=choices(list(ROLES), unknown))
        now = self._clock()
        values: dict[str, Any] = {"roles": list(roles), "teams": list(teams), "updated_at": now, "is_disabled": False}
        if password is not None:
            values["password_hash"] = hash_password(password)
        with self._store.write() as connection:
            if password is not None:
                connection.execute(sa.delete(web_session).where(web_session.c.account == name))
            if row_of(connection, name) is None:
                connection.execute(sa.insert(account).values(name=name, created_at=now, **values))
            else:
                connection.execute(sa.update(account).where(account.c.name == name).values(**values))
            details = {"roles": ",".join(roles), "teams": ",".join(teams)}
            append_audit(connection, "account.set", at=now, actor=by or name, subject=name, details=details)

    def disable(self, name: str, *, by: str) -> None:
        """Close an account: its sessions end at once and its tokens no longer work.

        Raises:
            DataError: `web.unknown-account`.
        """
        now = self._clock()
        with self._store.write() as connection:
            require_account(connection, name)
            connection.execute(
                sa.update(account).where(account.c.name == name).values(is_disabled=True, updated_at=now)
            )
            connection.execute(sa.delete(web_session).where(web_session.c.account == name))
            append_audit(connection, "account.disabled", at=now, actor=by, subject=name, details={})

    def list(self) -> Sequence[Person]:
        """Every account that is not closed, by name."""
        query = sa.select(account).where(account.c.is_disabled.is_(False)).order_by(account.c.name)
        with self._store.read() as connection:
            return [person_of_row(row) for row in connection.execute(query)]

    def checked(self, name: str, password: str) -> str | None:
        """The name of the account if the password is right; takes as long if there is no such account."""
        with self._store.read() as connection:
            row = row_of(connection, name)
        stored = None if row is None or row.is_disabled else row.password_hash
        return name if password_fits(stored, password) else None

    def link(self, name: str) -> str:
        """The secret of a link that signs `name` in once, within 15 minutes.

        Raises:
            DataError: `web.unknown-account`.
        """
        secret = secrets.token_urlsafe(32)
        with self._store.write() as connection:
            require_account(connection, name)
            values = {"link_hash": hashed(secret), "account": name, "ends_at": self._clock() + LINK_S}
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
            .where(login_link.c.link_hash == hashed(secret), login_link.c.used_at.is_(None), login_link.c.ends_at > now)
            .values(used_at=now)
            .returning(login_link.c.account)
        )
        with self._store.write() as connection:
            name = connection.execute(used).scalar_one_or_none()
        if name is None:
            what = "this link was used before, or it is older than 15 minutes"
            raise ConflictError(
                "web.link",
                what,
                fix="compound people link NAME prints a new one, and so does compound serve when it starts",
            )
        return cast("str", name)

    def open(self, name: str) -> str:
        """Open a session; the secret for its cookie."""
        secret, now = secrets.token_urlsafe(32), self._clock()
        with self._store.write() as connection:
            values = {"csrf": secrets.token_urlsafe(24), "created_at": now, "seen_at": now, "ends_at": now + LONGEST_S}
            connection.execute(sa.insert(web_session).values(session_hash=hashed(secret), account=name, **values))
            append_audit(connection, "account.signed_in", at=now, actor=name, subject=name, details={})
        return secret

    def session(self, secret: str) -> Person | None:
        """Whose session it is; None if it has ended. A request keeps it open."""
        now, known = self._clock(), hashed(secret)
        query = sa.select(account, web_session.c.csrf, web_session.c.seen_at).join_from(
            web_session, account, web_session.c.account == account.c.name
        )
        lives = (
            web_session.c.session_hash == known,
            web_session.c.ends_at > now,
            web_session.c.seen_at > now - IDLE_S,
            account.c.is_disabled.is_(False),
        )
        with self._store.read() as connection:
            row = connection.execute(query.where(*lives)).first()
        if row is None:
            return None
        if now - row.seen_at > _TOUCH_S:
            seen = sa.update(web_session).where(web_session.c.session_hash == known).values(seen_at=now)
            with self._store.write(durable=False) as connection:
                connection.execute(seen)
        return person_of_row(row, csrf=row.csrf)

    def close(self, secret: str) -> None:
        """End a session."""
        with self._store.write() as connection:
            connection.execute(sa.delete(web_session).where(web_session.c.session_hash == hashed(secret)))

    def set(self, name: str, **settings: object) -> None:
        """Store settings of a person: `theme`, `language`, `shortcuts`, `keys`."""
        with self._store.write(durable=False) as connection:
            row = row_of(connection, name)
            known = {} if row is None else dict(row.settings or {})
            changed = sa.update(account).where(account.c.name == name).values(settings={**known, **settings})
            connection.execute(changed)
