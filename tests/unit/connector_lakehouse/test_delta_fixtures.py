"""Every Delta fixture is read as an independent replay of its log reads it, or refused with a reason.

`pytest -v` prints the table of what happened to each.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pytest

from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.errors import ConnectorError

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
REFUSED = {
    "checkpoint_with_partitions": "lakehouse.missing-file",
    "checkpoints": "lakehouse.missing-file",
    "checkpoints_vacuumed": "lakehouse.missing-file",
    "latest_not_checkpointed": "lakehouse.missing-file",
    "spark-shredded-variant-preview-delta": "lakehouse.delta-feature",
    "spark-variant-stable-feature-checkpoint": "lakehouse.delta-feature",
}
DELETED = {"table-with-dv-small": 2, "table_with_deletion_logs": 2}


def _paths() -> list[Path]:
    logs = sorted((DATA / "delta_tables").rglob("_delta_log")) + sorted((DATA / "tau2_retail").rglob("_delta_log"))
    return [log.parent for log in logs]


@pytest.fixture(scope="module")
def report(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    lines: list[str] = []
    yield lines
    reporter: Any = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and request.config.get_verbosity() > 0:
        reporter.write_line("")
        for line in lines:
            reporter.write_line(line)


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Path, Lakehouse]]:
    if not (DATA / "delta_tables").is_dir():
        if os.environ.get("CI"):
            pytest.fail("delta_tables is missing beside the project")
        pytest.skip("needs the reference data delta_tables beside the project")
    cache = tmp_path_factory.mktemp("cache")
    opened = {folder: Lakehouse.open(folder, cache_dir=cache) for folder in sorted({p.parent for p in _paths()})}
    yield opened
    for house in opened.values():
        house.close()


def _replay(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Live `add` actions and the newest version, from JSON commits and Parquet checkpoints; no Delta library."""
    log = path / "_delta_log"
    commits = {int(f.stem): f for f in log.glob("*.json") if re.fullmatch(r"\d{20}", f.stem)}
    newest = max(commits)
    live: dict[str, dict[str, Any]] = {}
    start = 0
    if 0 not in commits:
        checkpoint = min(log.glob("*.checkpoint.parquet"))
        start = int(checkpoint.name[:20]) + 1
        sql = f"SELECT to_json(add) FROM read_parquet('{checkpoint}') WHERE add IS NOT NULL"
        for (text,) in duckdb.connect().execute(sql).fetchall():
            add = json.loads(text)
            live[add["path"]] = add
    for version in range(start, newest + 1):
        for line in commits[version].read_text().splitlines():
            action = json.loads(line)
            if "remove" in action:
                live.pop(action["remove"]["path"], None)
        for line in commits[version].read_text().splitlines():
            action = json.loads(line)
            if "add" in action:
                live[action["add"]["path"]] = action["add"]
    return list(live.values()), newest


def _independent(path: Path, adds: list[dict[str, Any]], columns: dict[str, str]) -> Counter[str]:
    """Rows of the live files through DuckDB's Parquet reader, with partition values from the log."""
    rows: Counter[str] = Counter()
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    for add in adds:
        file = path / unquote(add["path"])
        values = dict(add.get("partitionValues") or {})
        if isinstance(add.get("partitionValues"), list):
            values = {item["key"]: item["value"] for item in add["partitionValues"]}
        chosen: list[str] = []
        inside = {row[0] for row in connection.execute(f"DESCRIBE FROM read_parquet('{file}')").fetchall()}
        for name, kind in columns.items():
            if name in values:
                value = values[name]
                text = "NULL" if value in (None, "") else "'" + value.replace("'", "''") + "'"
                chosen.append(f'CAST({text} AS {kind}) AS "{name}"')
            elif name not in inside:
                chosen.append(f'NULL::{kind} AS "{name}"')
            else:
                chosen.append(f'CAST("{name}" AS {kind}) AS "{name}"')
        sql = f"SELECT to_json(r)::VARCHAR FROM (SELECT {', '.join(chosen)} FROM read_parquet('{file}')) AS r"
        rows.update(row[0] for row in connection.execute(sql).fetchall())
    return rows


@pytest.mark.parametrize("path", _paths(), ids=lambda path: path.name)
def test_fixture(path: Path, houses: dict[Path, Lakehouse], report: list[str]) -> None:
    house = houses[path.parent]
    if path.name in REFUSED:
        with pytest.raises(ConnectorError) as caught:
            house.table(path.name)
        assert caught.value.code == REFUSED[path.name]
        assert path.name in caught.value.what
        assert caught.value.fix
        report.append(f"{path.name:44} refused  {caught.value.code}")
        return
    info = house.table(path.name)
    adds, newest = _replay(path)
    assert info.version == newest
    columns = {column.name: column.type for column in info.schema}
    expected = _independent(path, adds, columns)
    cursor = house._engine.cursor()  # pyright: ignore[reportPrivateUsage]
    found = cursor.execute(f'SELECT to_json(r)::VARCHAR FROM "{path.name}" AS r').fetchall()
    rows = Counter(row[0] for row in found)
    deleted = DELETED.get(path.name, 0)
    if deleted:
        assert sum((expected - rows).values()) == deleted
        assert not rows - expected
    else:
        assert rows == expected
    assert info.rows == rows.total() == expected.total() - deleted
    kind = "exact, but deleted rows" if deleted else "exact"
    report.append(f"{path.name:44} v{info.version:<3} {info.rows:>5} rows  {kind}")


def test_deletion_vectors_delete_the_right_rows(houses: dict[Path, Lakehouse]) -> None:
    house = houses[DATA / "delta_tables"]
    found = house.query('SELECT value FROM "table-with-dv-small" ORDER BY value').rows
    assert [row["value"] for row in found] == list(range(1, 9))


def test_retail_tables_hold_the_documents(houses: dict[Path, Lakehouse]) -> None:
    house = houses[DATA / "tau2_retail" / "lakehouse"]
    documents = json.loads((DATA / "tau2_retail" / "db.json").read_text())
    orders = house.query("SELECT order_id, user_id, status FROM orders").rows
    assert len(orders) == len(documents["orders"])
    for row in orders:
        document = documents["orders"][row["order_id"]]
        assert (row["user_id"], row["status"]) == (document["user_id"], document["status"])
