"""Writes results as JSONL, Parquet or a Delta table: atomically, each id once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from compound.connector.rows.sources import read_rows
from compound.errors import CompoundError, ConnectorError

if TYPE_CHECKING:
    from pydantic import JsonValue

COLUMNS: Final[tuple[str, ...]] = ("id", "output", "status", "run")
_SCHEMA: Final[Mapping[str, str]] = dict.fromkeys(COLUMNS, "VARCHAR")
Result = Mapping[str, "JsonValue"]


@dataclass(frozen=True)
class ResultFile:
    """A file, or a Delta table, of results: `id`, `output`, `status`, `run`.

    `output` is a JSON value in JSONL, and JSON text in Parquet and Delta, which need one type per column.

    Attributes:
        path: `*.jsonl`, `*.parquet`, or the folder of a Delta table.
    """

    path: Path

    @cached_property
    def kind(self) -> str:
        """`jsonl`, `parquet` or `delta`.

        Raises:
            ConnectorError: `batch.bad-results`: another extension.
        """
        suffix = self.path.suffix.lower()
        if suffix in (".jsonl", ".parquet"):
            return suffix[1:]
        if suffix and not self.path.is_dir():
            raise _bad(f"cannot write results as {suffix}: {self.path}")
        return "delta"

    def read(self) -> list[Result]:
        """The stored results; empty if the file does not exist yet.

        Raises:
            ConnectorError: `batch.bad-results`: it contains something else, or cannot be written.
        """
        if self.kind == "delta":
            is_new = not self.path.exists() or (self.path.is_dir() and not any(self.path.iterdir()))
            is_wrong = self.path.exists() and not is_new and not (self.path / "_delta_log").is_dir()
        else:
            is_new = not self.path.exists() or (self.path.is_file() and not self.path.stat().st_size)
            is_wrong = self.path.is_dir()
        if is_wrong:
            raise _bad(f"{self.path} exists and does not contain results")
        _require_room(self.path)
        return [] if is_new else self._rows()

    def _rows(self) -> list[Result]:
        found: list[Result] = []
        try:
            for row in read_rows(self.path):
                if row.record is None or set(row.record) != set(COLUMNS):
                    raise _bad(f"{row.where} is not a result: a result has {', '.join(COLUMNS)}")
                found.append({name: row.record[name] for name in COLUMNS})
        except CompoundError as error:
            if error.code == "batch.bad-results":
                raise
            raise _bad(f"{self.path} cannot be read: {error.what}") from error
        return found

    def stored(self, result: Result) -> Result:
        """Convert a result to the form that `read` returns."""
        import orjson

        output = result["output"]
        if self.kind != "jsonl" and output is not None:
            return {**result, "output": orjson.dumps(output).decode()}
        return result

    def write(self, results: Sequence[Result]) -> None:
        """Replace the stored results atomically.

        Args:
            results: As `stored` returns them.

        Raises:
            ConnectorError: `batch.cannot-write`: a disk error.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.kind == "delta":
                self._write_delta(results)
            else:
                self._write_file(results)
        except OSError as error:
            what = f"{error.filename or self.path} cannot be written: {error.strerror or error}"
            fix = "free some space or check its permissions; the same command then resumes"
            raise ConnectorError("batch.cannot-write", what, fix=fix) from error

    def _write_delta(self, results: Sequence[Result]) -> None:
        from compound.connector.lakehouse import write_table

        write_table(self.path.parent, self.path.name, results, mode="overwrite", schema=_SCHEMA)

    def _write_file(self, results: Sequence[Result]) -> None:
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        try:
            if self.kind == "jsonl":
                import orjson

                temporary.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in results))
            else:
                _write_parquet(temporary, results)
            temporary.replace(self.path)
        finally:
            temporary.unlink(missing_ok=True)


def _write_parquet(path: Path, results: Sequence[Result]) -> None:
    import duckdb

    from compound.connector.lakehouse.service.writer import arrow

    try:
        with duckdb.connect(config={"threads": 1}) as db:
            db.from_arrow(arrow(results, _SCHEMA)).write_parquet(str(path), compression="zstd")
    except duckdb.Error as error:
        raise OSError(None, " ".join(str(error).split())[:200], str(path)) from error


def _require_room(path: Path) -> None:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise _bad(f"{path} cannot be written: {folder} is {'a file' if folder.is_file() else 'not writable'}")


def _bad(what: str) -> ConnectorError:
    fix = "--to a new file *.jsonl or *.parquet, or the folder of a Delta table; or one that an earlier batch wrote"
    return ConnectorError("batch.bad-results", what, fix=fix)
