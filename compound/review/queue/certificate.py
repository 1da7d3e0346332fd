"""Certificates: proof of what an `auto` rule may decide without a person, for one exact setup."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from compound.connector.state import StateStore, tables
from compound.connector.state.audit import append_audit
from compound.connector.state.digest import digest
from compound.errors import ConflictError, DataError, choices
from compound.review.stored.certificates import withdraw
from compound.review.stored.elements import declared_name, like_pattern
from compound.review.stored.rows import readiness_from
from compound.review.stored.types import Clock

_TABLE, _REVIEW, _DECISION = tables.certificate, tables.review, tables.decision


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCertificate:
    """Proof that an `auto` rule is wrong for at most a given share of keys, on one profile.

    Attributes:
        certificate_id: Derived from its content, time and author.
        node: The review, by its path in the graph.
        source: `suite <name>` or `decisions`.
        threshold: Minimum score at which the rule fires; None if it has no score.
        cases: Labelled cases.
        n: Independent keys among them.
        k: Keys with a wrong case.
        bound: Upper end of the share of wrong keys.
        covers: Each covered part (`the prompt prompts/plan.md`) to the digest of its content.
        revoked_at: UTC seconds; None if it is valid.
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
        """Covered parts that were changed, removed or added."""
        return tuple(name for name in {**self.covers, **now} if self.covers.get(name) != now.get(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a rule may fire now.

    Attributes:
        certificate: The certificate of the current setup; None if there is none.
        void: The newest certificate of another setup; None if there is none or `certificate` is set.
        changed: Parts covered by `void` that changed.
        revoked: Why the newest certificate of the current setup was revoked; empty if it was not.
    """

    certificate: RuleCertificate | None = None
    void: RuleCertificate | None = None
    changed: tuple[str, ...] = ()
    revoked: RuleCertificate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedDecision:
    """A person's decision on a draft of the random audit sample."""

    review_id: str
    is_unchanged: bool
    key: str | None
    score: float | None


class Certificates:
    """The certificates of a state store.

    Args:
        store: The state store.
        clock: UTC seconds; for tests.
    """

    def __init__(self, store: StateStore, *, clock: Clock = time.time) -> None:
        self._store = store
        self._clock = clock

    def add(self, values: Mapping[str, Any], *, user: str) -> RuleCertificate:
        """Store a certificate from all fields except id, time and revocation."""
        now = self._clock()
        made = RuleCertificate(
            certificate_id=digest([values, user, now])[:16], created_by=user, created_at=now, **values
        )
        row = {name: getattr(made, name) for name in _NAMES} | {"covers": dict(made.covers)}
        with self._store.write() as db:
            db.execute(sa.insert(_TABLE), row)
            details = {name: getattr(made, name) for name in _TOLD} | {"covers_sha256": digest(dict(made.covers))}
            append_audit(db, "certificate.made", at=now, actor=user, subject=made.certificate_id, details=details)
        return made

    def list(self, *, profile: str | None = None, graph_name: str | None = None) -> Sequence[RuleCertificate]:
        """Certificates, newest first, including revoked ones."""
        query = sa.select(_TABLE).order_by(_TABLE.c.created_at.desc(), _TABLE.c.certificate_id)
        if profile is not None:
            query = query.where(_TABLE.c.profile == profile)
        if graph_name is not None:
            query = query.where(_TABLE.c.graph_name == graph_name)
        with self._store.read() as db:
            return [RuleCertificate(**row) for row in db.execute(query).mappings()]

    def find(self, named: str) -> RuleCertificate:
        """The certificate with this id prefix.

        Raises:
            DataError: ``certify.unknown-certificate``: no certificate has it, or several do.
        """
        known = self.list()
        found = [one for one in known if one.certificate_id.startswith(named)] if named else []
        if len(found) == 1:
            return found[0]
        what = f"{len(found)} certificates begin with {named!r}" if found else f"certificate {named!r} does not exist"
        fix = f"{choices([one.certificate_id for one in known], named)}; compound certify --list shows them"
        raise DataError("certify.unknown-certificate", what, fix=fix)

    def revoke(self, named: str, *, user: str, reason: str) -> RuleCertificate:
        """Revoke a certificate: its rule stops deciding.

        Raises:
            DataError: ``certify.unknown-certificate``.
            ConflictError: ``certify.revoked``: it is already revoked.
        """
        found = self.find(named)
        with self._store.write() as db:
            if not withdraw(db, found.certificate_id, by=user, reason=reason, at=self._clock()):
                what = f"certificate {found.certificate_id} is already revoked, by {found.revoked_by}"
                raise ConflictError("certify.revoked", what)
        return self.find(found.certificate_id)

    def standing(self, *, graph_name: str, node: str, profile: str, covers: Mapping[str, str]) -> Standing:
        """Whether a certificate covers the current setup; the newest one counts."""
        known = [one for one in self.list(profile=profile, graph_name=graph_name) if one.node == node]
        same = [one for one in known if not one.changed(covers)]
        if same:
            newest = same[0]
            return Standing(certificate=newest) if newest.revoked_at is None else Standing(revoked=newest)
        void = next((one for one in known if one.revoked_at is None), None)
        return Standing(void=void, changed=() if void is None else void.changed(covers))

    def audited(self, *, node: str, covers: str) -> Sequence[AuditedDecision]:
        """People's decisions on audit-sample drafts of exactly this setup.

        Args:
            node: The review.
            covers: Digest of everything that produced the drafts.

        Returns:
            A person's first final decision on each draft, oldest first. Drafts of the items of one map share a key.
        """
        query = (
            sa.select(_REVIEW.c.run_id, _REVIEW.c.review_id, _REVIEW.c.node, _REVIEW.c.readiness)
            .add_columns(_DECISION.c.action, _DECISION.c.actor)
            .join(_DECISION, _DECISION.c.review_id == _REVIEW.c.review_id)
            .where(sa.or_(_REVIEW.c.node == node, _REVIEW.c.node.like(like_pattern(node))))
            .where(_REVIEW.c.ready.is_(True), _DECISION.c.final.is_(True))
            .order_by(_DECISION.c.decided_at, _DECISION.c.decision_id)
        )
        found: dict[tuple[str, str], AuditedDecision] = {}
        with self._store.read() as db:
            for row in db.execute(query):
                said = readiness_from(row.readiness)
                is_label = said is not None and said.audit and said.covers == covers
                place = (row.run_id, row.node)
                if said is None or not is_label or row.actor.startswith("policy:") or place in found:
                    continue
                if declared_name(row.node) != node:
                    continue
                key = said.key or (None if row.node == node else row.run_id)
                is_unchanged = row.action == said.action
                found[place] = AuditedDecision(
                    review_id=row.review_id, is_unchanged=is_unchanged, key=key, score=said.score
                )
        return list(found.values())


_NAMES = tuple(column.name for column in _TABLE.columns)
_TOLD = ("graph_name", "node", "profile", "policy", "source", "threshold", "n", "k", "bound", "error_at_most")
