"""A store with any number of reviews: a few real ones, and copies of them written in bulk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa

from compound.connector.state import tables
from compound.connector.state.digest import digest
from tests.bench.serve.copies import OF_REVIEW, OF_RUN, Copier, Names, read
from tests.bench.serve.desk import FIRST, GRAPHS, drafted, letter

if TYPE_CHECKING:
    from compound.connector.state import StateStore
    from tests.project.keys.table import Place

KINDS: Final = 3
"""Real letters of each graph; the last one of each is decided."""
DAYS: Final = 20
"""The copies were opened in so many days."""
AT_ONCE: Final = 2_000
TABLES: Final = (tables.run, tables.batch_item, tables.message, tables.message_run, tables.review)
LATER: Final = (tables.draft_version, tables.decision, tables.resume, tables.outbox, tables.audit)
"""Tables that refer to others."""


def seed(place: Place, reviews: int, *, resumable: int) -> None:
    """Fill a project's store: four fifths of the reviews wait, the others are decided and done.

    What customers got lies with the mailbox, which has only the replies of the real reviews.

    Args:
        place: The project, empty.
        reviews: How many reviews it has afterwards.
        resumable: The most urgent reviews that have a run to resume; the runs of the others belong to another machine.
    """
    copiers = _real(place)
    with place.open() as project:
        state = project.resources.state
        made = _copies(copiers, reviews)
        with state.write() as db:
            for part in _parts(made):
                _store(db, part, _last(db))
        if state.dialect == "postgresql":
            _analyse(state)
        checkpoints = project.settings.home / "checkpoints.db"
    with closing(sqlite3.connect(checkpoints)) as db, db:
        _keep(db, _copies(copiers, reviews), resumable)


def _real(place: Place) -> list[Copier]:
    """Reviews that the product makes, the last of each graph approved."""
    for index, graph in enumerate(GRAPHS):
        numbers = range(FIRST + KINDS * index, FIRST + KINDS * (index + 1))
        drafted(place, graph, [letter(number, risk=number % KINDS) for number in numbers])
    with place.open() as project:
        service = project.reviews()
        ids = [one.review_id for one in sorted(service.list(), key=lambda one: str(one.item_id))]
        for review_id in ids[KINDS - 1 :: KINDS]:
            service.decide(review_id, "approve", user="ann")
        with project.resources.state.read() as db:
            return [Copier(read(db, one)) for one in ids]


Copy = tuple[Copier, Names, float]


def _copies(copiers: Sequence[Copier], reviews: int) -> Iterator[Copy]:
    """The copies, oldest first: two of five kinds of open reviews, then a decided one."""
    open_ones = [one for one in copiers if one.real.is_open]
    decided = [one for one in copiers if not one.real.is_open]
    n = reviews - len(copiers)
    for at in range(n):
        kinds = decided if at % 5 == 4 else open_ones
        copier = kinds[at % len(kinds)]
        yield copier, copier.names(FIRST + len(copiers) + at), (at - n) * DAYS * 86_400 / n


def _parts(made: Iterator[Copy]) -> Iterator[list[Copy]]:
    part: list[Copy] = []
    for one in made:
        part.append(one)
        if len(part) == AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _last(db: sa.Connection) -> tuple[int, str]:
    row = db.execute(sa.select(tables.audit.c.seq, tables.audit.c.hash).order_by(tables.audit.c.seq.desc())).first()
    assert row is not None
    return int(row.seq), str(row.hash)


def _store(db: sa.Connection, part: Sequence[Copy], last: tuple[int, str]) -> None:
    rows: dict[str, list[tuple[Any, ...]]] = {table.name: [] for table in (*TABLES, *LATER)}
    for copier, names, later in part:
        for name, own in copier.rows(names, later).items():
            rows[name] += own
        for one in copier.audit(names, later):
            last, row = _linked(last, one)
            rows["audit"].append(row)
    seqs: dict[str, int] = {}
    rows["batch_item"] = [_numbered(one, seqs, db) for one in rows["batch_item"]]
    for table in (*TABLES, *LATER):
        _insert(db, table, rows[table.name])


def _linked(last: tuple[int, str], row: tuple[Any, ...]) -> tuple[tuple[int, str], tuple[Any, ...]]:
    """A row of the audit log behind the last one."""
    names = [one.name for one in tables.audit.c]
    one = dict(zip(names, row, strict=True))
    seq, prev = last[0] + 1, last[1]
    record = [seq, one["at"], one["actor"], one["event"], one["subject"], orjson.loads(one["details"])]
    one |= {"seq": seq, "prev_hash": prev, "hash": digest([prev, record])}
    return (seq, str(one["hash"])), tuple(one.values())


def _numbered(row: tuple[Any, ...], seqs: dict[str, int], db: sa.Connection) -> tuple[Any, ...]:
    """A row of a batch behind the last one."""
    item = tables.batch_item.c
    job, at = row[0], [one.name for one in item].index("seq")
    if job not in seqs:
        seqs[job] = int(db.execute(sa.select(sa.func.max(item.seq)).where(item.job_id == job)).scalar_one())
    seqs[job] += 1
    return (*row[:at], seqs[job], *row[at + 1 :])


def _insert(db: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    columns = ", ".join(f'"{one.name}"' for one in table.c)
    if db.dialect.name == "postgresql":
        raw: Any = db.connection.driver_connection
        with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(table.c))
    db.exec_driver_sql(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", list(rows))


def _analyse(state: StateStore) -> None:
    """What the server does by itself within a minute."""
    with state.write() as db:
        for table in (*TABLES, *LATER):
            db.exec_driver_sql(f"ANALYZE {table.name}")


def _keep(db: sqlite3.Connection, made: Iterator[Copy], resumable: int) -> None:
    """The checkpoints of the runs that a person will decide first."""
    kept: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for copier, names, _later in made:
        if not copier.real.is_open or not copier.real.one("review")["due_at"]:
            continue
        for table in ("checkpoints", "writes"):
            run_id = copier.real.run_id
            if (table, run_id) not in kept:
                kept[table, run_id] = db.execute(f"SELECT * FROM {table} WHERE thread_id = ?", [run_id]).fetchall()
            rows = [tuple(copier.bytes(value, names) for value in row) for row in kept[table, run_id]]
            db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        resumable -= 1
        if resumable <= 0:
            return


assert {one.name for one in (*OF_RUN, *OF_REVIEW)} < {one.name for one in (*TABLES, *LATER)}
