"""Certificates: what an `auto` rule may decide with no person, and for exactly what that was proven."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from compound.connector.state import StateStore, tables
from compound.connector.state._audit import append_audit
from compound.connector.state._digest import digest
from compound.errors import ConflictError, DataError, choices
from compound.review.item.rows import readiness_from
from compound.review.item.types import Clock

_TABLE, _ITEM, _DECISION = tables.certificate, tables.review_item, tables.decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The proof that an `auto` rule is wrong for at most a share of keys, on one profile.

    Attributes:
        certificate_id: Follows from what was proven, when and by whom.
        node: The review, by its path in the graph.
        source: `suite <name>` or `decisions`.
        threshold: The rule fires at this score and above; None where it has no score.
        cases: Labelled cases.
        n: Independent keys among them.
        k: Keys with a wrong case.
        bound: Upper end of the share of wrong keys.
        covers: What it was proven for, in words (`the prompt prompts/plan.md`), to the digest of its content.
        revoked_at: UTC seconds; None while it stands.
    """

    certificate_id: str
    graph_name: str
    node: str
    profile: str
    policy: str
    source: str
    threshold: float | None
    cases: int
    n: int
    k: int
    bound: float
    error_at_most: float
    confidence: float
    method: str
    covers: Mapping[str, str]
    created_by: str
    created_at: float
    revoked_by: str | None = None
    revoked_at: float | None = None
    revoke_reason: str | None = None

    def changed(self, now: Mapping[str, str]) -> tuple[str, ...]:
        """What it covers that is not as it was: changed, gone, or new."""
        return tuple(name for name in {**self.covers, **now} if self.covers.get(name) != now.get(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a rule may fire now.

    Attributes:
        certificate: The one that covers exactly what there is now; None when none does.
        void: The newest one that covered something else; None when there is none, or `certificate` stands.
        changed: What `void` covered that is not as it was.
        revoked: The newest one that covers what there is now was taken back, and why.
    """

    certificate: Certificate | None = None
    void: Certificate | None = None
    changed: tuple[str, ...] = ()
    revoked: Certificate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedDecision:
    """What a person decided about a draft of the random share."""

    item_id: str
    is_unchanged: bool
    key: str | None
    score: float | None


class Certificates:
    """The certificates of a state store.

    Args:
        store: Where they are.
        clock: UTC seconds; for tests.
    """

    def __init__(self, store: StateStore, *, clock: Clock = time.time) -> None:
        self._store = store
        self._clock = clock

    def add(self, values: Mapping[str, Any], *, user: str) -> Certificate:
        """Store a certificate: every field but its id, when, and what revokes it."""
        now = self._clock()
        made = Certificate(certificate_id=digest([values, user, now])[:16], created_by=user, created_at=now, **values)
        row = {name: getattr(made, name) for name in _NAMES} | {"covers": dict(made.covers)}
        with self._store.write() as db:
            db.execute(sa.insert(_TABLE), row)
            details = {name: getattr(made, name) for name in _TOLD} | {"covers_sha256": digest(dict(made.covers))}
            append_audit(db, "certificate.made", at=now, actor=user, subject=made.certificate_id, details=details)
        return made

    def list(self, *, profile: str | None = None, graph_name: str | None = None) -> Sequence[Certificate]:
        """Certificates, the newest first, revoked ones too."""
        query = sa.select(_TABLE).order_by(_TABLE.c.created_at.desc(), _TABLE.c.certificate_id)
        if profile is not None:
            query = query.where(_TABLE.c.profile == profile)
        if graph_name is not None:
            query = query.where(_TABLE.c.graph_name == graph_name)
        with self._store.read() as db:
            return [Certificate(**row) for row in db.execute(query).mappings()]

    def find(self, named: str) -> Certificate:
        """The certificate whose id begins so.

        Raises:
            DataError: ``certify.unknown-certificate``: none does, or several do.
        """
        known = self.list()
        found = [one for one in known if one.certificate_id.startswith(named)] if named else []
        if len(found) == 1:
            return found[0]
        what = f"{len(found)} certificates begin with {named!r}" if found else f"there is no certificate {named!r}"
        fix = f"{choices([one.certificate_id for one in known], named)}; compound certify --list shows them"
        raise DataError("certify.unknown-certificate", what, fix=fix)

    def revoke(self, named: str, *, user: str, reason: str) -> Certificate:
        """Take a certificate back: from now on its rule decides nothing.

        Raises:
            DataError: ``certify.unknown-certificate``.
            ConflictError: ``certify.revoked``: it was taken back before.
        """
        found = self.find(named)
        now = self._clock()
        change = (
            sa.update(_TABLE)
            .where(_TABLE.c.certificate_id == found.certificate_id, _TABLE.c.revoked_at.is_(None))
            .values(revoked_by=user, revoked_at=now, revoke_reason=reason)
        )
        with self._store.write() as db:
            if db.execute(change).rowcount != 1:
                what = f"certificate {found.certificate_id} was revoked before, by {found.revoked_by}"
                raise ConflictError("certify.revoked", what)
            details = {"graph": found.graph_name, "node": found.node}
            append_audit(db, "certificate.revoked", at=now, actor=user, subject=found.certificate_id, details=details)
        return self.find(found.certificate_id)

    def standing(self, *, graph_name: str, node: str, profile: str, covers: Mapping[str, str]) -> Standing:
        """Whether a certificate covers exactly what there is now; the newest decides."""
        known = [one for one in self.list(profile=profile, graph_name=graph_name) if one.node == node]
        same = [one for one in known if not one.changed(covers)]
        if same:
            newest = same[0]
            return Standing(certificate=newest) if newest.revoked_at is None else Standing(revoked=newest)
        void = next((one for one in known if one.revoked_at is None), None)
        return Standing(void=void, changed=() if void is None else void.changed(covers))

    def audited(self, *, node: str, covers: str) -> Sequence[AuditedDecision]:
        """What people decided about drafts of the random share that were made by exactly this.

        Args:
            node: The review.
            covers: Digest of everything that made the drafts.

        Returns:
            The first final decision of a person about each draft, oldest first.
        """
        query = (
            sa.select(_ITEM.c.run_id, _ITEM.c.item_id, _ITEM.c.readiness, _DECISION.c.action, _DECISION.c.actor)
            .join(_DECISION, _DECISION.c.item_id == _ITEM.c.item_id)
            .where(_ITEM.c.node == node, _ITEM.c.ready.is_(True), _DECISION.c.final.is_(True))
            .order_by(_DECISION.c.decided_at, _DECISION.c.decision_id)
        )
        found: dict[str, AuditedDecision] = {}
        with self._store.read() as db:
            for row in db.execute(query):
                said = readiness_from(row.readiness)
                is_label = said is not None and said.audit and said.covers == covers
                if said is None or not is_label or row.actor.startswith("policy:") or row.run_id in found:
                    continue
                found[row.run_id] = AuditedDecision(
                    item_id=row.item_id, is_unchanged=row.action == said.action, key=said.key, score=said.score
                )
        return list(found.values())


_NAMES = tuple(column.name for column in _TABLE.columns)
_TOLD = ("graph_name", "node", "profile", "policy", "source", "threshold", "n", "k", "bound", "error_at_most")
