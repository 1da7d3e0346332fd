from __future__ import annotations

from dataclasses import replace

import pytest

from compound.connector.lakehouse.statement.customer import unrestricted_tables
from compound.connector.lakehouse.statement.guard import guard
from compound.connector.lakehouse.value.types import Column, CustomerKey, TableInfo, TableOptions
from compound.errors import ProjectError


def _table(name: str, columns: str, key: CustomerKey | None) -> TableInfo:
    return TableInfo(
        name=name,
        uri=name,
        format="delta",
        version=0,
        snapshot_ts="",
        table_id="",
        fingerprint="",
        schema=tuple(Column(name=column, type="VARCHAR") for column in columns.split()),
        schema_hash="",
        rows=0,
        options=TableOptions(customer_key=key),
    )


TABLES = {
    "orders": _table("orders", "order_id user_id total", CustomerKey(column="user_id")),
    "customers": _table("customers", "user_id email zip", CustomerKey(column="user_id")),
    "items": _table("items", "order_id item_id price", CustomerKey(column="order_id", through="orders")),
    "variants": _table("variants", "item_id color", None),
}


def loose(sql: str) -> list[str]:
    return unrestricted_tables(guard(sql, tables=TABLES), TABLES, {"c": "VARCHAR"})


RESTRICTED = (
    "SELECT * FROM orders WHERE user_id = $c",
    "SELECT * FROM orders o WHERE $c::VARCHAR = o.user_id AND total = '1'",
    "SELECT * FROM variants",
    "SELECT i.* FROM items i JOIN orders o ON i.order_id = o.order_id WHERE o.user_id = $c",
    "SELECT * FROM items i JOIN orders o USING (order_id) WHERE o.user_id = $c AND i.price = '1'",
    "SELECT * FROM items i, orders o WHERE i.order_id = o.order_id AND o.user_id = $c",
    "SELECT * FROM orders o LEFT JOIN items i ON i.order_id = o.order_id WHERE o.user_id = $c",
    "SELECT * FROM items WHERE order_id IN (SELECT order_id FROM orders WHERE user_id = $c)",
    "SELECT * FROM orders o JOIN customers k ON k.user_id = o.user_id WHERE k.user_id = $c",
    "WITH mine AS (SELECT * FROM orders WHERE user_id = $c) SELECT * FROM items i JOIN mine ON mine.order_id = i.order_id",
    "SELECT * FROM (SELECT order_id FROM orders WHERE user_id = $c) m JOIN items i ON i.order_id = m.order_id",
    "SELECT o.order_id, (SELECT count(*) FROM items i WHERE i.order_id = o.order_id) AS n FROM orders o WHERE user_id = $c",
    "SELECT color FROM variants WHERE item_id IN "
    "(SELECT i.item_id FROM items i JOIN orders o ON o.order_id = i.order_id WHERE o.user_id = $c)",
    "SELECT * FROM orders o WHERE o.order_id IN (SELECT i.order_id FROM items i WHERE i.order_id = o.order_id) "
    "AND user_id = $c",
    "SELECT total FROM orders WHERE user_id = $c UNION ALL SELECT email FROM customers WHERE user_id = $c",
)

DEEP = "SELECT * FROM orders WHERE user_id = $c AND " + "order_id IN (SELECT order_id FROM items WHERE " * 40

LOOSE = (
    ("orders", "SELECT * FROM orders"),
    ("orders", "SELECT * FROM orders WHERE user_id = 'u1'"),
    ("orders", "SELECT * FROM orders WHERE user_id = $other"),
    ("orders", "SELECT * FROM orders WHERE user_id = $c OR total = '1'"),
    ("orders", "SELECT * FROM orders WHERE NOT user_id = $c"),
    ("orders", "SELECT * FROM orders WHERE user_id >= $c"),
    ("orders", "SELECT * FROM orders WHERE total = $c"),
    ("orders", "SELECT * FROM orders WHERE $c = $c"),
    ("orders", "SELECT * FROM orders WHERE lower(user_id) = $c"),
    ("orders", "SELECT user_id = $c AS mine, total FROM orders"),
    ("orders", "SELECT * FROM orders QUALIFY user_id = $c"),
    ("orders", "SELECT user_id FROM orders GROUP BY user_id HAVING user_id = $c"),
    ("orders", "SELECT * FROM orders AS o(user_id, other, total) WHERE user_id = $c"),
    ("orders", "SELECT * FROM orders a, orders b WHERE a.user_id = $c"),
    ("orders", "SELECT * FROM customers k LEFT JOIN orders o ON k.user_id = $c WHERE k.user_id = $c"),
    ("orders", "SELECT * FROM orders o LEFT JOIN customers k ON o.user_id = $c AND k.user_id = $c"),
    ("orders", "SELECT * FROM orders o FULL JOIN customers k ON o.user_id = k.user_id WHERE k.user_id = $c"),
    ("orders", "SELECT * FROM orders o ANTI JOIN customers k ON o.user_id = $c AND k.user_id = $c"),
    ("orders", "SELECT * FROM orders WHERE user_id = $c UNION SELECT * FROM orders"),
    ("orders", "SELECT (SELECT max(total) FROM orders) AS m FROM customers WHERE user_id = $c"),
    ("orders", "SELECT * FROM customers WHERE user_id = $c AND EXISTS (SELECT 1 FROM orders)"),
    ("orders", "SELECT * FROM orders WHERE order_id IN (SELECT order_id FROM items) AND 1 = 1"),
    ("orders", "WITH o AS (SELECT * FROM orders) SELECT * FROM o WHERE user_id = $c"),
    ("orders", "SELECT * FROM variants ORDER BY (SELECT max(total) FROM orders)"),
    ("orders", "SELECT * FROM variants LIMIT (SELECT count(*) FROM orders)"),
    ("items", "SELECT * FROM items WHERE order_id = $c"),
    ("items", "SELECT * FROM items i JOIN orders o ON o.order_id = i.item_id WHERE o.user_id = $c"),
    ("items", "SELECT * FROM items i LEFT JOIN orders o ON o.order_id = i.order_id AND o.user_id = $c"),
    ("items", "SELECT * FROM items WHERE order_id NOT IN (SELECT order_id FROM orders WHERE user_id = $c)"),
    ("items", "SELECT * FROM items WHERE order_id IN (SELECT total FROM orders WHERE user_id = $c)"),
    (
        "items",
        "SELECT * FROM items i JOIN (SELECT total AS order_id FROM orders WHERE user_id = $c) o USING (order_id)",
    ),
    (
        "items",
        "WITH m AS (SELECT order_id FROM orders WHERE user_id = $c UNION ALL SELECT 'x') "
        "SELECT * FROM items i JOIN m ON m.order_id = i.order_id",
    ),
)


