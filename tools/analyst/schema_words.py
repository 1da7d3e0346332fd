"""The words of a schema: which word of a question is a table, a column, a value, or a word of asking."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..shop.documents import Json

_TOKEN = re.compile(r"[a-z0-9]+")
_FILLER = set(
    """a an the of in is are was were have has do does did we our us there and all any me show give tell list what how
    please chart plot draw table as with for its it their them to on been made at that shop now so far altogether
    be can much""".split()
)
_SAID: Mapping[str, tuple[Kind, str]] = {
    "how many": ("aggregate", "count"),
    "number": ("aggregate", "count"),
    "count": ("aggregate", "count"),
    "sum": ("aggregate", "sum"),
    "total": ("aggregate", "sum"),
    "average": ("aggregate", "avg"),
    "mean": ("aggregate", "avg"),
    "highest": ("aggregate", "max"),
    "largest": ("aggregate", "max"),
    "maximum": ("aggregate", "max"),
    "lowest": ("aggregate", "min"),
    "smallest": ("aggregate", "min"),
    "minimum": ("aggregate", "min"),
    "revenue": ("money", "sum"),
    "sales": ("money", "sum"),
    "turnover": ("money", "sum"),
    "by": ("by", ""),
    "per": ("by", ""),
    "in each": ("by", ""),
    "for each": ("by", ""),
    "does each": ("by", ""),
    "has each": ("by", ""),
    "each": ("by", ""),
    "which": ("which", ""),
    "month": ("month", ""),
    "monthly": ("month", ""),
    "top": ("top", "desc"),
    "most": ("top", "desc"),
    "bottom": ("top", "asc"),
    "fewest": ("top", "asc"),
}
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twenty": 20}

Kind = Literal[
    "aggregate", "money", "by", "which", "month", "top", "number", "value", "column", "table", "filler", "unknown"
]


class Unknown(Exception):
    """Why no template answers the question."""


@dataclass(frozen=True, slots=True)
class Column:
    """A granted column."""

    name: str
    type: str
    description: str

    @property
    def is_time(self) -> bool:
        """A date or a timestamp."""
        return self.type.startswith(("DATE", "TIMESTAMP"))

    @property
    def is_number(self) -> bool:
        """Whether it can be summed."""
        return self.type.startswith(("DOUBLE", "FLOAT", "DECIMAL", "BIGINT", "INTEGER", "HUGEINT"))

    @property
    def values(self) -> Sequence[str]:
        """Its possible values, if its description lists them: `one of: a, b`."""
        lead, mark, listed = self.description.partition("one of: ")
        return [one.strip() for one in listed.split(",")] if mark and not lead else ()


@dataclass(frozen=True, slots=True)
class Table:
    """A granted table; its first column is its key."""

    name: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> str:
        """The names of its rows."""
        return self.columns[0].name

    def column(self, name: str) -> Column | None:
        """A column by name."""
        return next((one for one in self.columns if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Word:
    """Some words of a question, and their meaning.

    Attributes:
        text: As written, in small letters.
        kind: Their meaning.
        says: For words of asking: the aggregate or the direction; for a value the value; for a number the number.
        columns: For a column or a value: every (table, column) that it may be.
        table: For a table.
    """

    text: str
    kind: Kind
    says: str = ""
    columns: tuple[tuple[Table, Column], ...] = ()
    table: Table | None = None


@dataclass(frozen=True)
class Schema:
    """The granted tables."""

    tables: tuple[Table, ...]

    def read(self, question: str) -> list[Word]:
        """Split the question into the longest known words; each token is in one of them."""
        tokens = _TOKEN.findall(question.casefold().replace("'s", ""))
        words: list[Word] = []
        while tokens:
            length = next((n for n in range(min(4, len(tokens)), 0, -1) if " ".join(tokens[:n]) in self._lexicon), 0)
            text = " ".join(tokens[: length or 1])
            tokens = tokens[length or 1 :]
            if length:
                words.append(self._lexicon[text])
            elif text.isdecimal() or text in _NUMBERS:
                words.append(Word(text, "number", str(_NUMBERS.get(text, text))))
            else:
                words.append(Word(text, "filler" if text in _FILLER else "unknown"))
        return words

    @cached_property
    def _lexicon(self) -> Mapping[str, Word]:
        said = {text: Word(text, kind, says) for text, (kind, says) in _SAID.items()}
        return {**dict(self._columns()), **dict(self._values()), **dict(self._names()), **said}

    def _names(self) -> Iterator[tuple[str, Word]]:
        for table in self.tables:
            plain = table.name.replace("_", " ")
            # `items` means `order items`, unless it is a table itself.
            for text in (plain, plain.rpartition(" ")[2]):
                for form in (text, text.removesuffix("s")):
                    yield form, Word(form, "table", table=table)

    def _columns(self) -> Iterator[tuple[str, Word]]:
        owners: dict[str, list[tuple[Table, Column]]] = {}
        for table in self.tables:
            for column in table.columns:
                if column.name.startswith("n_") or column.name.endswith("_id"):
                    continue
                plain = column.name.replace("_", " ")
                one = table.name.replace("_", " ").rpartition(" ")[2].removesuffix("s")
                for form in (plain, f"{plain}s", f"{plain[:-1]}ies", f"{one} {plain}", f"{one} {plain}s"):
                    owners.setdefault(form, []).append((table, column))
        for form, found in owners.items():
            yield form, Word(form, "column", columns=tuple(found))

    def _values(self) -> Iterator[tuple[str, Word]]:
        for table in self.tables:
            for column in table.columns:
                for value in column.values:
                    plain = " ".join(_TOKEN.findall(value))
                    for form in (plain, f"{plain}s"):
                        yield form, Word(form, "value", value, columns=((table, column),))
                if column.type == "BOOLEAN":
                    yield column.name, Word(column.name, "value", "", columns=((table, column),))

    def join(self, start: Table, end: Table) -> str | None:
        """The column that leads from each row of `start` to at most one of `end`; empty for itself, None if none."""
        if start.name == end.name:
            return ""
        return end.key if end.key.endswith("_id") and start.column(end.key) else None


def read_schema(card: Json) -> Schema:
    """The graph's `card`, as a schema."""
    tables = card.get("tables") if isinstance(card, Mapping) else None
    return Schema(tuple(_table(one) for one in tables if isinstance(one, Mapping)) if isinstance(tables, list) else ())


def _table(record: Mapping[str, Json]) -> Table:
    listed = record.get("columns")
    columns = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    return Table(
        str(record["name"]),
        tuple(Column(str(one["name"]), str(one["type"]), str(one.get("description") or "")) for one in columns),
    )
