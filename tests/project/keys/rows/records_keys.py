"""Keys of the file of a record store: what `compound seed` keeps, and the documents that a graph is given."""

from __future__ import annotations

from typing import Any

from tests.project.keys.table import Desk, Key, Place

GRAPH = """\
compound: graph/v1
name: main
context: {who: str}
output: {found: $found}
nodes:
  found: {use: tool, tool: shop_documents, in: {id: $context.who}}
"""
SHOP = """\
compound: records/v1
tables:
  people: {key: [id], columns: {id: text, name: text, city: text}}
  orders: {key: [number], columns: {number: text, owner: text, total: number, extra: json}, ignored: [old]}
  parts: {key: [number, line], columns: {number: text, line: integer, item: text, box: text}, position: line}
documents:
  people:
    table: people
    id: id
    shape:
      name: name
      address: {city: city}
      orders: {rows: orders, match: owner, order: total, value: number}
  orders:
    table: orders
    id: number
    shape:
      number: number
      extra: extra
      parts: {rows: parts, match: number, order: line, shape: {item: item, line: line}}
view:
  root: people
  follow:
    - {source: people, path: [orders], target: orders}
"""
ROWS = {
    "people": "SELECT * FROM (VALUES ('ann', 'Ann Lee', 'Lund'), ('bob', 'Bob Ray', 'Bonn')) t(id, name, city)",
    "orders": """
        SELECT * FROM (VALUES
            ('W1', 'ann', 30.0, '{"a": 1}', 'x'), ('W2', 'ann', 10.0, '{"a": 2}', 'x'), ('W3', 'bob', 5.0, '{}', 'x')
        ) t(number, owner, total, extra, old)""",
    "parts": """
        SELECT * FROM (VALUES
            ('W1', 'lamp', 'b1'), ('W1', 'bulb', 'b1'), ('W1', 'desk', 'b2'), ('W2', 'bed', 'b3')
        ) t(number, item, box)""",
}


def _shop(desk: Desk, old: str = "", new: str = "") -> Place:
    """The shop with one change of its file, not filled yet."""
    project = desk.copy("shop", _lakehouse)
    assert old in SHOP, old
    return project.write({"connectors/shop.yaml": SHOP.replace(old, new, 1) if old else SHOP})


def _lakehouse(place: Place) -> None:
    import duckdb

    from tests.support.projects import write_project

    write_project(place.root, {"graphs/main.yaml": GRAPH})
    (place.root / "lakehouse").mkdir()
    for name, rows in ROWS.items():
        duckdb.sql(f"COPY ({rows}) TO '{place.root}/lakehouse/{name}.parquet'")


def _found(project: Place, who: str = "ann") -> Any:
    """What a graph is given about a customer, once the shop was filled."""
    seeded = project.say("seed")
    assert seeded.code == 0, seeded.err
    view = project.run(context={"who": who})
    assert view.status == "done", view.error
    return (view.output or {})["found"]


def _plain(desk: Desk) -> Any:
    """What the file as it is gives; it is asked once."""
    if not _PLAIN:
        _PLAIN.append(_found(_shop(desk)))
    return _PLAIN[0]


_PLAIN: list[Any] = []


def _refused(project: Place) -> str:
    """What `compound seed` says where it fails."""
    said = project.say("seed")
    assert said.code != 0, said.out
    return said.err


def _compound(desk: Desk) -> None:
    said = _refused(_shop(desk, "records/v1", "records/v9"))
    assert "connectors/shop.yaml:1" in said
    assert set(_plain(desk)) == {"people", "orders", "versions"}


def _tables(desk: Desk) -> None:
    line = next(one for one in SHOP.splitlines(keepends=True) if one.startswith("  parts: {key"))
    assert "no table is named 'parts'" in _refused(_shop(desk, line, ""))
    assert _parts(_plain(desk))


def _key(desk: Desk) -> None:
    said = _refused(_shop(desk, "key: [number, line]", "key: [number]"))
    assert "records.bad-value" in said
    assert len(_parts(_plain(desk))) == 3


def _columns(desk: Desk) -> None:
    assert _plain(desk)["orders"]["W1"]["extra"] == {"a": 1}
    assert _found(_shop(desk, "extra: json", "extra: text"))["orders"]["W1"]["extra"] == '{"a": 1}'


def _position(desk: Desk) -> None:
    assert [one["line"] for one in _parts(_plain(desk))] == [0, 1, 2]
    assert "records.missing-column" in _refused(_shop(desk, ", position: line", ""))


def _ignored(desk: Desk) -> None:
    said = _refused(_shop(desk, ", ignored: [old]", ""))
    assert "records.unknown-column" in said
    assert "'old'" in said
    assert _plain(desk)


def _parts(found: Any, order: str = "W1") -> Any:
    return found["orders"][order]["parts"]


def _documents(desk: Desk) -> None:
    assert set(_plain(desk)) == {"people", "orders", "versions"}
    text = SHOP.replace("  orders:\n    table", "  bought:\n    table").replace("target: orders", "target: bought")
    found = _found(_shop(desk).write({"connectors/shop.yaml": text}))
    assert set(found) == {"people", "bought", "versions"}
    assert set(found["bought"]) == {"W1", "W2"}


def _table(desk: Desk) -> None:
    assert _plain(desk)["people"]["ann"]["name"] == "Ann Lee"
    said = _refused(_shop(desk, "table: people", "table: parts"))
    assert "the table 'parts' has no column 'id'" in said


def _id(desk: Desk) -> None:
    assert set(_plain(desk)["people"]) == {"ann"}
    by_name = _shop(desk, "    id: id\n", "    id: name\n")
    assert set(_found(by_name, "Ann Lee")["people"]) == {"Ann Lee"}
    assert _found(by_name, "ann")["people"] == {}


