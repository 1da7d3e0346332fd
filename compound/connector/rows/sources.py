"""Reads rows from a path, by file format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from compound.connector.rows.jsonl import read_jsonl
from compound.connector.rows.tables import read_csv, read_delta, read_parquet
from compound.errors import ConnectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from compound.connector.rows.row import Row

_READERS: Final[Mapping[str, Callable[[Path], Iterator[Row]]]] = {
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".parquet": read_parquet,
}
ENDINGS: Final = tuple(_READERS)


def read_rows(path: Path) -> Iterator[Row]:
    """Every row of a JSONL, CSV or Parquet file, of a Delta table's folder, or of a folder of such files.

    Raises:
        ConnectorError: `row.no-source`: the path does not exist or has another format; `row.source-unreadable`.
    """
    if path.is_dir() and (path / "_delta_log").is_dir():
        yield from read_delta(path)
        return
    files = sorted(file for file in path.iterdir() if file.suffix in _READERS) if path.is_dir() else [path]
    if not files or not path.exists():
        what = f"{path} contains no supported file" if path.is_dir() else f"{path} does not exist"
        raise ConnectorError("row.no-source", what, fix=f"name a Delta table's folder, or a file: {', '.join(ENDINGS)}")
    for file in files:
        reader = _READERS.get(file.suffix.lower())
        if reader is None:
            what = f"cannot read rows from {file.suffix or 'a file without extension'}: {file}"
            fix = f"save it as one of {', '.join(ENDINGS)}"
            raise ConnectorError("row.no-source", what, fix=fix)
        try:
            yield from reader(file)
        except OSError as error:
            what = f"{file} cannot be read: {error.strerror or error}"
            raise ConnectorError("row.source-unreadable", what, fix="check the file and its permissions") from error
