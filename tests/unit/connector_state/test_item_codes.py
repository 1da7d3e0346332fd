"""Dead letters that were written with the older codes are known by the present ones."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command

from compound.connector.state import StateStore, tables
from compound.connector.state._migrate import config  # pyright: ignore[reportPrivateUsage]


def test_the_codes_of_older_dead_letters_become_the_present_ones(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'state.db'}")
    with engine.begin() as db:
        command.upgrade(config(db), "0009")
        for seq, code in enumerate(("ticket.changed", "graph.failed")):
            values = {"job_id": "j", "seq": seq, "ticket_id": f"t{seq}", "input_hash": "h", "status": "dead"}
            error = {"code": code, "what": "the ticket changed"}
            db.execute(sa.insert(tables.batch_item).values(**values, error=error, created_at=1.0))
    engine.dispose()
    store = StateStore.open(tmp_path / "state.db")
    with store.read() as db:
        found = db.execute(sa.select(tables.batch_item.c.error).order_by(tables.batch_item.c.seq)).scalars().all()
    store.close()
    assert [one["code"] for one in found] == ["item.changed", "graph.failed"]
    assert found[0]["what"] == "the ticket changed"
