"""Tokens of programs: scopes, an end, revocation; only hashes are stored."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from compound.connector.state.audit import append_audit
from compound.connector.state.people_tables import account, api_token
from compound.errors import DataError, choices
from compound.web.identity.person import Person, hashed, person_of_row, require_account
from compound.web.identity.roles import Right, rights_of

if TYPE_CHECKING:
    from compound.connector.state import StateStore

_TOUCH_S: Final = 60.0
"""A call within this many seconds of the last one is not written down."""
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token of a program, without its secret.

    Attributes:
        token_id: Names it in `compound people revoke`; the beginning of its hash.
        created_at: UTC seconds, like the other times.
        ends_at: None: it does not end by itself.
        state: `valid`, `ended` or `revoked`.
    """

    token_id: str
    account: str
    label: str
    scopes: tuple[str, ...]
    created_at: float
    ends_at: float | None
    seen_at: float | None
    state: str


class Tokens:
    """The part of `People` about tokens."""

    _store: StateStore
    _clock: Callable[[], float]

    def token(self, name: str, *, label: str, scopes: Sequence[str], days: float | None = None) -> str:
        """Create a token for a program; it is shown once. `scopes` are rights.

        Raises:
            DataError: `web.scope`: a right does not exist, or the account does not have it; `web.unknown-account`.
        """
        secret, now = f"compound_{secrets.token_urlsafe(32)}", self._clock()
        with self._store.write() as connection:
            _require_scopes(scopes, require_account(connection, name).roles, name)
            values = {"name": label, "account": name, "scopes": list(scopes), "created_at": now}
            ends = None if days is None else now + days * 86400
            connection.execute(sa.insert(api_token).values(token_hash=hashed(secret), ends_at=ends, **values))
            details = {"label": label, "token": hashed(secret)[:_SHOWN], "scopes": ",".join(scopes)}
            append_audit(connection, "token.created", at=now, actor=name, subject=name, details=details)
        return secret

    def tokens(self, name: str | None = None) -> Sequence[ApiToken]:
        """The tokens of an account, or of all, newest first."""
        query = sa.select(api_token).order_by(api_token.c.created_at.desc(), api_token.c.token_hash)
        if name is not None:
            query = query.where(api_token.c.account == name)
        now = self._clock()
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        return [
            ApiToken(
                token_id=row.token_hash[:_SHOWN],
                account=row.account,
                label=row.name,
                scopes=tuple(row.scopes),
                created_at=row.created_at,
                ends_at=row.ends_at,
                seen_at=row.seen_at,
                state="revoked" if row.revoked_at else "ended" if row.ends_at and row.ends_at <= now else "valid",
            )
            for row in rows
        ]

    def revoke(self, token_id: str, *, by: str) -> ApiToken:
        """End a token now.

        Raises:
            DataError: `web.unknown-token`: no token, or several, begin with this id.
        """
        found = [one for one in self.tokens() if token_id and one.token_id.startswith(token_id)]
        if len(found) != 1:
            known = [one.token_id for one in self.tokens() if one.state == "valid"]
            what = f"token {token_id!r} {'does not exist' if not found else 'names several tokens'}"
            raise DataError("web.unknown-token", what, fix=choices(known, token_id))
        now, one = self._clock(), found[0]
        is_it = api_token.c.token_hash.startswith(one.token_id, autoescape=True)
        with self._store.write() as connection:
            connection.execute(
                sa.update(api_token).where(is_it, api_token.c.revoked_at.is_(None)).values(revoked_at=now)
            )
            details = {"label": one.label, "token": one.token_id}
            append_audit(connection, "token.revoked", at=now, actor=by, subject=one.account, details=details)
        return one

    def bearer(self, secret: str) -> Person | None:
        """Whose token it is; None if it is unknown, too old or revoked."""
        now, known = self._clock(), hashed(secret)
        query = sa.select(account, api_token.c.scopes, api_token.c.seen_at).join_from(
            api_token, account, api_token.c.account == account.c.name
        )
        lives = (
            api_token.c.token_hash == known,
            api_token.c.revoked_at.is_(None),
            sa.or_(api_token.c.ends_at.is_(None), api_token.c.ends_at > now),
            account.c.is_disabled.is_(False),
        )
        with self._store.read() as connection:
            row = connection.execute(query.where(*lives)).first()
        if row is None:
            return None
        if now - (row.seen_at or 0.0) > _TOUCH_S:
            with self._store.write(durable=False) as connection:
                connection.execute(sa.update(api_token).where(api_token.c.token_hash == known).values(seen_at=now))
        return person_of_row(row, scopes=tuple(row.scopes))


def _require_scopes(scopes: Sequence[str], roles: Sequence[str], name: str) -> None:
    """Raise unless every scope is a right of the account."""
    rights = [one.value for one in Right]
    unknown = next((one for one in scopes if one not in rights), None)
    if unknown is not None:
        raise DataError("web.scope", f"scope {unknown!r} does not exist", fix=choices(rights, unknown))
    has = sorted(one.value for one in rights_of(roles))
    beyond = next((one for one in scopes if one not in has), None)
    if beyond is not None:
        what = f"the roles of {name} do not include {beyond!r}, so its tokens cannot"
        raise DataError("web.scope", what, fix=choices(has, beyond))
