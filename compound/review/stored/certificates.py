"""Withdrawing a certificate, in the transaction of the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.connector.state import tables
from compound.connector.state.audit import append_audit
from compound.errors import ConflictError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_TABLE = tables.certificate


def withdraw(db: Connection, certificate_id: str, *, by: str, reason: str, at: float) -> bool:
    """Withdraw a certificate: its rule stops deciding. Returns False if it was withdrawn before."""
    change = (
        sa.update(_TABLE)
        .where(_TABLE.c.certificate_id == certificate_id, _TABLE.c.revoked_at.is_(None))
        .values(revoked_by=by, revoked_at=at, revoke_reason=reason)
    )
    if db.execute(change).rowcount != 1:
        return False
    query = sa.select(_TABLE.c.graph_name, _TABLE.c.node).where(_TABLE.c.certificate_id == certificate_id)
    graph, node = db.execute(query).one()
    details = {"graph": graph, "node": node}
    append_audit(db, "certificate.revoked", at=at, actor=by, subject=certificate_id, details=details)
    return True


def need_valid(db: Connection, certificate_id: str) -> None:
    """Refuse to decide under a certificate that was withdrawn since it was read.

    Raises:
        ConflictError: `certify.revoked`.
    """
    query = sa.select(_TABLE.c.revoked_by).where(
        _TABLE.c.certificate_id == certificate_id, _TABLE.c.revoked_at.is_not(None)
    )
    if certificate_id and (row := db.execute(query).first()) is not None:
        raise ConflictError("certify.revoked", f"certificate {certificate_id} was withdrawn by {row.revoked_by}")
