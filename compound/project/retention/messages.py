"""Messages of conversations: their text is removed with the runs that answer them, or with their author."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import sqlalchemy as sa

from compound.connector.state import tables

if TYPE_CHECKING:
    from compound.connector.state import StateStore
    from compound.project.retention.mention import Mention

_MESSAGE, _OF_RUN, _RUN = tables.message, tables.message_run, tables.run
_SAME = (_OF_RUN.c.mailbox == _MESSAGE.c.mailbox) & (_OF_RUN.c.item_id == _MESSAGE.c.item_id)


def emptying(run_ids: Collection[str], now: float) -> sa.Update:
    """Remove the text of the messages that these runs answer; their positions in the conversations are kept."""
    is_answered = sa.exists().where(_SAME, _OF_RUN.c.run_id.in_(run_ids))
    return sa.update(_MESSAGE).where(is_answered, _MESSAGE.c.pruned_at.is_(None)).values(words={}, pruned_at=now)


def empty_unanswered(store: StateStore, *, before: float, now: float) -> int:
    """Remove the text of messages whose run never started; returns the count."""
    begun = sa.exists().where(_SAME, _OF_RUN.c.run_id == _RUN.c.run_id)
    statement = sa.update(_MESSAGE).where(_MESSAGE.c.arrived_at < before, _MESSAGE.c.pruned_at.is_(None), ~begun)
    with store.write() as db:
        return db.execute(statement.values(words={}, pruned_at=now)).rowcount


def forget_messages(store: StateStore, mention: Mention, *, now: float) -> int:
    """Remove the text of messages that name a person; returns the count."""
    forms = [form.lower() for form in mention.forms]
    words = sa.cast(_MESSAGE.c.words, sa.Text)
    may = sa.or_(*(sa.func.lower(words).contains(form, autoescape=True) for form in forms))
    with store.write() as db:
        if store.dialect == "sqlite":
            db.exec_driver_sql("PRAGMA secure_delete = ON")
        rows = db.execute(sa.select(_MESSAGE.c.mailbox, _MESSAGE.c.item_id, words).where(may)).all()
        named = [row for row in rows if mention.in_text(str(row[2]))]
        for row in named:
            this = (_MESSAGE.c.mailbox == row.mailbox, _MESSAGE.c.item_id == row.item_id)
            db.execute(sa.update(_MESSAGE).where(*this).values(words={}, pruned_at=now))
    return len(named)
