"""Delta tables written by hand or by the writer: features, broken logs, time travel."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from compound.connector.lakehouse import write_table
from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.errors import ConnectorError


def _log(table: Path, version: int, *actions: dict[str, Any]) -> Path:
    folder = table / "_delta_log"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{version:020}.json"
    file.write_text("".join(json.dumps(action) + "\n" for action in actions))
    return file


def _field(name: str, kind: str, *, nullable: bool = True, **metadata: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "nullable": nullable, "metadata": metadata}


def _metadata(fields: list[dict[str, Any]], **configuration: str) -> dict[str, Any]:
    return {
        "metaData": {
            "id": "5fba94ed-9794-4965-ba6e-6ee3c0d22af9",
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps({"type": "struct", "fields": fields}),
            "partitionColumns": [],
            "configuration": configuration,
            "createdTime": 1,
        }
    }


def _protocol(*features: str) -> dict[str, Any]:
    version = {"minReaderVersion": 1, "minWriterVersion": 2}
    if features:
        version = {"minReaderVersion": 3, "minWriterVersion": 7}
        return {"protocol": {**version, "readerFeatures": [*features], "writerFeatures": [*features]}}
    return {"protocol": version}


def _add(table: Path, select: str, *, rows: int | None = None) -> dict[str, Any]:
    table.mkdir(parents=True, exist_ok=True)
    file = table / "part-0.parquet"
    duckdb.connect().execute(f"COPY ({select}) TO '{file}'")
    add: dict[str, Any] = {
        "path": file.name,
        "partitionValues": {},
        "size": file.stat().st_size,
        "modificationTime": 1,
        "dataChange": True,
    }
    if rows is not None:
        add["stats"] = json.dumps({"numRecords": rows})
    return {"add": add}


def _refused(root: Path, cache: Path) -> ConnectorError:
    with Lakehouse.open(root, cache_dir=cache) as house, pytest.raises(ConnectorError) as caught:
        house.table("t")
    assert "'t'" in caught.value.what
    return caught.value


def test_column_mapping_reads_by_physical_name(tmp_path: Path) -> None:
    table = tmp_path / "lake" / "t"
    mapped: dict[str, Any] = {"delta.columnMapping.id": 1, "delta.columnMapping.physicalName": "col-a"}
    fields = [_field("amount", "integer", **mapped)]
    add = _add(table, 'SELECT 7::INTEGER AS "col-a"', rows=1)
    config = {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "1"}
    _log(table, 0, _protocol("columnMapping"), _metadata(fields, **config), add)
    with Lakehouse.open(tmp_path / "lake", cache_dir=tmp_path / "cache") as house:
        assert house.query("SELECT amount FROM t").rows == [{"amount": 7}]


def test_time_without_zone(tmp_path: Path) -> None:
    table = tmp_path / "lake" / "t"
    add = _add(table, "SELECT TIMESTAMP '2026-01-02 03:04:05' AS moment", rows=1)
    _log(table, 0, _protocol("timestampNtz"), _metadata([_field("moment", "timestamp_ntz")]), add)
    with Lakehouse.open(tmp_path / "lake", cache_dir=tmp_path / "cache") as house:
        assert house.query("SELECT moment FROM t").rows == [{"moment": "2026-01-02T03:04:05"}]


@pytest.mark.parametrize("feature", ["typeWidening", "catalogManaged", "madeUp"])
def test_features_that_were_not_tried_are_refused(tmp_path: Path, feature: str) -> None:
    table = tmp_path / "lake" / "t"
    add = _add(table, "SELECT 7::INTEGER AS a")
    _log(table, 0, _protocol(feature), _metadata([_field("a", "integer")]), add)
    error = _refused(tmp_path / "lake", tmp_path / "cache")
    assert error.code == "lakehouse.delta-feature"
    assert feature in error.what or "feature" in error.what.lower()
    assert error.fix


def test_rows_that_the_log_does_not_speak_of_are_refused(tmp_path: Path) -> None:
    table = tmp_path / "lake" / "t"
    add = _add(table, "SELECT 7::INTEGER AS a", rows=2)
    _log(table, 0, _protocol(), _metadata([_field("a", "integer")]), add)
    assert _refused(tmp_path / "lake", tmp_path / "cache").code == "lakehouse.inexact"


def test_null_in_a_required_column_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "lake" / "t"
    add = _add(table, "SELECT NULL::INTEGER AS a")
    _log(table, 0, _protocol(), _metadata([_field("a", "integer", nullable=False)]), add)
    assert _refused(tmp_path / "lake", tmp_path / "cache").code in ("lakehouse.inexact", "lakehouse.unreadable")


def _gap(log: Path) -> None:
    (log / f"{1:020}.json").unlink()


def _first_gone(log: Path) -> None:
    (log / f"{0:020}.json").unlink()


def _cut(log: Path) -> None:
    file = log / f"{2:020}.json"
    file.write_text(file.read_text()[:40])


def _garbage(log: Path) -> None:
    (log / f"{2:020}.json").write_bytes(b"\xff\x00 no json")


def _emptied(log: Path) -> None:
    for file in log.iterdir():
        file.unlink()


def _data_gone(log: Path) -> None:
    next(log.parent.glob("*.parquet")).unlink()


def _data_cut(log: Path) -> None:
    file = next(log.parent.glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-20])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "lake"
    for name in ("t", "whole"):
        for n in range(3):
            write_table(folder, name, [{"n": n}])
    return folder


@pytest.mark.parametrize("harm", [_gap, _first_gone, _cut, _garbage, _emptied, _data_gone, _data_cut])
def test_a_broken_table_is_refused_and_the_others_are_read(
    made: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    lake = Path(shutil.copytree(made, tmp_path / "lake"))
    harm(lake / "t" / "_delta_log")
    error = _refused(lake, tmp_path / "cache")
    assert error.code.startswith("lakehouse.")
    assert error.fix
    with Lakehouse.open(lake, cache_dir=tmp_path / "cache") as house:
        assert house.query("SELECT count(*) AS n FROM whole").rows == [{"n": 3}]
        assert list(house.broken) == ["t"]


def test_time_travel_reads_the_version_asked_for(made: Path, tmp_path: Path) -> None:
    lake = made
    with Lakehouse.open(lake, cache_dir=tmp_path / "cache", versions={"t": 1}) as house:
        assert house.query("SELECT n FROM t ORDER BY n").rows == [{"n": 0}, {"n": 1}]
        assert house.table("t").version == 1
        assert house.pin() is house
    with Lakehouse.open(lake, cache_dir=tmp_path / "cache", versions={"t": 9}) as house:
        with pytest.raises(ConnectorError) as caught:
            house.table("t")
        assert caught.value.code == "lakehouse.delta-version"
