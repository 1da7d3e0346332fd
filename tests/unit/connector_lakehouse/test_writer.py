from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from compound.connector.lakehouse import AppTransaction, write_table
from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.errors import ConnectorError

Rows = list[dict[str, JsonValue]]
ROWS: Rows = [{"id": 1, "kind": "a", "tags": ["x"]}, {"id": 2, "kind": "b", "tags": None}]


def test_records_come_back(tmp_path: Path) -> None:
    done = write_table(tmp_path / "lake", "t", ROWS, mode="create", partition_by=["kind"], run_id="r1", graph_hash="g1")
    assert (done.version, done.committed) == (0, True)
    assert (tmp_path / "lake" / "t" / "kind=a").is_dir()
    commit = DeltaTable(tmp_path / "lake" / "t").history(1)[0]
    assert (commit["run_id"], commit["graph_hash"]) == ("r1", "g1")
    write_table(tmp_path / "lake", "t", [{"id": 3, "kind": "a", "tags": []}])
    with Lakehouse.open(tmp_path / "lake", cache_dir=tmp_path / "cache") as house:
        assert house.query("SELECT id, kind, tags FROM t ORDER BY id").rows == [
            *ROWS,
            {"id": 3, "kind": "a", "tags": []},
        ]


def test_a_transaction_is_committed_once(tmp_path: Path) -> None:
    for version, committed in ((1, True), (1, False), (2, True), (1, False)):
        once = AppTransaction(app_id="sink", version=version)
        assert write_table(tmp_path, "t", ROWS, app_transaction=once).committed is committed
    other = AppTransaction(app_id="other", version=1)
    assert write_table(tmp_path, "t", ROWS, app_transaction=other).committed
    assert DeltaTable(tmp_path / "t").count() == 6


def test_modes_and_schemas(tmp_path: Path) -> None:
    write_table(tmp_path, "t", [], schema={"at": "DATE", "amount": "DECIMAL(10,2)"})
    write_table(tmp_path, "t", [{"at": "2026-01-31", "amount": 1.25}], schema={"at": "DATE", "amount": "DECIMAL(10,2)"})
    assert DeltaTable(tmp_path / "t").count() == 1
    with pytest.raises(ConnectorError) as caught:
        write_table(tmp_path, "t", ROWS, mode="create")
    assert caught.value.code == "lakehouse.exists"
    only = duckdb.connect().sql("SELECT 1 AS only")
    assert only is not None
    write_table(tmp_path, "t", only, mode="overwrite")
    assert [field.name for field in DeltaTable(tmp_path / "t").schema().fields] == ["only"]


@pytest.mark.parametrize(
    ("rows", "schema", "code"),
    [
        ([], None, "lakehouse.no-columns"),
        ([{"a": 1}], {"b": "BIGINT"}, "lakehouse.write-failed"),
        ([{"a": "x"}], {"a": "BIGINT"}, "lakehouse.write-failed"),
        ([{"zzz": 1}], None, "lakehouse.write-failed"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, rows: Rows, schema: dict[str, str] | None, code: str) -> None:
    write_table(tmp_path, "t", ROWS)
    with pytest.raises(ConnectorError) as caught:
        write_table(tmp_path, "t", rows, schema=schema)
    assert caught.value.code == code
    assert DeltaTable(tmp_path / "t").version() == 0


RECORD = st.fixed_dictionaries(
    {
        "whole": st.none() | st.integers(-(2**62), 2**62),
        "text": st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
        "truth": st.none() | st.booleans(),
    }
)
SCHEMA = {"whole": "BIGINT", "text": "VARCHAR", "truth": "BOOLEAN"}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(RECORD, min_size=1, max_size=5))
def test_any_records_come_back(tmp_path_factory: pytest.TempPathFactory, rows: Rows) -> None:
    folder = tmp_path_factory.mktemp("any")
    write_table(folder / "lake", "t", rows, schema=SCHEMA)
    with Lakehouse.open(folder / "lake", cache_dir=folder / "cache") as house:
        found = house.query("SELECT whole, text, truth FROM t").rows
        columns = list(SCHEMA)
        assert sorted(repr([row[key] for key in columns]) for row in found) == sorted(
            repr([row[key] for key in columns]) for row in rows
        )
