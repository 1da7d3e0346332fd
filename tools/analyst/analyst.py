"""The analyst without a language model: SQL for questions that a few templates cover; it refuses all others.

It covers counts, sums, averages, largest and smallest, by a column or by month, the top n, of rows of one status or
kind. Every word of a question must be explained by the schema or by such a phrase; otherwise the analyst names the
unexplained words and writes no SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compound.model import solver

from ..shop.documents import Json
from .schema_words import Column, Schema, Table, Unknown, Word, read_schema

_REVENUE = (("orders", "total"), ("order_items", "price"))
"""Money columns, by priority: the first from which the group can be reached is used."""
_SAYS = {"sum": "sum", "avg": "average", "max": "highest", "min": "lowest"}
_ROWS = 50


@dataclass(kw_only=True)
class _Wish:
    """A question, as far as it was understood."""

    schema: Schema
    aggregate: str = ""
    wants_money: bool = False
    measures: tuple[tuple[Table, Column], ...] = ()
    counted: Table | None = None
    group: Word | None = None
    by_month: bool = False
    limit: int = 0
    direction: str = "DESC"
    filters: list[Word] = field(default_factory=list[Word])


@solver("analyst_sql")
def write_sql(inputs: Mapping[str, Json]) -> Json:
    """Answer the graph's `write` node: a `Query`, whose `sql` is null with the reason in `why`."""
    question = str(inputs.get("question") or "")
    if inputs.get("problem"):
        return _nothing("the SQL of a template was refused, and there is no second one")
    try:
        if verified := _verified(question, inputs.get("card")):
            return verified
        wish = _read(question, read_schema(inputs.get("card")))
        return _query(question, wish)
    except Unknown as why:
        return _nothing(str(why))


def _nothing(why: str) -> Json:
    return {"sql": None, "why": why, "title": "", "chart": "none", "x": None, "y": None, "unit": ""}


def _verified(question: str, card: Json) -> Json:
    """The SQL of a verified example with the same question; null if there is none."""
    examples = card.get("examples") if isinstance(card, Mapping) else None
    for one in examples if isinstance(examples, list) else ():
        if isinstance(one, Mapping) and _plain(str(one.get("question"))) == _plain(question):
            title = _title(question)
            return {"sql": one["sql"], "why": None, "title": title, "chart": "bar", "x": None, "y": None, "unit": ""}
    return None


def _plain(question: str) -> str:
    return " ".join(question.casefold().strip().rstrip("?.! ").split())


def _title(question: str) -> str:
    return question.strip().rstrip("?.! ")


def _read(question: str, schema: Schema) -> _Wish:
    words = [word for word in schema.read(question) if word.kind != "filler"]
    if unknown := [word.text for word in words if word.kind == "unknown"]:
        raise Unknown(f"no template explains {', '.join(map(repr, unknown))}")
    wish = _Wish(schema=schema)
    words = _without_group(wish, _without_top(wish, words))
    for word in words:
        _take(wish, word)
    return wish


def _without_top(wish: _Wish, words: list[Word]) -> list[Word]:
    """Remove `top 5 X`: X is the group."""
    at = next((at for at, word in enumerate(words) if word.kind == "top"), None)
    if at is None:
        return words
    wish.direction = words[at].says.upper()
    rest = words[at + 1 :]
    wish.limit = 1
    if rest and rest[0].kind == "number":
        wish.limit = min(int(rest[0].says), _ROWS)
        rest = rest[1:]
    if rest and rest[0].kind in {"table", "column"} and words[at].text in {"top", "bottom"}:
        wish.group, rest = rest[0], rest[1:]
    return [*words[:at], *rest]


def _without_group(wish: _Wish, words: list[Word]) -> list[Word]:
    """Remove `by X` and `which X`; after `top 5 X` a `by` leads to the measure instead."""
    kept: list[Word] = []
    while words:
        word, words = words[0], words[1:]
        ahead = words[0] if words else None
        if word.kind == "which" and ahead and ahead.kind == "number":
            wish.limit, words = min(int(ahead.says), _ROWS), words[1:]
            ahead = words[0] if words else None
        if word.kind not in {"by", "which"}:
            kept.append(word)
        elif ahead and ahead.kind == "month":
            wish.by_month, words = True, words[1:]
        elif ahead and wish.group is None and ahead.kind in {"table", "column"}:
            wish.group, words = ahead, words[1:]
        elif word.kind == "which" or wish.group is None:
            raise Unknown(f"{word.text!r} is followed by nothing to group by")
    return kept


