"""Prevents reads outside of the lakehouse through links or table logs.

The log of a Delta table names its files: usually beside it, but an absolute path, a `file://` URL or `..` could name
any file that this process can read. The log is untrusted, so every name is checked against the folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn, cast
from urllib.parse import unquote, urlsplit

import duckdb
import orjson

from compound.connector.lakehouse.table.sources import Source
from compound.connector.lakehouse.value.values import literal
from compound.errors import ConnectorError
from compound.spec.inside import is_inside

_COMMIT: Final = re.compile(r"(\d{20})\.json")
_CHECKPOINT: Final = re.compile(r"(\d{20})\.checkpoint\..*(parquet|json)")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_UUID_CHARS: Final = 20


def keep_inside(source: Source) -> None:
    """Refuse a table whose folder, log or Parquet files lead out of the lakehouse.

    Raises:
        ConnectorError: ``lakehouse.outside``.
    """
    if not is_inside(source.path, source.folders):
        _outside(source, source.path)
    if source.format == "delta":
        log = source.path / "_delta_log"
        # Only links can lead out of an inner folder; a long log has thousands of regular files.
        files: Iterable[Path] = (log, *(file for file in log.rglob("*") if file.is_symlink()))
    else:
        files = source.files()
    for file in files:
        if not is_inside(file, source.folders):
            _outside(source, file)


def keep_log_inside(source: Source, version: int) -> None:
    """Refuse a Delta version whose log names files outside of the lakehouse: data, deletion vectors, parts of itself.

    Raises:
        ConnectorError: ``lakehouse.outside``; ``lakehouse.delta-log``: the log cannot be read.
    """
    try:
        for base, name in _named(source, version):
            for written in {name, unquote(name), unquote(unquote(name))}:
                place = _place(base, written)
                if place is None or not is_inside(place, source.folders):
                    _outside(source, name)
    except (OSError, ValueError, KeyError, TypeError, duckdb.Error) as error:
        what = f"table {source.name!r} at {source.path} is broken: its log cannot be read ({type(error).__name__})"
        raise ConnectorError("lakehouse.delta-log", what, fix="restore the log from a backup") from error


def _place(base: Path, name: str) -> Path | None:
    """The path that a name in the log refers to; None if it is not a local file."""
    if _SCHEME.match(name):
        url = urlsplit(name)
        return Path(url.path) if url.scheme.lower() == "file" and url.netloc in ("", "localhost") else None
    return None if "\x00" in name else base / name


def _named(source: Source, version: int) -> Iterator[tuple[Path, str]]:
    """Folder and name of every file that a version reads."""
    log = source.path / "_delta_log"
    names = sorted(path.name for path in log.iterdir())
    kept = [
        (int(found[1]), name) for name in names if (found := _CHECKPOINT.fullmatch(name)) and int(found[1]) <= version
    ]
    start = max((number for number, _ in kept), default=-1)
    live: dict[str, Mapping[str, Any]] = {}
    for number, name in kept:
        if number == start:
            for action in _checkpoint(log / name):
                if "sidecar" in action:
                    yield log / "_sidecars", str(action["sidecar"]["path"])
                    _apply(live, _checkpoint(_place(log / "_sidecars", str(action["sidecar"]["path"])) or log))
                _apply(live, [action])
    for name in names:
        found = _COMMIT.fullmatch(name)
        if found and start < int(found[1]) <= version:
            actions = list(_lines(log / name))
            _apply(live, [action for action in actions if "remove" in action])
            _apply(live, [action for action in actions if "add" in action])
    for add in live.values():
        yield source.path, str(add["path"])
        vector = add.get("deletionVector")
        if vector and vector["storageType"] == "p":
            yield source.path, str(vector["pathOrInlineDv"])
        elif vector and vector["storageType"] == "u":
            yield source.path, str(vector["pathOrInlineDv"])[:-_UUID_CHARS] or "."


def _apply(live: dict[str, Mapping[str, Any]], actions: Iterable[Mapping[str, Any]]) -> None:
    for action in actions:
        if "remove" in action:
            live.pop(str(action["remove"]["path"]), None)
        elif "add" in action:
            live[str(action["add"]["path"])] = action["add"]


def _lines(file: Path) -> Iterator[Mapping[str, Any]]:
    with file.open("rb") as lines:
        for line in lines:
            if b'"add"' in line or b'"remove"' in line or b'"sidecar"' in line:
                yield cast("Mapping[str, Any]", orjson.loads(line))


def _checkpoint(file: Path) -> Iterator[Mapping[str, Any]]:
    if file.suffix == ".json":
        yield from _lines(file)
        return
    with duckdb.connect(config={"threads": 1, "python_enable_replacements": False}) as connection:
        relation = f"read_parquet({literal(str(file))})"
        there = {str(row[0]) for row in connection.execute(f"DESCRIBE FROM {relation}").fetchall()}
        for kind in sorted({"add", "sidecar"} & there):
            sql = f"SELECT to_json({kind})::VARCHAR FROM {relation} WHERE {kind} IS NOT NULL"
            for row in connection.execute(sql).fetchall():
                yield {kind: orjson.loads(row[0])}


def _outside(source: Source, place: object) -> NoReturn:
    what = f"table {source.name!r} reads {place}, which lies outside of the lakehouse at {source.folders[0]}"
    fix = 'copy it into the lakehouse, or allow its folder: allow_folders = ["/folder"] in [tool.compound]'
    raise ConnectorError("lakehouse.outside", what, fix=fix)
