"""The monitor of automatic decisions: when their blind samples prove too many wrong, the certificate is withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from compound.connector.state import tables
from compound.review.quality.eprocess import EProcess, e_process
from compound.review.stored.certificates import withdraw

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

MONITOR: Final = "monitor"
"""Who withdraws a certificate after an alarm."""
_SAMPLE, _FIGURE, _REVIEW, _CERTIFICATE = (
    tables.qa_sample,
    tables.decision_figure,
    tables.review,
    tables.certificate,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The samples of the automatic decisions under one certificate.

    Attributes:
        test: The test of the audited ones.
        behind: Answers that do not count yet: an earlier sample has no answer.
        waiting: Samples without an answer.
    """

    test: EProcess
    behind: int
    waiting: int


def watched(db: Connection, certificate: Row[Any]) -> Watched:
    """The test of a certificate's samples, in the order of the decisions.

    Answers count up to the first sample without one: an order that people choose could raise a false alarm. Of
    decisions of one key the first counts, because the limit is on keys.
    """
    wrongs, keys, behind, waiting = list[bool](), set[str](), 0, 0
    for row in db.execute(_samples(certificate.certificate_id)):
        if row.answered_at is None:
            waiting += row.ended is None and row.pruned_at is None
            continue
        if waiting:
            behind += 1
        elif row.case_key is None or row.case_key not in keys:
            wrongs.append(bool(row.is_right) != bool(row.stands_by))
            keys.add(row.case_key or "")
    delta = 1 - certificate.confidence
    return Watched(test=e_process(wrongs, limit=certificate.error_at_most, delta=delta), behind=behind, waiting=waiting)


def _samples(certificate_id: str) -> sa.Select[Any, Any, Any, Any, Any, Any]:
    columns = (_SAMPLE.c.answered_at, _SAMPLE.c.is_right, _SAMPLE.c.stands_by, _SAMPLE.c.case_key)
    return (
        sa.select(*columns, _FIGURE.c.ended, _REVIEW.c.pruned_at)
        .join(_FIGURE, _FIGURE.c.decision_id == _SAMPLE.c.decision_id)
        .join(_REVIEW, _REVIEW.c.review_id == _SAMPLE.c.review_id)
        .where(_SAMPLE.c.certificate_id == certificate_id)
        .order_by(_SAMPLE.c.decided_at, _SAMPLE.c.decision_id)
    )


def watch(db: Connection, certificate_id: str, *, at: float) -> bool:
    """Withdraw the certificate if its samples raise the alarm. Returns whether it was withdrawn now."""
    query = sa.select(_CERTIFICATE).where(_CERTIFICATE.c.certificate_id == certificate_id)
    if db.dialect.name == "postgresql":
        query = query.with_for_update()  # two answers at the same time: the second sees the first
    row = db.execute(query).first()
    if row is None or row.revoked_at is not None:
        return False
    test = watched(db, row).test
    return test.is_alarm and withdraw(db, certificate_id, by=MONITOR, reason=_why(test), at=at)


def _why(test: EProcess) -> str:
    return (
        f"the monitor found {test.k} wrong of {test.n} audited decisions, above the limit of {100 * test.limit:.3g} % "
        f"(e-value {test.highest or 0:.3g}, alarm at {test.threshold:.3g})"
    )