def _take(wish: _Wish, word: Word) -> None:
    match word.kind:
        case "aggregate" if not wish.aggregate:
            wish.aggregate = word.says
        case "money":
            wish.wants_money, wish.aggregate = True, wish.aggregate or "sum"
        case "month":
            wish.by_month = True
        case "value":
            wish.filters.append(word)
        case "column" if not wish.measures:
            wish.measures = tuple(one for one in word.columns if one[1].is_number)
            if not wish.measures:
                raise Unknown(f"{word.text!r} is not a number, and nothing is grouped by it")
        case "table" if wish.counted is None or word.table == wish.counted:
            wish.counted = word.table
        case "aggregate" if word.text == "total" and not wish.measures:
            wish.measures = tuple(
                (table, column) for table in wish.schema.tables if (column := table.column("total")) is not None
            )
        case _:
            raise Unknown(f"{word.text!r} is too much for a template")


def _query(question: str, wish: _Wish) -> Json:
    table, measure = _subject(wish)
    joins: dict[str, str] = {}
    where = [_filter(wish, table, word, joins) for word in wish.filters]
    key, group = _group(wish, table, joins)
    made = "count(*)" if measure is None else f"round({wish.aggregate}(t.{measure.name}), 2)"
    label = table.name if measure is None else f"{_SAYS[wish.aggregate]}_{measure.name}"
    label = "revenue" if wish.wants_money else label
    sql = f"SELECT {key}{made} AS {label} FROM {table.name} AS t{''.join(joins.values())}"
    sql += f" WHERE {' AND '.join(where)}" if where else ""
    if key:
        order = group if wish.by_month else f"{label} {wish.direction}, {group}"
        sql += f" GROUP BY {group} ORDER BY {order} LIMIT {wish.limit or _ROWS}"
    unit = "" if measure is None else "USD" if "USD" in measure.description else ""
    return {
        "sql": sql,
        "why": None,
        "title": _title(question),
        "chart": "none" if not key else "line" if wish.by_month else "bar",
        "x": group or None,
        "y": label,
        "unit": unit,
    }


def _subject(wish: _Wish) -> tuple[Table, Column | None]:
    """The table to read and the column to sum; None to count rows."""
    if wish.wants_money and not wish.measures:
        wish.measures = tuple(
            (table, column)
            for name, of in _REVENUE
            for table in wish.schema.tables
            if table.name == name and (column := table.column(of)) is not None
        )
    if wish.measures:
        for table, column in wish.measures:
            if _reaches(wish, table) and wish.counted in {None, table, _group_table(wish)}:
                return table, column
        raise Unknown("no granted table has that figure together with its group")
    if wish.aggregate not in {"", "count"}:
        raise Unknown("it does not say of which figure")
    named = wish.counted or next((word.columns[0][0] for word in wish.filters), None) or _group_table(wish)
    if named is None:
        raise Unknown("it names nothing that is granted")
    if not _reaches(wish, named):
        raise Unknown(f"rows of {named.name} do not lead to what they are grouped by")
    return named, None


def _group_table(wish: _Wish) -> Table | None:
    return None if wish.group is None else wish.group.table or wish.group.columns[0][0]


def _reaches(wish: _Wish, start: Table) -> bool:
    return wish.group is None or bool(_group_columns(wish, start))


def _group_columns(wish: _Wish, start: Table) -> list[tuple[Table, Column]]:
    """The place of the group's column, as seen from a table; its own first."""
    word = wish.group
    found: list[tuple[Table, Column]] = []
    if word is not None and word.table is not None:
        label = word.table.column("name")
        found = [(word.table, label)] if label else []
    elif word is not None:
        found = list(word.columns)
    reached = [one for one in found if wish.schema.join(start, one[0]) is not None]
    return sorted(reached, key=lambda one: one[0].name != start.name)


def _alias(wish: _Wish, start: Table, end: Table, joins: dict[str, str]) -> str:
    column = wish.schema.join(start, end)
    if column is None:
        raise Unknown(f"rows of {start.name} do not lead to one row of {end.name}")
    if not column:
        return "t"
    joins[end.name] = f" JOIN {end.name} USING ({column})"
    return end.name


def _filter(wish: _Wish, table: Table, word: Word, joins: dict[str, str]) -> str:
    owner, column = word.columns[0]
    alias = _alias(wish, table, owner, joins)
    return f"{alias}.{column.name} = '{word.says}'" if word.says else f"{alias}.{column.name}"


def _group(wish: _Wish, table: Table, joins: dict[str, str]) -> tuple[str, str]:
    """The grouping column as SQL, and its name; empty for none."""
    if wish.by_month:
        column = next((one for one in table.columns if one.is_time), None)
        if column is None:
            raise Unknown(f"{table.name} has no date, so nothing can be grouped by month")
        return f"strftime(t.{column.name}, '%Y-%m') AS month, ", "month"
    if wish.group is None:
        if wish.limit:
            raise Unknown("it asks for the top of something, but does not say of what")
        return "", ""
    owner, column = _group_columns(wish, table)[0]
    name = owner.name.removesuffix("s") if column.name == "name" else column.name
    return f"{_alias(wish, table, owner, joins)}.{column.name} AS {name}, ", name
