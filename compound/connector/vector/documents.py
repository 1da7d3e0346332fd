"""`documents.db`: the documents and passages of one version, independent of the engine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Final, cast

from compound.connector.vector.types import Filter, Scalar, StoredDocument, StoredPassage

_SCHEMA: Final = """
create table document (id text primary key, digest text not null, version text not null, title text not null,
  source text not null, text text not null, meta text not null) without rowid;
create table passage (row integer primary key, id text not null, doc_id text not null, start integer not null,
  stop integer not null, heading text not null, text text not null);
create table posting (term text primary key, rows blob not null, weights blob not null) without rowid;
"""
_BATCH: Final = 500


class DocumentsWriter:
    """Writes `documents.db`; one transaction, closed by `close`."""

    def __init__(self, folder: Path) -> None:
        self.connection = sqlite3.connect(folder / "documents.db", isolation_level=None)
        self.connection.executescript(f"pragma journal_mode=off; pragma synchronous=off;{_SCHEMA}begin;")

    def add_documents(self, documents: Iterable[StoredDocument]) -> None:
        """Store whole documents."""
        self.connection.executemany(
            "insert into document values (?,?,?,?,?,?,?)",
            ((d.id, d.digest, d.version, d.title, d.source, d.text, json.dumps(dict(d.meta))) for d in documents),
        )

    def add_passages(self, passages: Iterable[StoredPassage]) -> None:
        """Store passages, without terms and vectors."""
        self.connection.executemany(
            "insert into passage values (?,?,?,?,?,?,?)",
            ((p.row, p.id, p.document.id, p.start, p.end, p.heading, p.text) for p in passages),
        )

    def close(self) -> None:
        """Commit and close; the caller syncs the file."""
        self.connection.execute("create index passage_document on passage (doc_id, row)")
        self.connection.execute("commit")
        self.connection.close()


class DocumentsReader:
    """Reads `documents.db` of a published, immutable version."""

    def __init__(self, folder: Path) -> None:
        path = (folder / "documents.db").resolve()
        self._connection = sqlite3.connect(
            f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False, isolation_level=None
        )
        self._lock = Lock()

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """All rows of a statement; threads are serialized."""
        with self._lock:
            return cast("list[tuple[object, ...]]", self._connection.execute(sql, tuple(params)).fetchall())

    def fetch(self, rows: Sequence[int]) -> dict[int, StoredPassage]:
        """Passages of these rows with their documents, without the documents' text."""
        found: dict[int, StoredPassage] = {}
        for part in _batches(rows):
            sql = (
                "select p.row, p.id, p.start, p.stop, p.heading, p.text, "
                "d.id, d.digest, d.version, d.title, d.source, d.meta "
                f"from passage p join document d on d.id = p.doc_id where p.row in ({_marks(part)})"
            )
            for row in cast(
                "list[tuple[int, str, int, int, str, str, str, str, str, str, str, str]]",
                self.rows(sql, part),
            ):
                document = StoredDocument(
                    id=row[6],
                    text="",
                    digest=row[7],
                    version=row[8],
                    title=row[9],
                    source=row[10],
                    meta=json.loads(row[11]),
                )
                found[row[0]] = StoredPassage(
                    row=row[0],
                    id=row[1],
                    document=document,
                    start=row[2],
                    end=row[3],
                    heading=row[4],
                    text=row[5],
                )
        return found

    def document(self, doc_id: str) -> StoredDocument | None:
        """A complete document."""
        found = self.rows("select id, digest, version, title, source, text, meta from document where id = ?", [doc_id])
        if not found:
            return None
        row = cast("tuple[str, str, str, str, str, str, str]", found[0])
        return StoredDocument(
            id=row[0],
            digest=row[1],
            version=row[2],
            title=row[3],
            source=row[4],
            text=row[5],
            meta=json.loads(row[6]),
        )

    def documents(self) -> Iterator[StoredDocument]:
        """Every complete document, in order of ids."""
        for (doc_id,) in self.rows("select id from document order by id"):
            document = self.document(str(doc_id))
            if document is not None:
                yield document

    def digests(self) -> dict[str, str]:
        """Document id to digest."""
        return dict(cast("list[tuple[str, str]]", self.rows("select id, digest from document")))

    def spans(self) -> dict[str, list[tuple[int, int, int, str]]]:
        """Document id to `(row, start, end, heading)` of its passages, in order."""
        out: dict[str, list[tuple[int, int, int, str]]] = {}
        for doc_id, *span in self.rows("select doc_id, row, start, stop, heading from passage order by row"):
            out.setdefault(str(doc_id), []).append(cast("tuple[int, int, int, str]", tuple(span)))
        return out

    def allowed(self, filters: Sequence[Filter]) -> list[int]:
        """Rows of the passages that match all filters, ascending."""
        where, params = _condition(filters)
        sql = f"select p.row from passage p join document d on d.id = p.doc_id where {where} order by p.row"
        return [cast("int", row[0]) for row in self.rows(sql, params)]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def _batches(rows: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _condition(filters: Sequence[Filter]) -> tuple[str, list[object]]:
    parts: list[str] = []
    params: list[object] = []
    for each in filters:
        for key, wanted in each.items():
            values = [wanted] if isinstance(wanted, str | int) else list(wanted)
            options = [_equals(key, value, params) for value in values]
            parts.append(f"({' or '.join(options) or '0'})")
    return " and ".join(parts) or "1", params


def _equals(key: str, value: Scalar, params: list[object]) -> str:
    """SQL for one value; JSON types are distinct, as in the engines: true is not 1."""
    column = {"doc_id": "d.id", "source": "d.source"}.get(key)
    if column is not None:
        params.append(value)
        return f"{column} = ?"
    params.append(f"$.{key}")
    if isinstance(value, bool):
        params.append("true" if value else "false")
        return "json_type(d.meta, ?) = ?"
    params.extend(["text" if isinstance(value, str) else "integer", f"$.{key}", value])
    return "(json_type(d.meta, ?) = ? and json_extract(d.meta, ?) = ?)"