@pytest.mark.parametrize("sql", RESTRICTED)
def test_restricted(sql: str) -> None:
    assert loose(sql) == []


@pytest.mark.parametrize(("table", "sql"), LOOSE)
def test_loose(table: str, sql: str) -> None:
    assert table in loose(sql)


def test_deep_nesting_is_refused_soon() -> None:
    with pytest.raises(ProjectError) as caught:
        loose(f"{DEEP} 1 = 1 {')' * 40}")
    assert caught.value.code == "sql.too-complex"


_KEYED = {
    kind: {"t": replace(_table("t", "k v", CustomerKey(column="k")), schema=(Column(name="k", type=kind),))}
    for kind in ("VARCHAR", "INTEGER", "BIGINT", "UUID", "DOUBLE", "DECIMAL(18,0)", "DATE")
}


@pytest.mark.parametrize(
    ("key", "given", "expression", "holds"),
    [
        ("VARCHAR", "VARCHAR", "$c", True),
        ("VARCHAR", "VARCHAR", "CAST($c AS TEXT)", True),
        ("VARCHAR", "INTEGER", "CAST($c AS VARCHAR)", True),
        ("VARCHAR", "VARCHAR", "CAST($c AS BOOLEAN)", False),
        ("VARCHAR", "VARCHAR", "TRY_CAST($c AS INTEGER)", False),
        ("VARCHAR", "VARCHAR", "CAST(CAST($c AS BOOLEAN) AS VARCHAR)", False),
        ("VARCHAR", "VARCHAR", "lower($c)", False),
        ("VARCHAR", "VARCHAR", "left($c, 1)", False),
        ("VARCHAR", "VARCHAR", "$c COLLATE NOCASE", False),
        ("VARCHAR", "VARCHAR", "coalesce($c, k)", False),
        ("VARCHAR", "BOOLEAN", "$c", False),
        ("VARCHAR", "INTEGER", "$c", False),
        ("VARCHAR", "DATE", "$c", False),
        ("INTEGER", "BIGINT", "$c", True),
        ("BIGINT", "INTEGER", "$c", True),
        ("BIGINT", "VARCHAR", "$c", True),
        ("BIGINT", "VARCHAR", "CAST($c AS INT8)", True),
        ("BIGINT", "VARCHAR", "CAST($c AS DOUBLE)", False),
        ("BIGINT", "DOUBLE", "$c", False),
        ("BIGINT", "BOOLEAN", "$c", False),
        ("DOUBLE", "DOUBLE", "$c", True),
        ("DECIMAL(18,0)", "VARCHAR", "CAST($c AS DECIMAL(18, 0))", True),
        ("DECIMAL(18,0)", "VARCHAR", "CAST($c AS DECIMAL(4, 0))", False),
        ("UUID", "VARCHAR", "$c", True),
        ("DATE", "TIMESTAMP", "CAST($c AS DATE)", True),
        ("DATE", "VARCHAR[]", "$c", False),
    ],
)
def test_only_what_keeps_every_two_keys_apart_is_the_callers_key(
    key: str, given: str, expression: str, holds: bool
) -> None:
    tables = _KEYED[key]
    sql = f"SELECT k FROM t WHERE k = {expression}"
    assert unrestricted_tables(guard(sql, tables=tables), tables, {"c": given}) == ([] if holds else ["t"])


def test_keys_of_two_tables_are_equal_only_in_one_type() -> None:
    sql = "SELECT a.v FROM a JOIN b ON a.k = b.k WHERE a.k = $c"
    number = replace(_table("a", "k v", CustomerKey(column="k")), schema=(Column(name="k", type="INTEGER"),))
    text = _table("b", "k v", CustomerKey(column="k"))
    assert unrestricted_tables(guard(sql, tables=["a", "b"]), {"a": number, "b": text}, {"c": "VARCHAR"}) == ["b"]
    same = {"a": replace(text, name="a"), "b": text}
    assert unrestricted_tables(guard(sql, tables=["a", "b"]), same, {"c": "VARCHAR"}) == []
