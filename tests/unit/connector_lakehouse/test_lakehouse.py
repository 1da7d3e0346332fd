from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from pydantic import JsonValue

from compound.connector.lakehouse import write_table
from compound.connector.lakehouse.service.lakehouse import Lakehouse
from compound.connector.lakehouse.value.types import CustomerKey, Limits, TableOptions
from compound.errors import ConnectorError, ProjectError

Rows = list[dict[str, JsonValue]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a warm cache beside it; tests work on copies."""
    folder = tmp_path_factory.mktemp("made") / "lake"
    rows: Rows = [{"order_id": f"o{n}", "user_id": f"u{n % 5}", "total": n + 0.5} for n in range(50)]
    write_table(folder, "orders", rows)
    connection = duckdb.connect()
    (folder / "stock").mkdir()
    for number in (1, 2):
        part = folder / "stock" / f"zip=0{number}000"
        part.mkdir()
        connection.execute(f"COPY (SELECT {number} AS n) TO '{part}/part.parquet'")
    connection.execute(f"COPY (SELECT 'x' AS word) TO '{folder}/words.parquet'")
    connection.execute(f"ATTACH '{folder}/extra.duckdb' AS e")
    connection.execute("CREATE TABLE e.notes AS SELECT 1 AS id, 'hello' AS text")
    connection.close()
    (folder / "README.md").write_text("no table")
    return folder


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "lake"))


@pytest.fixture(scope="module")
def house(made: Path) -> Iterator[Lakehouse]:
    with _open(made) as opened:
        yield opened


def _open(lake: Path, **options: TableOptions) -> Lakehouse:
    return Lakehouse.open(lake, cache_dir=lake.parent / "cache", tables=options)


def test_every_format_is_a_table(house: Lakehouse) -> None:
    assert {name: info.format for name, info in house.tables().items()} == {
        "orders": "delta",
        "stock": "parquet",
        "words": "parquet",
        "notes": "duckdb",
    }
    assert house.query("SELECT zip, n FROM stock ORDER BY n").rows[0] == {"zip": "01000", "n": 1}
    assert house.query("SELECT text FROM notes").rows == [{"text": "hello"}]
    info = house.table("ORDERS")
    assert (info.version, info.rows, len(info.table_id)) == (0, 50, 36)
    assert info.pin().keys() == {"uri", "format", "version", "snapshot_ts"}


def test_a_result_says_what_was_read(house: Lakehouse) -> None:
    up = house.query("SELECT order_id, total FROM orders WHERE user_id = $u ORDER BY total", {"u": "u1"})
    down = house.query("SELECT order_id, total FROM orders WHERE user_id = $u ORDER BY total DESC", {"u": "u1"})
    assert up.versions == {"orders": 0}
    assert up.rows == down.rows[::-1]
    assert up.result_hash == down.result_hash
    assert up.fingerprint != down.fingerprint
    other = house.query("SELECT order_id, total FROM orders WHERE user_id = $u", {"u": "u2"})
    assert other.result_hash != up.result_hash


def test_pins_hold_until_pin_is_called(lake: Path) -> None:
    with _open(lake) as house:
        write_table(lake, "orders", [{"order_id": "new", "user_id": "u1", "total": 1.0}])
        assert house.query("SELECT count(*) AS n FROM orders").rows == [{"n": 50}]
        with house.pin() as newer:
            assert newer is not house
            assert newer.query("SELECT count(*) AS n FROM orders").rows == [{"n": 51}]
            assert newer.table("orders").version == 1
            assert newer.table("orders").table_id == house.table("orders").table_id
            assert newer.pin() is newer
        assert house.query("SELECT count(*) AS n FROM orders").rows == [{"n": 50}]


def test_a_new_table_is_seen_by_pin(lake: Path) -> None:
    with _open(lake) as house:
        write_table(lake, "more", [{"a": 1}])
        with house.pin() as newer:
            assert "more" in newer.tables()


def test_missing_things_are_named(lake: Path) -> None:
    with pytest.raises(ConnectorError) as caught:
        Lakehouse.open(lake / "nowhere", cache_dir=lake.parent / "cache")
    assert caught.value.code == "lakehouse.missing"
    with pytest.raises(ConnectorError, match="orderz") as caught:
        _open(lake, orderz=TableOptions())
    assert "orders" in caught.value.fix
    with _open(lake) as house:
        with pytest.raises(ConnectorError) as caught:
            house.table("order")
        assert caught.value.code == "lakehouse.missing-table"
        with pytest.raises(ProjectError) as bad:
            house.query("SELECT nothing FROM orders")
        assert bad.value.code == "sql.bind"
        assert "order_id" in bad.value.fix
        with pytest.raises(ProjectError) as bad:
            house.query("SELECT a.total, b.total FROM orders a, orders b")
        assert bad.value.code == "sql.duplicate-column"
    with pytest.raises(ConnectorError) as caught:
        house.query("SELECT 1 AS one")
    assert caught.value.code == "lakehouse.closed"


def test_hidden_and_mistyped_columns(lake: Path) -> None:
    with _open(lake, orders=TableOptions(hide=("total",))) as house:
        assert [column.name for column in house.table("orders").schema] == ["order_id", "user_id"]
    with _open(lake, orders=TableOptions(hide=("totl",))) as house:
        with pytest.raises(ConnectorError) as caught:
            house.table("orders")
        assert caught.value.code == "lakehouse.unknown-column"


def test_snapshots_are_sorted_by_the_customer_key(lake: Path) -> None:
    key = TableOptions(customer_key=CustomerKey(column="user_id"))
    with _open(lake, orders=key) as house:
        users = [row["user_id"] for row in house.query("SELECT user_id FROM orders").rows]
        assert users == sorted(users, key=str)


def test_two_tables_of_one_name_are_refused(lake: Path) -> None:
    write_table(lake, "Words", [{"a": 1}])
    with pytest.raises(ConnectorError) as caught:
        _open(lake)
    assert caught.value.code == "lakehouse.same-name"


def test_limits_cap_rows_cells_and_bytes(house: Lakehouse) -> None:
    few = house.query("SELECT order_id FROM orders ORDER BY total", limits=Limits(rows=3))
    assert ([row["order_id"] for row in few.rows], few.truncated) == (["o0", "o1", "o2"], True)
    fit = house.query("SELECT order_id FROM orders LIMIT 3", limits=Limits(rows=3))
    assert (len(fit.rows), fit.truncated) == (3, False)
    own = house.query("SELECT order_id FROM orders LIMIT 30", limits=Limits(rows=3))
    assert (len(own.rows), own.truncated) == (3, True)
    assert house.query("SELECT 1 AS one").rows == [{"one": 1}]
    cell = house.query("SELECT repeat('ä', 900) AS word", limits=Limits(cell_chars=10))
    assert (cell.rows, cell.truncated) == ([{"word": "ä" * 9 + "…"}], True)
    small = house.query("SELECT repeat('x', 90) AS word FROM orders", limits=Limits(bytes=1_000))
    assert (len(small.rows), small.truncated) == (9, True)  # `{"word":"xxx"},` has 102 bytes


VALUES: dict[str, tuple[str, JsonValue]] = {
    "BIGINT": ("9007199254740993", 9007199254740993),
    "HUGEINT": ("9::HUGEINT", 9),
    "large HUGEINT": ("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"),
    "DOUBLE": ("1.5::DOUBLE", 1.5),
    "not a number": ("'nan'::DOUBLE", "NaN"),
    "infinity": ("'inf'::FLOAT", "Infinity"),
    "short decimal": ("12.30::DECIMAL(10,2)", 12.3),
    "long decimal": ("12.30::DECIMAL(30,2)", "12.30"),
    "DATE": ("DATE '2026-01-31'", "2026-01-31"),
    "TIMESTAMP": ("TIMESTAMP '2026-01-31 10:00:00.5'", "2026-01-31T10:00:00.500000"),
    "TIMESTAMPTZ": ("TIMESTAMPTZ '2026-01-31 10:00:00+02'", "2026-01-31T08:00:00+00:00"),
    "TIME": ("TIME '10:00:00'", "10:00:00"),
    "UUID": ("'5fba94ed-9794-4965-ba6e-6ee3c0d22af9'::UUID", "5fba94ed-9794-4965-ba6e-6ee3c0d22af9"),
    "BLOB": ("'ab'::BLOB", "YWI="),
    "LIST": ("[1, NULL]", [1, None]),
    "STRUCT": ("{'a': TIMESTAMPTZ '2026-01-31 10:00:00+00', 'b': [1.5::DOUBLE]}", {"a": None, "b": [1.5]}),
    "MAP": ("map {'k': 1}", {"k": 1}),
    "NULL": ("NULL", None),
    "BOOLEAN": ("true", True),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_are_json(name: str, house: Lakehouse) -> None:
    sql, expected = VALUES[name]
    found = house.query(f"SELECT {sql} AS v, i FROM range(3) AS t(i) ORDER BY i DESC")
    value = found.rows[0]["v"]
    if name == "STRUCT":
        assert isinstance(value, dict)
        assert str(value["a"]).startswith("2026-01-31T10:00:00")
        value["a"] = None
    assert value == expected
    assert [row["i"] for row in found.rows] == [2, 1, 0]


def test_where_means_the_column_and_not_an_alias_of_its_name(house: Lakehouse) -> None:
    """The customer proof relies on it."""
    sql = "SELECT 'u1' AS user_id, order_id FROM orders WHERE user_id = $u"
    assert house.query(sql, {"u": "u1"}, limits=Limits(rows=100)).rows == [
        {"user_id": "u1", "order_id": f"o{n}"} for n in range(1, 50, 5)
    ]


def _truncate(folder: Path) -> None:
    file = folder / "table.duckdb"
    file.write_bytes(file.read_bytes()[:5_000])


def _flip(folder: Path) -> None:
    file = folder / "table.duckdb"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(bytes(content))


def _no_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def _bad_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"table": {}}')


def _no_file(folder: Path) -> None:
    (folder / "table.duckdb").unlink()


def _bad_catalog(folder: Path) -> None:
    for file in folder.parent.glob("catalog-*.duckdb"):
        file.write_bytes(b"no database")


@pytest.mark.parametrize("harm", [_truncate, _flip, _no_manifest, _bad_manifest, _no_file, _bad_catalog])
def test_a_damaged_cache_is_built_again(lake: Path, harm: Callable[[Path], None]) -> None:
    with _open(lake):
        pass
    harm(next((lake.parent / "cache").glob("orders-*")))
    with _open(lake) as house:
        assert house.query("SELECT count(*) AS n, sum(total) AS t FROM orders").rows == [{"n": 50, "t": 1250.0}]


def test_a_cache_that_cannot_be_written_is_named(lake: Path) -> None:
    (lake.parent / "cache").write_text("a file stands here")
    with pytest.raises((ConnectorError, FileExistsError)):
        _open(lake)


def test_threads_share_it(house: Lakehouse) -> None:
    barrier = threading.Barrier(6)

    def ask(number: int) -> int:
        barrier.wait()
        user = f"u{number % 5}"
        return sum(
            len(house.query("SELECT user_id FROM orders WHERE user_id = $u", {"u": user}).rows) for _ in range(20)
        )

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, range(6))) == [200] * 6


ASK = """
import sys
from compound.connector.lakehouse.service.lakehouse import Lakehouse
with Lakehouse.open(sys.argv[1], cache_dir=sys.argv[2]) as house:
    sys.stdout.write(str(house.query("SELECT count(*) AS n FROM orders").rows[0]["n"]))
"""


def test_processes_build_and_share_one_cache(lake: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", ASK, str(lake), str(lake.parent / "cache")]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    assert [process.communicate(timeout=60) for process in running] == [("50", "")] * 2
    left = [path.name for path in (lake.parent / "cache").iterdir() if path.name.startswith(".")]
    assert left == []


def test_keys_of_customers_compare_exactly_whatever_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    with duckdb.connect(str(tmp_path / "t/shop.duckdb")) as db:
        db.execute("CREATE TABLE orders (user_id VARCHAR COLLATE NOCASE, n INTEGER)")
        db.execute("INSERT INTO orders VALUES ('ann', 1), ('ANN', 2)")
    keyed = {"orders": TableOptions(customer_key=CustomerKey(column="user_id"))}
    with Lakehouse.open(tmp_path / "t", cache_dir=tmp_path / "c", tables=keyed) as house:
        assert house.query("SELECT n FROM orders WHERE user_id = $c", {"c": "ann"}).rows == [{"n": 1}]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_file_that_looks_like_a_table_is_named(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"members.{ending}").write_text("member\n")
    with pytest.raises(ConnectorError) as caught:
        Lakehouse.open(tmp_path, cache_dir=tmp_path / "copies").table("members")
    assert caught.value.code == "lakehouse.missing-table"
    assert f"members.{ending} is not read" in caught.value.fix
