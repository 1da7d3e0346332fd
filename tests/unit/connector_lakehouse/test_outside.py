"""What lies outside of the lakehouse is not read, whatever a link or a table's log says, unless its folder is allowed."""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from compound.connector.lakehouse import write_table
from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.errors import ConnectorError

SCHEMA = {"type": "struct", "fields": [{"name": "a", "type": "integer", "nullable": True, "metadata": {}}]}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file outside."""
    folder = tmp_path / "out side"
    folder.mkdir()
    duckdb.sql(f"COPY (SELECT 42::INTEGER AS a) TO '{folder}/secret.parquet'")
    return folder / "secret.parquet"


def commit(table: Path, *actions: dict[str, Any], version: int = 0) -> None:
    log = table / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    (log / f"{version:020}.json").write_text("\n".join(map(json.dumps, actions)))


def head(*features: str) -> list[dict[str, Any]]:
    protocol: dict[str, Any] = {"minReaderVersion": 1, "minWriterVersion": 2}
    if features:
        protocol = {"minReaderVersion": 3, "minWriterVersion": 7}
        protocol |= {"readerFeatures": [*features], "writerFeatures": [*features]}
    form = {"provider": "parquet", "options": {}}
    meta = {"id": "5fba94ed", "format": form, "schemaString": json.dumps(SCHEMA), "partitionColumns": []}
    return [{"protocol": protocol}, {"metaData": {**meta, "configuration": {}}}]


def add(path: str, file: Path, **more: Any) -> dict[str, Any]:
    size = file.stat().st_size
    return {
        "add": {"path": path, "partitionValues": {}, "size": size, "modificationTime": 1, "dataChange": True, **more}
    }


def absolute(secret: Path) -> str:
    return str(secret)


def url(secret: Path) -> str:
    return secret.as_uri()


def localhost(secret: Path) -> str:
    return secret.as_uri().replace("file://", "file://localhost")


def dots(secret: Path) -> str:
    return f"../../{secret.parent.name}/{secret.name}"


def encoded(secret: Path) -> str:
    return f"%2e%2e/%2E%2e/out%20side/{secret.name}"


def through(secret: Path) -> str:
    return f"x/../../../{secret.parent.name}/{secret.name}"


def web(secret: Path) -> str:
    return f"s3://bucket/{secret.name}"


SPELLINGS: list[Callable[[Path], str]] = [absolute, url, localhost, dots, encoded, through, web]


def refused(root: Path, **more: Any) -> ConnectorError:
    with Lakehouse.open(root, cache_dir=root.parent / "cache", **more) as house:
        with pytest.raises(ConnectorError) as caught:
            house.table("t")
        assert "t" not in house.tables()
    assert caught.value.code == "lakehouse.outside", caught.value
    assert "allow_folders" in caught.value.fix
    return caught.value


def value(root: Path, **more: Any) -> object:
    with Lakehouse.open(root, cache_dir=root.parent / "cache", **more) as house:
        return house.query("SELECT min(a) AS a FROM t").rows[0]["a"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_log_does_not_name_files_elsewhere(tmp_path: Path, secret: Path, spelling: Callable[[Path], str]) -> None:
    commit(tmp_path / "lake/t", *head(), add(spelling(secret), secret))
    refused(tmp_path / "lake")


@pytest.mark.parametrize("spelling", [absolute, dots])
def test_a_checkpoint_does_not_either(tmp_path: Path, secret: Path, spelling: Callable[[Path], str]) -> None:
    table = tmp_path / "lake/t"
    commit(table, *head(), add(spelling(secret), secret))
    DeltaTable(table).create_checkpoint()
    (table / "_delta_log" / f"{0:020}.json").unlink()
    refused(tmp_path / "lake")


def test_a_sidecar_of_a_checkpoint_does_not_either(tmp_path: Path, secret: Path) -> None:
    table = tmp_path / "lake/t"
    commit(table, *head("v2Checkpoint"))
    log = table / "_delta_log"
    struct_of = (
        "{'path': '"
        + str(secret)
        + "', 'partitionValues': MAP {}::MAP(VARCHAR, VARCHAR), 'size': 1::BIGINT, 'modificationTime': 1::BIGINT, 'dataChange': true}"
    )
    (log / "_sidecars").mkdir()
    duckdb.sql(f"COPY (SELECT {struct_of} AS add) TO '{log}/_sidecars/side.parquet'")
    size = (log / "_sidecars/side.parquet").stat().st_size
    named = {"path": "side.parquet", "sizeInBytes": size, "modificationTime": 1}
    actions = [*head("v2Checkpoint"), {"checkpointMetadata": {"version": 0}}, {"sidecar": named}]
    file = log / f"{0:020}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json"
    file.write_text("\n".join(map(json.dumps, actions)))
    with (
        Lakehouse.open(tmp_path / "lake", cache_dir=tmp_path / "cache") as house,
        pytest.raises(ConnectorError) as caught,
    ):
        house.table("t")
    assert caught.value.code in ("lakehouse.outside", "lakehouse.unreadable")


def test_a_deletion_vector_lies_inside(tmp_path: Path, secret: Path) -> None:
    table = tmp_path / "lake/t"
    table.mkdir(parents=True)
    duckdb.sql(f"COPY (SELECT unnest([1, 2])::INTEGER AS a) TO '{table}/p.parquet'")
    bitmap = struct.pack("<IQ", 1681511377, 0)
    data = struct.pack(">I", len(bitmap)) + bitmap + struct.pack(">I", zlib.crc32(bitmap))
    (secret.parent / "dv.bin").write_bytes(b"\x01" + data)
    vector = {
        "storageType": "p",
        "pathOrInlineDv": str(secret.parent / "dv.bin"),
        "offset": 1,
        "sizeInBytes": len(bitmap),
        "cardinality": 0,
    }
    commit(table, *head("deletionVectors"), add("p.parquet", table / "p.parquet", deletionVector=vector))
    refused(tmp_path / "lake")


@pytest.mark.parametrize("spelling", [absolute, dots])
def test_a_folder_that_is_allowed_is_read(tmp_path: Path, secret: Path, spelling: Callable[[Path], str]) -> None:
    commit(tmp_path / "lake/t", *head(), add(spelling(secret), secret))
    assert value(tmp_path / "lake", allow_folders=[secret.parent]) == 42
    refused(tmp_path / "lake", allow_folders=[tmp_path / "lake/t"])
    # Also after a copy was made while it was allowed.
    refused(tmp_path / "lake")


def test_a_file_that_was_removed_from_the_log_is_not_read(tmp_path: Path, secret: Path) -> None:
    table = tmp_path / "lake/t"
    commit(table, *head(), add(str(secret), secret))
    duckdb.sql(f"COPY (SELECT 7::INTEGER AS a) TO '{table}/p.parquet'")
    gone = {"remove": {"path": str(secret), "deletionTimestamp": 2, "dataChange": True}}
    commit(table, gone, add("p.parquet", table / "p.parquet"), version=1)
    assert value(tmp_path / "lake") == 7


def test_links_out_of_the_lakehouse_are_refused(tmp_path: Path, secret: Path) -> None:
    inside = tmp_path / "lake"
    inside.mkdir()
    elsewhere = tmp_path / "elsewhere"
    write_table(elsewhere, "t", [{"a": 1}])
    with duckdb.connect(str(elsewhere / "db.duckdb")) as db:
        db.execute("CREATE TABLE t AS SELECT 1 AS a")

    def link(name: str, target: Path) -> Path:
        path = inside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
        return path

    for name, target in [
        ("t", elsewhere / "t"),
        ("t.parquet", secret),
        ("t/p.parquet", secret),
        ("t/day=1", secret.parent),
        ("t/_delta_log", elsewhere / "t/_delta_log"),
    ]:
        made = link(name, target)
        refused(inside)
        assert isinstance(value(inside, allow_folders=[secret.parent, elsewhere]), int) or name.endswith("_log")
        made.unlink()
        if (inside / "t").is_dir():
            os.rmdir(inside / "t")
    link("db.duckdb", elsewhere / "db.duckdb")
    with Lakehouse.open(inside, cache_dir=tmp_path / "cache") as house:
        assert house.broken["db"].code == "lakehouse.outside"


def test_a_data_file_that_is_a_link_is_refused(tmp_path: Path, secret: Path) -> None:
    table = tmp_path / "lake/t"
    table.mkdir(parents=True)
    (table / "p.parquet").symlink_to(secret)
    commit(table, *head(), add("p.parquet", secret))
    refused(tmp_path / "lake")


def test_links_inside_are_fine_and_the_folder_itself_may_be_one(tmp_path: Path) -> None:
    write_table(tmp_path / "real", "other", [{"a": 3}])
    (tmp_path / "real/t").symlink_to(tmp_path / "real/other")
    (tmp_path / "lake").symlink_to(tmp_path / "real")
    assert value(tmp_path / "lake") == 3
