"""Keys of `connectors/lakehouse.yaml`: whose rows a table holds, what is hidden, what models read, caps."""

from __future__ import annotations

import json
import subprocess
from typing import Any
from unittest.mock import patch

import pytest

from compound.errors import ProjectError
from tests.project.keys.table import Desk, Key
from tests.project.keys.tables import answer, asking, card, querying, rows_of

MINE = {
    "params": "{user: {type: VARCHAR, from: caller.user}}",
    "scope": None,
    "verified": None,
}
BY_USER = "SELECT order_id FROM orders WHERE user_id = $user ORDER BY order_id"
ITEMS = """\
SELECT i.item FROM items i JOIN orders o ON o.order_id = i.order_id WHERE o.user_id = $user ORDER BY i.item
"""
SLOW = "SELECT levenshtein(string_agg(note, ''), string_agg(note || 'x', '')) AS d FROM many"
LARGE = "SELECT length(string_agg(s, '')) AS n FROM (SELECT repeat(note, 500) AS s FROM many)"
MANY = {"tables": "[many]", "limits": "{ms: 50000}"}


def _compound(desk: Desk) -> None:
    project = querying(desk)
    assert project.codes() == []
    project.edit("connectors/lakehouse.yaml", "lakehouse/v1", "lakehouse/v9")
    with pytest.raises(ProjectError, match="compound") as caught:
        rows_of(project)
    assert str(caught.value.where).startswith("connectors/lakehouse.yaml:1")


def _described(desk: Desk, lakehouse: str) -> Any:
    return card(asking(desk, lakehouse=lakehouse))["tables"][0]


def _tables(desk: Desk) -> None:
    assert _described(desk, "")["description"] == ""
    assert _described(desk, "tables: {orders: {description: one row an order}}\n")["description"] == "one row an order"


def _description(desk: Desk) -> None:
    plain, told = (
        _described(desk, f"tables: {{orders: {{{one}}}}}\n") for one in ("", "description: what they bought")
    )
    assert (plain["description"], told["description"]) == ("", "what they bought")
    assert plain["columns"] == told["columns"]


def _columns(desk: Desk) -> None:
    told = _described(desk, 'tables: {orders: {columns: {total: "USD, with taxes"}}}\n')
    assert [one["description"] for one in told["columns"] if one["name"] == "total"] == ["USD, with taxes"]
    assert [one["description"] for one in _described(desk, "")["columns"]] == [""] * 5


def _customer_key(desk: Desk) -> None:
    everything = {"scope": None, "verified": None}
    assert querying(desk, everything).codes() == []
    keyed = querying(desk, everything, lakehouse="tables: {orders: {customer_key: user_id}}\n")
    assert keyed.codes() == ["sql.customer"]
    with pytest.raises(ProjectError, match="is not restricted to the caller"):
        rows_of(keyed)


def _column(desk: Desk) -> None:
    through = (
        "tables: {{orders: {{customer_key: user_id}}, items: {{customer_key: {{column: {}, through: orders}}}}}}\n"
    )
    header = {**MINE, "tables": "[orders, items]"}
    assert "sql.customer" not in querying(desk, header, ITEMS, through.format("order_id"), "user").codes()
    assert "sql.customer" in querying(desk, header, ITEMS, through.format("item"), "user").codes()


def _through(desk: Desk) -> None:
    through = (
        "tables: {{orders: {{customer_key: user_id}}, items: {{customer_key: {{column: order_id, through: {}}}}}}}\n"
    )
    header = {**MINE, "tables": "[orders, items]"}
    assert "sql.customer" not in querying(desk, header, ITEMS, through.format("orders"), "user").codes()
    assert "sql.customer" in querying(desk, header, ITEMS, through.format("customers"), "user").codes()


def _hide(desk: Desk) -> None:
    sql = "SELECT secret FROM orders ORDER BY order_id LIMIT 1"
    assert rows_of(querying(desk, sql=sql)) == [{"secret": "s1"}]
    hidden = "tables: {orders: {hide: [secret]}}\n"
    assert querying(desk, sql=sql, lakehouse=hidden).codes() == ["sql.bind"]
    assert "secret" not in [one["name"] for one in _described(desk, hidden)["columns"]]


def _cluster_by(desk: Desk) -> None:
    sql = "SELECT order_id FROM orders"
    assert [one["order_id"] for one in rows_of(querying(desk, sql=sql))] == [1, 4, 3, 2]
    sorted_rows = rows_of(querying(desk, sql=sql, lakehouse="tables: {orders: {cluster_by: [total]}}\n"))
    assert [one["order_id"] for one in sorted_rows] == [4, 3, 1, 2]


