"""Copies of a real review with everything that the product stored of it, under other numbers.

Every hash and every derived id of a copy is computed by the function that the product uses. Before the first copy, each
of them is computed for the real review and compared with what the product stored: where the product changes, this fails.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, cast

import orjson
import sqlalchemy as sa

from compound.connector.state import tables
from compound.connector.state.digest import digest
from compound.connector.state.items import content_sha256
from compound.effect.rows import effect_key_of
from compound.review.stored.rows import review_id_of
from compound.trace.payload import digest as payload_digest

Row = dict[str, Any]
Names = dict[str, str]
OF_RUN: Final = (tables.run, tables.batch_item, tables.message_run, tables.review, tables.decision, tables.outbox)
"""Tables whose rows carry the id of the run."""
OF_REVIEW: Final = (tables.draft_version, tables.resume)
"""Tables whose rows carry the id of the review."""
_TIMES: Final = ("_at", "_until", "at", "since")


@dataclass
class Real:
    """A review that the product made.

    Attributes:
        number: What stands in its letter's id and text.
        rows: Table to its rows; JSON as its text.
        audit: Its rows of the audit log, oldest first.
    """

    number: str
    run_id: str
    review_id: str
    rows: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    audit: list[Row] = field(default_factory=list[Row])

    def one(self, table: str) -> Row:
        """The only row of a table."""
        return self.rows[table][0]

    @property
    def is_open(self) -> bool:
        """Whether nobody decided it."""
        return not self.rows["decision"]

    @property
    def created_at(self) -> float:
        """When it was opened, UTC seconds."""
        return float(self.one("review")["created_at"])


def read(db: sa.Connection, review_id: str) -> Real:
    """Everything that is stored of a review."""
    first = _rows(db, tables.review, tables.review.c.review_id == review_id)[0]
    made = Real(number=str(first["item_id"]).removeprefix("L"), run_id=str(first["run_id"]), review_id=review_id)
    for table in OF_RUN:
        made.rows[table.name] = _rows(db, table, table.c.run_id == made.run_id)
    for table in OF_REVIEW:
        made.rows[table.name] = _rows(db, table, table.c.review_id == review_id)
    of_letter = tables.message.c.item_id == first["item_id"]
    made.rows["message"] = _rows(db, tables.message, of_letter)
    subjects = [review_id, *{str(one["group_key"]) for one in made.rows["outbox"]}]
    made.audit = _rows(db, tables.audit, tables.audit.c.subject.in_(subjects), order=tables.audit.c.seq)
    return made


def _rows(
    db: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool], *, order: sa.Column[Any] | None = None
) -> list[Row]:
    columns = [
        sa.type_coerce(sa.cast(one, sa.Text), sa.Text).label(one.name) if isinstance(one.type, sa.JSON) else one
        for one in table.c
    ]
    query = sa.select(*columns).where(where)
    return [dict(row) for row in db.execute(query if order is None else query.order_by(order)).mappings()]


Formula = tuple[str, Callable[[Names], str]]


def formulas(real: Real) -> list[Formula]:
    """What is computed of what: a stored value, and the function that says it for a copy; in order."""
    review, run, message = real.one("review"), real.one("run"), real.one("message")
    made: list[Formula] = [
        (real.review_id, lambda n: review_id_of(n[real.run_id], review["node"], review["returns"], review["level"])),
        (message["thread"], lambda n: hashlib.sha256(_in(f"L{real.number}", n).encode()).hexdigest()[:32]),
        (review["evidence_sha256"], _json(review["evidence"], payload_digest)),
        (run["input_sha256"], _json(run["input"], digest)),
        (run["item_sha256"], _json(real.one("batch_item")["input"], content_sha256)),
        *((one["sha256"], _json(one["draft"], digest)) for one in real.rows["draft_version"]),
    ]
    for one in real.rows["decision"]:
        made.append((one["decision_id"], partial(_decision_id, real.review_id, one["version"])))
        made += [(digest(value), _json(orjson.dumps(value).decode(), digest)) for value in _fields(one).values()]
        made += [
            (digest(call["arguments"]), _json(orjson.dumps(call["arguments"]).decode(), digest))
            for call in orjson.loads(one["draft"])["effects"].get(one["action"], ())
        ]
    for one in real.rows["outbox"]:
        call = orjson.dumps([one["effect"], one["target"], orjson.loads(one["args"])]).decode()
        key = (one["decision_id"], one["node"], one["effect"], one["ordinal"])
        made += [
            (one["effect_key"], partial(_effect_key, *key)),
            (one["group_key"], partial(_group_key, one["decision_id"], one["node"], one["target"])),
            (one["body_sha256"], _json(call, digest)),
        ]
    return made


def _fields(decision: Row) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", orjson.loads(decision["fields"] or "{}"))


def _decision_id(review_id: str, version: int, names: Names) -> str:
    return digest([names[review_id], version])[:32]


def _effect_key(decision_id: str, node: str, effect: str, ordinal: int, names: Names) -> str:
    return effect_key_of(names[decision_id], effect, ordinal, node=node)


def _group_key(decision_id: str, node: str, target: str, names: Names) -> str:
    return digest([names[decision_id], node, target])[:32]


def _json(text: str, of: Callable[[Any], str]) -> Callable[[Names], str]:
    return lambda names: of(orjson.loads(_in(text, names)))


def _in(text: str, names: Names) -> str:
    """A text with other names; those that are not known yet stay."""
    for old, new in names.items():
        text = text.replace(old, new)
    return text


class Copier:
    """Makes copies of one real review.

    Raises:
        RuntimeError: what the product stored is not what its functions say: they changed.
    """

    def __init__(self, real: Real) -> None:
        self.real = real
        self._formulas = formulas(real)
        names = {real.number: real.number, real.run_id: real.run_id}
        for stored, says in self._formulas:
            if says(names) != stored:
                raise RuntimeError(f"review {real.review_id}: {stored} is computed differently now")
            names[stored] = stored
        self._split = re.compile("(" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + ")")
        self._rows = {name: [self._cut(row) for row in rows] for name, rows in real.rows.items()}
        self._audit = [self._cut(row) for row in real.audit]

    def names(self, number: int) -> Names:
        """The names of a copy: what stands in the real one, and what stands in the copy instead."""
        real = self.real
        names = {real.number: str(number), real.run_id: hashlib.md5(b"run %d" % number).hexdigest()}
        for stored, says in self._formulas:
            if stored not in names:
                names[stored] = says(names)
        return names

    def rows(self, names: Names, later: float) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of a copy that was opened `later` seconds after the real one."""
        return {name: [_pasted(row, names, later) for row in rows] for name, rows in self._rows.items()}

    def audit(self, names: Names, later: float) -> list[tuple[Any, ...]]:
        """Its rows of the audit log, without number and hashes."""
        return [_pasted(row, names, later) for row in self._audit]

    def bytes(self, value: object, names: Names) -> object:
        """A value of a checkpoint; every name is as long as the one it stands for."""
        if isinstance(value, str):
            return self._split.sub(lambda found: names[found[0]], value)
        if not isinstance(value, bytes):
            return value
        for old, new in names.items():
            value = value.replace(old.encode(), new.encode())
        return value

    def _cut(self, row: Row) -> list[object]:
        """A row as parts: constants, times, and texts cut at the names in them."""
        cut: list[object] = []
        for name, value in row.items():
            if isinstance(value, float) and name.endswith(_TIMES):
                cut.append(value)
            elif isinstance(value, str) and len(parts := self._split.split(value)) > 1:
                cut.append(parts)
            else:
                cut.append((value,))
        return cut


def _pasted(row: Sequence[object], names: Names, later: float) -> tuple[Any, ...]:
    made: list[object] = []
    for part in row:
        if isinstance(part, float):
            made.append(part + later)
        elif isinstance(part, list):
            made.append("".join([names.get(one, one) for one in cast("list[str]", part)]))
        else:
            made.append(cast("tuple[object]", part)[0])
    return tuple(made)
