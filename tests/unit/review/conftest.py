"""The review queue on both stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from compound.connector.state import StateStore
from compound.review.queue.queue import ReviewQueue
from tests.support.data.state_stores import postgresql_url, sqlite_store
from tests.unit.review.review_desk import Clock, Desk, Rows, only_known_zips


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    store = sqlite_store(tmp_path) if request.param == "sqlite" else StateStore.open(postgresql_url())
    clock, rows = Clock(), Rows()
    yield Desk(ReviewQueue(store, clock=clock, probe=rows, revalidate=only_known_zips), store, clock, rows)
    store.close()