def _rows(desk: Desk) -> None:
    for lakehouse, count in (("", 4), ("limits: {rows: 3}\n", 3)):
        assert len(rows_of(querying(desk, lakehouse=lakehouse))) == count
        assert card(asking(desk, lakehouse=lakehouse))["max_rows"] == (200 if count == 4 else 3)


def _cell_chars(desk: Desk) -> None:
    sql = "SELECT note FROM orders ORDER BY order_id LIMIT 1"
    assert rows_of(querying(desk, sql=sql)) == [{"note": "a first note"}]
    assert rows_of(querying(desk, sql=sql, lakehouse="limits: {cell_chars: 8}\n")) == [{"note": "a first…"}]


def _bytes(desk: Desk) -> None:
    sql = "SELECT number, note FROM many ORDER BY number LIMIT 50"
    assert len(rows_of(querying(desk, {"tables": "[many]"}, sql))) == 50
    few = rows_of(querying(desk, {"tables": "[many]"}, sql, "limits: {bytes: 300}\n"))
    assert 270 < len(json.dumps(few, separators=(",", ":"))) <= 300


def _ms(desk: Desk) -> None:
    pairs = "SELECT count(*) AS n FROM {0} a, {0} b, {0} c WHERE (a.number * b.number + c.number) % 7 = 3"
    few = "(SELECT * FROM many LIMIT 9)"
    assert len(rows_of(querying(desk, MANY, pairs.format(few), "limits: {ms: 5000}\n"))) == 1
    assert rows_of(querying(desk, MANY, pairs.format("many"), "limits: {ms: 150}\n")) == "lakehouse.timeout"


def _limits(desk: Desk) -> None:
    said = answer(asking(desk, MANY, "limits: {ms: 150}\n"), SLOW)
    assert (said["status"], said["problem"]["code"]) == ("failed", "lakehouse.timeout")
    assert "150 ms" in said["problem"]["message"]


def _started(desk: Desk, workers: str) -> int:
    """Processes that a run starts whose graph asks twice at the same time."""
    project = asking(desk, lakehouse=workers)
    twice = "  asked: {use: sql, tool: asks, in: {sql: $input.sql}}\n"
    project.edit("graphs/ask.yaml", twice, twice + twice.replace("asked:", "also:"))
    with patch("subprocess.Popen", wraps=subprocess.Popen) as popen:
        assert answer(project)["status"] == "ok"
    return sum("compound.connector.lakehouse.service.worker" in call.args[0] for call in popen.call_args_list)


def _count(desk: Desk) -> None:
    assert _started(desk, "workers: {count: 1}\n") == 1
    assert _started(desk, "workers: {count: 2}\n") == 2


def _memory_mb(desk: Desk) -> None:
    small = answer(asking(desk, MANY, "workers: {memory_mb: 64}\n"), LARGE)
    assert (small["status"], small["problem"]["code"]) == ("failed", "lakehouse.memory")
    assert answer(asking(desk, MANY, "workers: {memory_mb: 1500}\n"), LARGE)["status"] == "ok"


def _workers(desk: Desk) -> None:
    assert _started(desk, "") == 2
    small = answer(asking(desk, MANY, "workers: {count: 1, memory_mb: 64}\n"), LARGE)
    assert small["problem"]["code"] == "lakehouse.memory"


KEYS = (
    Key("lakehouse", "compound", _compound),
    Key("lakehouse", "tables", _tables),
    Key("lakehouse", "tables.*.description", _description),
    Key("lakehouse", "tables.*.columns", _columns),
    Key("lakehouse", "tables.*.customer_key", _customer_key),
    Key("lakehouse", "tables.*.customer_key.column", _column),
    Key("lakehouse", "tables.*.customer_key.through", _through),
    Key("lakehouse", "tables.*.hide", _hide),
    Key("lakehouse", "tables.*.cluster_by", _cluster_by),
    Key("lakehouse", "limits", _limits),
    Key("lakehouse", "limits.rows", _rows),
    Key("lakehouse", "limits.cell_chars", _cell_chars),
    Key("lakehouse", "limits.bytes", _bytes),
    Key("lakehouse", "limits.ms", _ms),
    Key("lakehouse", "workers", _workers),
    Key("lakehouse", "workers.count", _count),
    Key("lakehouse", "workers.memory_mb", _memory_mb),
)
