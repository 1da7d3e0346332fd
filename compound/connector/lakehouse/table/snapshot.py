"""Snapshots: one native DuckDB file per version of a table, built once and shared read-only by every process.

A snapshot is a folder `<name>-<fingerprint>/` with `table.duckdb` (one table `t`, sorted by its key) and
`manifest.json`. It is built in a temporary folder and published by renaming, so it is never partial.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
from pydantic import TypeAdapter, ValidationError

from compound.connector.lakehouse.table.fence import keep_inside
from compound.connector.lakehouse.table.ingest import ingest
from compound.connector.lakehouse.table.sources import Source
from compound.connector.lakehouse.value.types import TableInfo
from compound.errors import ConnectorError

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE: Final = "table.duckdb"
_MANIFEST: Final = "manifest.json"
_HASHED_BYTES: Final = 64 * 1024 * 1024
_KEEP: Final = 3
_KEEP_S: Final = 3_600
_INFO: Final = TypeAdapter(TableInfo)
_SAFE: Final = re.compile(r"[^A-Za-z0-9_-]")


def snapshot(source: Source, cache_dir: Path, *, fingerprint: str = "") -> tuple[TableInfo, Path]:
    """The table at its version and its DuckDB file; built if missing or damaged.

    Raises:
        ConnectorError: ``lakehouse.*``: the table cannot be read exactly, or the cache cannot be written.
    """
    keep_inside(source)
    fingerprint = fingerprint or source.fingerprint()
    folder = cache_dir / f"{_SAFE.sub('_', source.name)[:40]}-{fingerprint}"
    for _ in range(3):
        info = _read_manifest(folder, source)
        if info is not None:
            return info, folder / FILE
        _build(source, fingerprint, folder)
    what = f"the snapshot of table {source.name!r} is damaged after each build"
    raise ConnectorError("lakehouse.cache", what, fix="check the disk of the cache folder")


def discard(file: Path) -> None:
    """Discard a damaged snapshot, so that the next open rebuilds it."""
    with contextlib.suppress(OSError):
        (file.parent / _MANIFEST).unlink()


def prune(cache_dir: Path, keep: Iterable[Path]) -> None:
    """Delete older snapshots: all but the newest few of a table, and none from the last hour."""
    kept = {file.parent for file in keep}
    by_table: dict[str, list[tuple[float, Path]]] = {}
    with contextlib.suppress(OSError):
        for folder in cache_dir.iterdir():
            name, dash, _ = folder.name.rpartition("-")
            if dash and folder not in kept:
                by_table.setdefault(name, []).append((folder.stat().st_mtime, folder))
    for entries in by_table.values():
        entries.sort(reverse=True)
        for modified, folder in entries[_KEEP:]:
            if time.time() - modified > _KEEP_S:
                shutil.rmtree(folder, ignore_errors=True)


def _read_manifest(folder: Path, source: Source) -> TableInfo | None:
    """The manifest of an intact snapshot; None if it must be built."""
    file = folder / FILE
    try:
        manifest = cast("dict[str, Any]", orjson.loads((folder / _MANIFEST).read_bytes()))
        info = _INFO.validate_python(manifest["table"])
        if file.stat().st_size != manifest["size"] or _digest(file, manifest["size"]) != manifest["sha256"]:
            return None
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        return None
    return replace(info, options=source.options)


def _build(source: Source, fingerprint: str, folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".build-", dir=folder.parent))
    except OSError as error:
        raise _cache_error(folder, error) from error
    try:
        info = ingest(source, fingerprint, work / FILE)
        size = (work / FILE).stat().st_size
        manifest = {"table": asdict(info), "size": size, "sha256": _digest(work / FILE, size)}
        (work / _MANIFEST).write_bytes(orjson.dumps(manifest))
        _publish(work, folder, source)
    except OSError as error:
        raise _cache_error(folder, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _publish(work: Path, folder: Path, source: Source) -> None:
    """Publish the finished folder; an intact one of another process wins, a damaged one is moved away."""
    for _ in range(5):
        try:
            work.rename(folder)
        except OSError:
            if not folder.exists():
                raise
            if _read_manifest(folder, source) is not None:
                return
            aside = Path(tempfile.mkdtemp(prefix=".stale-", dir=folder.parent))
            with contextlib.suppress(OSError):
                os.replace(folder, aside / "old")
            shutil.rmtree(aside, ignore_errors=True)
        else:
            return


def _digest(file: Path, size: int) -> str:
    """SHA-256 of a small file; the size of a large one, for which hashing costs too much."""
    if size > _HASHED_BYTES:
        return f"size:{size}"
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _cache_error(folder: Path, error: OSError) -> ConnectorError:
    what = f"the snapshot folder {folder.parent} cannot be written: {error.strerror or error}"
    return ConnectorError("lakehouse.cache", what, fix="free space, or point cache_dir to a writable folder")
