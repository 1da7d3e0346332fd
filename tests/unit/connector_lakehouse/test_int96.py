"""INT96 timestamps, which Spark writes: every year is read as it is written, in Delta tables and in plain Parquet."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.errors import ConnectorError
from tests.support.data.int96 import write_int96

MOMENTS = [
    datetime.fromisoformat(text)
    for text in (
        "9999-12-31T23:59:59.999999",
        "2262-04-12T00:00:00",
        "2024-05-06T07:08:09.123456",
        "1677-09-20T00:00:00",
        "1600-02-29T01:02:03",
        "0001-01-01T00:00:00",
    )
]
IDS = range(len(MOMENTS))


def delta(table: Path, kind: object, add: dict[str, Any], **more: Any) -> None:
    fields = [("id", "long"), ("s" if isinstance(kind, dict) else "at", kind)]
    schema = {"type": "struct", "fields": [{"name": n, "type": k, "nullable": True, "metadata": {}} for n, k in fields]}
    actions = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {
            "metaData": {
                "id": "5fba94ed-9794-4965-ba6e-6ee3c0d22af9",
                "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps(schema),
                "partitionColumns": [],
                "configuration": {},
            }
        },
        {"add": {"path": "p.parquet", "partitionValues": {}, "modificationTime": 1, "dataChange": True, **add, **more}},
    ]
    log = table / "_delta_log" / f"{0:020}.json"
    log.parent.mkdir(parents=True)
    log.write_text("\n".join(map(json.dumps, actions)))


def test_a_delta_table_holds_every_year(tmp_path: Path) -> None:
    size = write_int96(tmp_path / "t/events/p.parquet", IDS, MOMENTS)
    delta(tmp_path / "t/events", "timestamp", {"size": size})
    with Lakehouse.open(tmp_path / "t", cache_dir=tmp_path / "c") as house:
        rows = house.query("SELECT e.at FROM events AS e ORDER BY id").rows
    assert [row["at"] for row in rows] == [f"{moment.isoformat()}+00:00" for moment in MOMENTS]


def test_a_timestamp_in_a_struct_does_too(tmp_path: Path) -> None:
    size = write_int96(tmp_path / "t/events/p.parquet", IDS, MOMENTS, inside="s")
    kind = {"type": "struct", "fields": [{"name": "at", "type": "timestamp", "nullable": True, "metadata": {}}]}
    delta(tmp_path / "t/events", kind, {"size": size})
    with Lakehouse.open(tmp_path / "t", cache_dir=tmp_path / "c") as house:
        rows = house.query("SELECT s FROM events ORDER BY id").rows
    assert [row["s"] for row in rows] == [{"at": f"{moment.isoformat()}+00:00"} for moment in MOMENTS]


def test_plain_parquet_holds_every_year(tmp_path: Path) -> None:
    write_int96(tmp_path / "t/events.parquet", IDS, MOMENTS)
    with Lakehouse.open(tmp_path / "t", cache_dir=tmp_path / "c") as house:
        rows = house.query("SELECT e.at FROM events AS e ORDER BY id").rows
    assert [row["at"] for row in rows] == [moment.isoformat() for moment in MOMENTS]


@pytest.mark.parametrize(
    ("low", "high", "holds"),
    [
        ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", True),
        ("0001-01-01T00:00:00.000Z", "2300-01-01T00:00:00.000Z", False),
        ("1600-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", False),
    ],
)
def test_what_was_read_lies_within_the_bounds_of_the_log(tmp_path: Path, low: str, high: str, holds: bool) -> None:
    size = write_int96(tmp_path / "t/events/p.parquet", IDS, MOMENTS)
    stats = {"numRecords": len(MOMENTS), "minValues": {"at": low, "id": 0}, "maxValues": {"at": high, "id": 5}}
    delta(
        tmp_path / "t/events", "timestamp", {"size": size}, stats=json.dumps({**stats, "nullCount": {"at": 0, "id": 0}})
    )
    with Lakehouse.open(tmp_path / "t", cache_dir=tmp_path / "c") as house:
        if holds:
            assert house.table("events").rows == len(MOMENTS)
            return
        with pytest.raises(ConnectorError, match=r"'at' lie outside of the bounds") as caught:
            house.table("events")
    assert caught.value.code == "lakehouse.inexact"


def test_bounds_of_numbers_and_dates_are_held_too(tmp_path: Path) -> None:
    table = tmp_path / "t/events"
    table.mkdir(parents=True)
    duckdb.sql(f"COPY (SELECT 7::BIGINT AS id, DATE '2024-01-01' AS at) TO '{table}/p.parquet'")
    size = (table / "p.parquet").stat().st_size
    stats = {"numRecords": 1, "minValues": {"id": 1}, "maxValues": {"id": 6}, "nullCount": {"id": 0}}
    delta(table, "date", {"size": size}, stats=json.dumps(stats))
    with (
        Lakehouse.open(tmp_path / "t", cache_dir=tmp_path / "c") as house,
        pytest.raises(ConnectorError, match="lie outside"),
    ):
        house.table("events")
