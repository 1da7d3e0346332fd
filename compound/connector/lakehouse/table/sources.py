"""Tables in a lakehouse's folder: names, formats, fingerprints; no table is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from compound.connector.lakehouse.value.types import TableFormat, TableOptions
from compound.errors import ConnectorError
from compound.language.sha import sha

_ICEBERG: Final = re.compile(r"\.metadata\.json$|^version-hint\.text$|^snap-.*\.avro$")
BUILD: Final = 3
"""Version of the snapshot's layout; part of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table on disk.

    Attributes:
        name: Name in SQL.
        path: The folder or file.
        format: Storage format.
        inner: Name inside a `.duckdb` file.
        version: The requested Delta version; None: the newest.
        options: Options of the connection file.
        folders: Folders that may contain its files: the lakehouse, then further allowed folders.
    """

    name: str
    path: Path
    format: TableFormat
    options: TableOptions
    inner: str = ""
    version: int | None = None
    folders: tuple[Path, ...] = ()

    def files(self) -> Iterator[Path]:
        """The files that determine the version."""
        if self.format == "delta":
            yield from sorted((self.path / "_delta_log").iterdir())
        elif self.format == "duckdb":
            yield self.path
            yield from self.path.parent.glob(f"{self.path.name}.wal")
        else:
            yield from parquet_files(self.path)

    def fingerprint(self) -> str:
        """Digest of path, files (name, size, time) and options; the key of the snapshot.

        Raises:
            ConnectorError: ``lakehouse.missing-table``: the table was removed.
        """
        seen = [f"{BUILD}|{self.path}|{self.inner}|{self.version}|{self.options.hide}|{self.options.cluster_by}"]
        seen.append(f"{self.options.customer_key!r}|{[str(folder) for folder in self.folders]}")
        try:
            for file in self.files():
                stat = file.stat()
                seen.append(f"{file.relative_to(self.path.parent)}|{stat.st_size}|{stat.st_mtime_ns}")
        except OSError as error:
            what = f"table {self.name!r} at {self.path} cannot be read: {error.strerror}"
            raise ConnectorError("lakehouse.missing-table", what, fix="restore the table") from error
        return sha("\n".join(seen), 20)


def parquet_files(path: Path) -> list[Path]:
    """Data files below a folder, or the file itself; hidden and underscored names are ignored."""
    if path.is_file():
        return [path]
    found: list[Path] = []
    seen: set[str] = set()
    # A linked folder is part of the table; `keep_inside` checks where it leads.
    for folder, folders, names in os.walk(path, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders[:] = []
            continue
        seen.add(real)
        if "_delta_log" in folders:
            # Only its log says which files are data.
            folders[:] = []
            continue
        folders[:] = sorted(name for name in folders if not name.startswith(("_", ".")))
        kept = (name for name in sorted(names) if name.endswith(".parquet") and name[0] not in "_.")
        found.extend(Path(folder) / name for name in kept)
    return found


def foreign_format(path: Path) -> tuple[str, Path] | None:
    """The format and path of a non-Delta table log in or below a folder; its files are not its rows."""
    if not path.is_dir():
        return None
    for folder, folders, names in os.walk(path):
        here = Path(folder)
        if "_delta_log" in folders:
            folders[:] = []
        elif ".hoodie" in folders:
            return "Apache Hudi", here
        elif "_spark_metadata" in folders:
            return "a sink of Spark streaming", here
        elif {"snapshot", "schema", "manifest"} <= set(folders):
            return "Apache Paimon", here
        elif here.name == "metadata" and any(_ICEBERG.search(name) for name in names):
            return "Apache Iceberg", here.parent
    return None


def discover(root: Path) -> list[tuple[str, Path, TableFormat]]:
    """Tables directly below `root`, sorted by name; a folder that is a table is the only one.

    Raises:
        ConnectorError: ``lakehouse.missing``: the folder does not exist.
    """
    if not root.is_dir():
        what = f"lakehouse {root} does not exist"
        raise ConnectorError("lakehouse.missing", what, fix="seed it, or correct the profile's folder")
    if (root / "_delta_log").is_dir():
        return [(root.name, root, "delta")]
    own = foreign_format(root)
    if own is not None and own[1] == root:
        return [(root.name, root, "parquet")]
    return list(_children(sorted(root.iterdir())))


def _children(paths: Iterable[Path]) -> Iterator[tuple[str, Path, TableFormat]]:
    for path in paths:
        if path.name.startswith((".", "_")):
            continue
        if path.is_dir():
            if (path / "_delta_log").is_dir():
                yield path.name, path, "delta"
            elif parquet_files(path) or foreign_format(path):
                yield path.name, path, "parquet"
        elif path.suffix == ".parquet":
            yield path.stem, path, "parquet"
        elif path.suffix == ".duckdb":
            yield path.stem, path, "duckdb"


def unread(root: Path, name: str) -> str:
    """What to do about a file of this name that looks like a table and is none; empty where there is no such file."""
    found = next((path for path in sorted(root.glob("*.*")) if (path.stem, path.suffix) in _near(name)), None)
    return f"{found.name} is not read: write it as Parquet, or as a Delta table with `write_table`" if found else ""


def _near(name: str) -> list[tuple[str, str]]:
    return [(name, ending) for ending in (".csv", ".tsv", ".json", ".jsonl", ".xlsx")]
