"""Folders of other table formats are refused with a reason: their Parquet files are not their rows."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.errors import ConnectorError

MARKS = {
    "iceberg": ("metadata/v1.metadata.json", "metadata/version-hint.text"),
    "iceberg of a catalogue": ("metadata/00001-5fba94ed.metadata.json",),
    "iceberg in a schema": ("orders/metadata/v3.metadata.json",),
    "hudi": (".hoodie/hoodie.properties",),
    "hudi in a schema": ("sales/orders/.hoodie/hoodie.properties",),
    "paimon": ("snapshot/LATEST", "schema/schema-0", "manifest/manifest-0"),
    "spark": ("_spark_metadata/0",),
}
SAYS = {"iceberg": "Apache Iceberg", "hudi": "Apache Hudi", "paimon": "Apache Paimon", "spark": "Spark streaming"}


def parquet(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    duckdb.sql(f"COPY (SELECT 1 AS a) TO '{file}'")


@pytest.mark.parametrize("name", MARKS)
@pytest.mark.parametrize("has_data", [True, False])
def test_a_folder_of_another_format_is_no_plain_parquet(tmp_path: Path, name: str, has_data: bool) -> None:
    root = tmp_path / "lake"
    for mark in MARKS[name]:
        (root / "t" / mark).parent.mkdir(parents=True, exist_ok=True)
        (root / "t" / mark).write_text("{}")
    if has_data:
        parquet(root / "t/data/part-0.parquet")
    parquet(root / "good.parquet")
    with Lakehouse.open(root, cache_dir=tmp_path / "cache") as house:
        assert list(house.tables()) == ["good"]
        with pytest.raises(ConnectorError) as caught:
            house.table("t")
    assert caught.value.code == "lakehouse.format"
    assert SAYS[name.split(maxsplit=1)[0]] in caught.value.what
    assert caught.value.fix


def test_the_whole_folder_may_be_one_such_table(tmp_path: Path) -> None:
    root = tmp_path / "orders"
    parquet(root / "data/part-0.parquet")
    (root / "metadata").mkdir()
    (root / "metadata/v1.metadata.json").write_text("{}")
    with Lakehouse.open(root, cache_dir=tmp_path / "cache") as house:
        assert house.tables() == {}
        with pytest.raises(ConnectorError, match="Apache Iceberg"):
            house.table("orders")


def test_a_plain_folder_named_like_one_is_plain(tmp_path: Path) -> None:
    parquet(tmp_path / "lake/t/metadata/part-0.parquet")
    parquet(tmp_path / "lake/t/snapshot/part-0.parquet")
    with Lakehouse.open(tmp_path / "lake", cache_dir=tmp_path / "cache") as house:
        assert house.query("SELECT count(*) AS n FROM t").rows == [{"n": 2}]
