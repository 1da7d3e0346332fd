"""The outbox on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from compound.connector.state import StateStore
from compound.connector.state.audit import verify_audit
from compound.effect.outbox import Outbox
from tests.support.data.state_stores import postgresql_url, sqlite_store
from tests.unit.effect.outbox_desk import Desk


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """An outbox whose audit log is verified in the end."""
    store = sqlite_store(tmp_path) if request.param == "sqlite" else StateStore.open(postgresql_url())
    clock = [1000.0]
    yield Desk(Outbox(store, clock=lambda: clock[0]), store, clock)
    assert verify_audit(store).ok
    store.close()
