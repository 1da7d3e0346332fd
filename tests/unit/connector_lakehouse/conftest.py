"""A lakehouse with one small worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.connector.lakehouse.value.types import Limits, Resources
from tests.unit.connector_lakehouse.worker_house import MEMORY_MB


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    rows = "SELECT i AS order_id, i * 1.5 AS total, 'note ' || i AS note FROM range(20000) t(i)"
    with duckdb.connect() as db:
        db.execute(f"COPY ({rows}) TO '{folder}/orders.parquet'")
    return folder


@pytest.fixture(scope="module")
def house(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:
    cache = tmp_path_factory.mktemp("cache")
    resources, limits = Resources(workers=1, worker_memory_mb=MEMORY_MB), Limits(ms=60_000)
    with Lakehouse.open(tables, cache_dir=cache, resources=resources, limits=limits) as opened:
        yield opened
