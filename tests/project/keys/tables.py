"""A small lakehouse for rows about tables and SQL: orders of two customers and their items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.project.keys.table import Desk, Place

HEADER = {
    "name": "orders",
    "description": "Orders.",
    "tables": "[orders]",
    "scope": "all",
    "verified": "{by: data-team, at: 2026-11-20}",
}
SQL = "SELECT order_id, total FROM orders ORDER BY order_id"
QUERY = """\
compound: graph/v1
name: main
input: {INPUT}
output: {rows: $found}
nodes:
  found: {use: sql, tool: orders, in: {PARAMS}}
"""
ASK = """\
compound: graph/v1
name: ask
input: {sql: str}
output: {answer: $asked}
nodes:
  asked: {use: sql, tool: asks, in: {sql: $input.sql}}
"""
CARD = """\
compound: graph/v1
name: card
input: {}
output: {card: $card}
nodes:
  card: {use: tool, tool: granted_tables, in: {tool: asks}}
"""
ROWS = {
    "orders": """
        SELECT * FROM (VALUES
            (1, 'ann', 30, 'a first note', 's1'), (4, 'bob', 10, 'a second note', 's2'),
            (3, 'ann', 20, 'a third note', 's3'), (2, 'bob', 40, 'a fourth note', 's4')
        ) t(order_id, user_id, total, note, secret)""",
    "items": "SELECT * FROM (VALUES (1, 'lamp'), (4, 'chair'), (3, 'desk'), (2, 'bed')) t(order_id, item)",
    "customers": "SELECT * FROM (VALUES ('ann', 1), ('bob', 2)) t(user_id, order_id)",
    "many": "SELECT i AS number, 'note ' || i AS note FROM range(20000) t(i)",
}


def tool(header: Mapping[str, str | None], sql: str = SQL) -> str:
    """A SQL tool: `HEADER` with other keys; None leaves one out."""
    known = {name: value for name, value in {**HEADER, **header}.items() if value is not None}
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in known.items()) + f"---\n{sql}\n"


def lake(desk: Desk, files: Mapping[str, str], lakehouse: str = "") -> Place:
    """A project with the tables, these files and this `connectors/lakehouse.yaml`."""
    made = desk.copy("lake", _tables)
    return made.write({**files, "connectors/lakehouse.yaml": f"compound: lakehouse/v1\n{lakehouse}"})


def _tables(place: Place) -> None:
    import duckdb

    from tests.support.projects import write_project

    write_project(place.root, {})
    (place.root / "lakehouse").mkdir()
    for name, rows in ROWS.items():
        duckdb.sql(f"COPY ({rows}) TO '{place.root}/lakehouse/{name}.parquet'")


def querying(
    desk: Desk, header: Mapping[str, str | None] | None = None, sql: str = SQL, lakehouse: str = "", params: str = ""
) -> Place:
    """A project whose graph asks one reviewed query; `params` are the names that it gives, `user n`."""
    names = params.split()
    inputs = f"given: {{{', '.join(f'{one}: json' for one in names)}}}" if names else ""
    given = ", ".join(f"{one}: $input.given.{one}" for one in names)
    graph = QUERY.replace("INPUT", inputs).replace("PARAMS", given)
    return lake(desk, {"graphs/main.yaml": graph, "tools/orders.sql": tool(header or {}, sql)}, lakehouse)


def rows_of(project: Place, **given: Any) -> Any:
    """What the query returns, or the code of its error."""
    view = project.run({"given": given} if given else {})
    return view.error["code"] if view.error else (view.output or {})["rows"]


def asking(
    desk: Desk, header: Mapping[str, str | None] | None = None, lakehouse: str = "", examples: str = ""
) -> Place:
    """A project whose graph runs SQL that a model wrote."""
    told = {"name": "asks", "kind": "ask", **(header or {})}
    files = {"graphs/ask.yaml": ASK, "graphs/card.yaml": CARD, "tools/asks.sql": tool(told, examples)}
    return lake(desk, files, lakehouse)


def answer(project: Place, sql: str = SQL) -> Any:
    """What SQL of a model is answered."""
    view = project.run({"sql": sql}, "ask")
    assert view.status == "done", view.error
    return (view.output or {})["answer"]


def card(project: Place) -> Any:
    """What a model is shown before it writes SQL."""
    view = project.run({}, "card")
    assert view.status == "done", view.error
    return (view.output or {})["card"]