def _shape(desk: Desk) -> None:
    assert "city" not in _plain(desk)["people"]["ann"]
    assert _found(_shop(desk, "      name: name\n", "      called: name\n"))["people"]["ann"]["called"] == "Ann Lee"


def _fields(desk: Desk) -> None:
    assert _plain(desk)["people"]["ann"]["address"] == {"city": "Lund"}
    assert _found(_shop(desk, "address: {city: city}", "address: city"))["people"]["ann"]["address"] == "Lund"


PARTS = "{rows: parts, match: number, order: line, shape: {item: item, line: line}}"


def _rows(desk: Desk) -> None:
    assert [one["item"] for one in _parts(_plain(desk))] == ["lamp", "bulb", "desk"]
    others = "{rows: orders, match: number, shape: {paid: total}}"
    assert _parts(_found(_shop(desk, PARTS, others))) == [{"paid": 30.0}]


def _match(desk: Desk) -> None:
    assert _plain(desk)["people"]["ann"]["orders"] == ["W2", "W1"]
    assert _found(_shop(desk, "match: owner", "match: extra"))["people"]["ann"]["orders"] == []


def _order(desk: Desk) -> None:
    assert _plain(desk)["people"]["ann"]["orders"] == ["W2", "W1"]
    assert _found(_shop(desk, "order: total, ", ""))["people"]["ann"]["orders"] == ["W1", "W2"]


def _by(desk: Desk) -> None:
    keyed = _parts(_found(_shop(desk, "order: line, shape: {item", "by: item, shape: {item")))
    assert keyed["bulb"] == {"item": "bulb", "line": 1}
    assert isinstance(_parts(_plain(desk)), list)


def _value(desk: Desk) -> None:
    assert _parts(_found(_shop(desk, PARTS, PARTS.replace("shape:", "value: item, shape:")))) == [
        "lamp",
        "bulb",
        "desk",
    ]


def _group(desk: Desk) -> None:
    boxes = "{rows: parts, match: number, order: line, group: box, shape: {box: box, items: item}}"
    assert _parts(_found(_shop(desk, PARTS, boxes))) == [
        {"box": ["b1"], "items": ["lamp", "bulb"]},
        {"box": ["b2"], "items": ["desk"]},
    ]
    assert len(_parts(_found(_shop(desk, PARTS, boxes.replace("group: box, ", ""))))) == 3


def _row_shape(desk: Desk) -> None:
    assert _parts(_found(_shop(desk, "shape: {item: item, line: line}", "shape: {what: item}"))) == [
        {"what": "lamp"},
        {"what": "bulb"},
        {"what": "desk"},
    ]


WHOLE_VIEW = SHOP[SHOP.index("view:") :]


def _view(desk: Desk) -> None:
    assert set(_plain(desk)["orders"]) == {"W1", "W2"}
    assert "view" in _refused(_shop(desk, WHOLE_VIEW, ""))
    assert set(_found(_shop(desk, WHOLE_VIEW, "view: {root: people}\n"))) == {"people", "versions"}


def _root(desk: Desk) -> None:
    assert "W1" not in _found(_shop(desk), "W1")["orders"]
    orders = _found(_shop(desk, WHOLE_VIEW, "view: {root: orders}\n"), "W1")
    assert set(orders["orders"]) == {"W1"}


def _view_key(desk: Desk) -> None:
    project = _shop(desk, "  root: people\n", "  root: people\n  key: person\n")
    assert "graph.unknown-argument" in project.codes()
    project.edit("graphs/main.yaml", "in: {id:", "in: {person:")
    assert _found(project) == _plain(desk)


def _follow(desk: Desk) -> None:
    alone = SHOP[SHOP.index("  follow:") :]
    assert set(_found(_shop(desk, alone, ""))) == {"people", "versions"}
    assert set(_plain(desk)) == {"people", "orders", "versions"}


def _path(desk: Desk) -> None:
    assert set(_plain(desk)["orders"]) == {"W1", "W2"}
    assert _found(_shop(desk, "path: [orders]", "path: [name]"))["orders"] == {}


def _source(desk: Desk) -> None:
    assert set(_plain(desk)["orders"]) == {"W1", "W2"}
    assert _found(_shop(desk, "source: people", "source: orders"))["orders"] == {}


def _target(desk: Desk) -> None:
    found = _found(_shop(desk, "target: orders", "target: people"))
    assert set(found) == {"people", "versions"}
    assert "no document is named 'boxes'" in _refused(_shop(desk, "target: orders", "target: boxes"))


KEYS = (
    Key("records", "compound", _compound),
    Key("records", "tables", _tables),
    Key("records", "tables.*.key", _key),
    Key("records", "tables.*.columns", _columns),
    Key("records", "tables.*.position", _position),
    Key("records", "tables.*.ignored", _ignored),
    Key("records", "documents", _documents),
    Key("records", "documents.*.table", _table),
    Key("records", "documents.*.id", _id),
    Key("records", "documents.*.shape", _shape),
    Key("records", "documents.*.shape.fields.fields", _fields),
    Key("records", "documents.*.shape.rows.rows", _rows),
    Key("records", "documents.*.shape.rows.match", _match),
    Key("records", "documents.*.shape.rows.order", _order),
    Key("records", "documents.*.shape.rows.by", _by),
    Key("records", "documents.*.shape.rows.value", _value),
    Key("records", "documents.*.shape.rows.group", _group),
    Key("records", "documents.*.shape.rows.shape", _row_shape),
    Key("records", "view", _view),
    Key("records", "view.root", _root),
    Key("records", "view.key", _view_key),
    Key("records", "view.follow", _follow),
    Key("records", "view.follow.path", _path),
    Key("records", "view.follow.source", _source),
    Key("records", "view.follow.target", _target),
)
