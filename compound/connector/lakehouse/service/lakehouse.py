"""`Lakehouse`: a folder of tables, pinned, read through hardened DuckDB."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

import duckdb

from compound.connector.lakehouse.query.engine import QueryEngine
from compound.connector.lakehouse.query.query import Prepared, bind, bound_as, execute, plan_rows
from compound.connector.lakehouse.service.asking import Ask, Asked, Reviewed, bind_apart, prepare_ask, reviewed
from compound.connector.lakehouse.service.workers import Cancellation, Workers
from compound.connector.lakehouse.statement.guard import guard, readable
from compound.connector.lakehouse.table.fence import keep_inside
from compound.connector.lakehouse.table.snapshot import prune, snapshot
from compound.connector.lakehouse.table.sources import Source, discover, foreign_format, unread
from compound.connector.lakehouse.value.types import (
    DEFAULT_RESOURCES,
    NO_OPTIONS,
    Limits,
    QueryResult,
    Resources,
    TableInfo,
    TableOptions,
)
from compound.connector.lakehouse.value.values import quoted
from compound.errors import ConnectorError, Location, choices

if TYPE_CHECKING:
    from typing import Self

_PREPARED: Final = 256
_DEAF_S: Final = 0.5
"""A statement that ignores an interrupt for this long runs in a worker process next time."""
_WHOLE: Final = Limits(rows=10_000_000, cell_chars=1_000_000, bytes=2_000_000_000, ms=120_000)


class Lakehouse:
    """Tables at pinned versions, and queries over them.

    A table that cannot be read exactly does not affect the others: its error is raised on access.
    Thread-safe; each thread has its own cursor.

    Attributes:
        path: The folder.
        limits: Caps on every query; a query can set lower ones.
        resources: Memory, threads and worker processes.
        broken: Table name to the error of an unreadable table.
    """

    def __init__(  # noqa: PLR0913  each part stands alone
        self,
        path: Path,
        sources: Mapping[str, Source],
        broken: Mapping[str, ConnectorError],
        *,
        cache_dir: Path,
        limits: Limits,
        resources: Resources,
        allow_folders: Sequence[Path] = (),
    ) -> None:
        self.path = path
        self.limits = limits
        self._sources = dict(sources)
        self._cache_dir = cache_dir
        self._allow_folders = tuple(allow_folders)
        self.resources = resources
        self._workers: Workers | None = None
        self._tables: dict[str, TableInfo] = {}
        self.broken: dict[str, ConnectorError] = dict(broken)
        files: dict[str, Path] = {}
        for name, source in sources.items():
            try:
                self._tables[name], files[name] = snapshot(source, cache_dir)
            except ConnectorError as error:
                self.broken[name] = error
        self._files = files
        self._folded = {name.casefold(): name for name in self._tables}
        cache_dir.mkdir(parents=True, exist_ok=True)
        self._engine = QueryEngine(files, cache_dir, resources)
        self._prepared: dict[tuple[str, frozenset[str], Limits], Prepared] = {}
        self._long: set[str] = set()
        self._lock = threading.Lock()
        self._is_closed = False

    @classmethod
    def open(  # noqa: PLR0913  independent options
        cls,
        path: str | Path,
        *,
        cache_dir: str | Path,
        tables: Mapping[str, TableOptions] | None = None,
        versions: Mapping[str, int] | None = None,
        limits: Limits | None = None,
        resources: Resources = DEFAULT_RESOURCES,
        allow_folders: Sequence[str | Path] = (),
    ) -> Self:
        """Pin and open every table directly below `path`.

        Args:
            path: Folder of Delta tables, Parquet folders or files, and `.duckdb` files.
            cache_dir: Folder of snapshots; can be shared by processes and deleted at any time.
            tables: Options of single tables.
            versions: Delta versions to read instead of the newest.
            limits: Caps on every query.
            allow_folders: Further folders that links and logs of tables may refer to.
            resources: Memory, threads and worker processes, which start with the first `ask`.

        Raises:
            ConnectorError: ``lakehouse.missing``: the folder does not exist; ``lakehouse.missing-table``:
                `tables` or `versions` name an unknown table; ``lakehouse.same-name``; ``lakehouse.cache``.

        Cost: 1 to 2 ms per table with a snapshot; building one takes 60 ms or more.
        """
        root = Path(path).resolve()
        cache = Path(cache_dir).resolve()
        allowed = tuple(Path(folder).resolve() for folder in allow_folders)
        sources, broken = _sources((root, *allowed), tables or {}, versions or {})
        return cls(
            root,
            sources,
            broken,
            cache_dir=cache,
            limits=limits or Limits(),
            resources=resources,
            allow_folders=allowed,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and stop the worker processes; further queries fail."""
        with self._lock:
            self._is_closed = True
            workers = self._workers
        if workers is not None:
            workers.close()
        self._engine.close()

    def tables(self) -> dict[str, TableInfo]:
        """Readable tables by name, at their pinned versions."""
        return dict(self._tables)

    def table(self, name: str) -> TableInfo:
        """A table; names are case-insensitive, as in SQL.

        Raises:
            ConnectorError: ``lakehouse.missing-table``, or why the table cannot be read.
        """
        found = self._folded.get(name.casefold())
        if found is not None:
            return self._tables[found]
        for broken, error in self.broken.items():
            if broken.casefold() == name.casefold():
                raise error
        what = f"table {name!r} does not exist in {self.path}"
        fix = unread(self.path, name) or choices(list(self._tables), name)
        raise ConnectorError("lakehouse.missing-table", what, fix=fix)

    def pin(self) -> Lakehouse:
        """Pin the newest versions: returns this object if nothing changed, else a new one.

        Unchanged tables keep their snapshots. Cost without changes: one `stat` per log file.
        """
        if not self.broken and all(
            source.fingerprint() == self._tables[name].fingerprint for name, source in self._sources.items()
        ):
            found = {name for name, _, kind in discover(self.path) if kind != "duckdb"}
            if found == {name for name, source in self._sources.items() if source.format != "duckdb"}:
                return self
        options = {name: source.options for name, source in self._sources.items() if source.options != NO_OPTIONS}
        versions = {name: source.version for name, source in self._sources.items() if source.version is not None}
        return Lakehouse.open(
            self.path,
            cache_dir=self._cache_dir,
            tables=options,
            versions=versions,
            limits=self.limits,
            resources=self.resources,
            allow_folders=self._allow_folders,
        )

    def prune(self) -> None:
        """Delete snapshots that were not opened for an hour, except the newest few."""
        prune(self._cache_dir, self._files.values())

    def prepare(
        self,
        sql: str,
        *,
        tables: Collection[str] | None = None,
        samples: Mapping[str, object] | None = None,
        limits: Limits | None = None,
        where: Location | None = None,
    ) -> Prepared:
        """Guard a statement and bind it to the pinned tables, without running it.

        Args:
            sql: One SELECT.
            tables: Tables that it may read; None: all readable ones.
            samples: A value of the right type for each parameter.
            limits: Caps, within those of the lakehouse.
            where: Place of the statement, for messages.

        Raises:
            ProjectError: ``sql.*``.
            ConnectorError: ``lakehouse.*``: a table is missing or cannot be read.
        """
        infos = {info.name: info for info in map(self.table, self._tables if tables is None else tables)}
        statement = guard(sql, tables=infos, where=where)
        used = [infos[name] for name in sorted(statement.tables)]
        capped = (limits or self.limits).within(self.limits)
        if statement.is_long:
            return bind_apart(self._apart, statement, samples or {}, capped, used, where)
        return bind(self._engine.cursor(), statement, samples or {}, capped, used, where)

    def whole_table(self, name: str) -> QueryResult:
        """Every row of a table; see `select`."""
        return self.select(f"SELECT * FROM {quoted(self.table(name).name)}")

    def select(self, sql: str) -> QueryResult:
        """Every row of one SELECT, for programs, under larger caps; raises like `query`."""
        found = self.prepare(sql)
        return self.execute(bound_as(found.columns, found.statement, _WHOLE, found.tables, None))

    def prepare_ask(self, ask: Ask, *, where: Location | None = None) -> Prepared:
        """Guard, narrow and bind SQL of a reviewed file in this process, without running it.

        Raises:
            ProjectError: ``sql.*``.
        """
        return prepare_ask(self._engine.cursor(), self._tables, ask, where)

    def ask(self, ask: Ask, cancellation: Cancellation | None = None) -> Asked:
        """Run SQL written by a model in a worker process, under one time and memory limit for all steps.

        Raises:
            ProjectError: ``sql.*``: what is wrong with the statement.
            ConnectorError: ``lakehouse.timeout``, ``lakehouse.memory``, ``lakehouse.query-failed``;
                ``lakehouse.worker``: the query crashed its worker, or no worker could be started.
            Stopped: It was cancelled.

        Cost: about 1 ms more than in this process; about 1 s if a worker must be started.
        """
        readable(ask.sql)
        try:
            return self._started_workers().ask(ask, cancellation or Cancellation())
        except ConnectorError as error:
            if error.code == "lakehouse.cache-damaged":
                self._engine.damaged()
            raise

    def _apart(self, request: Reviewed) -> Asked:
        return self._started_workers().ask(request, Cancellation())

    def _started_workers(self) -> Workers:
        with self._lock:
            if self._is_closed:
                raise ConnectorError("lakehouse.closed", "the lakehouse is closed", fix="open it again")
            if self._workers is None:
                hello = {
                    "tables": self._tables,
                    "files": {name: str(file) for name, file in self._files.items()},
                    "cache_dir": str(self._cache_dir),
                    "memory_mb": self.resources.worker_memory_mb,
                }
                self._workers = Workers(hello, self.resources.workers)
            return self._workers

    def plan_rows(self, prepared: Prepared) -> int:
        """Rows that all steps of a statement's plan touch, as estimated by the engine; nothing is run.

        Raises:
            ConnectorError: ``lakehouse.timeout``, ``lakehouse.memory``, ...
        """
        return plan_rows(self._engine, prepared)

    def execute(self, prepared: Prepared, params: Mapping[str, object] | None = None) -> QueryResult:
        """Run a prepared statement on this thread, or in a worker process if an interrupt may not stop it.

        Raises:
            ConnectorError: ``lakehouse.timeout``, ``lakehouse.memory``, ``lakehouse.query-failed``, ...
        """
        fingerprint = prepared.statement.fingerprint
        begun = time.monotonic()
        try:
            if prepared.statement.is_long or fingerprint in self._long:
                return self._apart(reviewed(prepared, params or {})).result
            return execute(self._engine, prepared, params or {})
        except ConnectorError as error:
            if error.code == "lakehouse.cache-damaged":
                self._engine.damaged()
            if error.code == "lakehouse.timeout" and time.monotonic() - begun > prepared.limits.ms / 1_000 + _DEAF_S:
                self._long.add(fingerprint)
            raise

    def query(
        self,
        sql: str,
        params: Mapping[str, object] | None = None,
        *,
        tables: Collection[str] | None = None,
        limits: Limits | None = None,
    ) -> QueryResult:
        """Guard, bind and run; guarding and binding are cached by text.

        Raises:
            ProjectError: ``sql.*``.
            ConnectorError: ``lakehouse.*``.
        """
        key = (sql, frozenset(tables or ()), limits or self.limits)
        prepared = self._prepared.get(key)
        if prepared is None:
            prepared = self.prepare(sql, tables=tables, samples=params, limits=limits)
            with self._lock:
                if len(self._prepared) >= _PREPARED:
                    self._prepared.clear()
                self._prepared[key] = prepared
        return self.execute(prepared, params)


def _sources(
    folders: tuple[Path, ...], options: Mapping[str, TableOptions], versions: Mapping[str, int]
) -> tuple[dict[str, Source], dict[str, ConnectorError]]:
    """Every table below the folder, and errors of those that cannot be listed."""
    root = folders[0]
    sources: dict[str, Source] = {}
    broken: dict[str, ConnectorError] = {}
    for name, path, kind in discover(root):
        source = Source(
            name=name,
            path=path,
            format=kind,
            options=options.get(name, NO_OPTIONS),
            version=versions.get(name),
            folders=folders,
        )
        if kind != "duckdb":
            foreign = foreign_format(path) if kind == "parquet" else None
            if foreign is not None:
                broken[name] = _foreign(name, *foreign)
            else:
                _add(sources, source)
            continue
        try:
            keep_inside(source)
            inner = _tables_of(path)
        except ConnectorError as error:
            broken[name] = error
            continue
        except duckdb.Error as error:
            what = f"the DuckDB file {path} cannot be opened: {str(error).splitlines()[0]}"
            fix = "close the process that writes it, or restore the file"
            broken[name] = ConnectorError("lakehouse.unreadable", what, fix=fix)
            continue
        for table in inner:
            _add(sources, replace(source, name=table, inner=table, options=options.get(table, NO_OPTIONS)))
    unknown = sorted((options.keys() | versions.keys()) - sources.keys() - broken.keys())
    if unknown:
        what = f"the connection names table {unknown[0]!r}, but {root / unknown[0]} does not exist"
        fix = f"restore it, or remove it from connectors/lakehouse.yaml; {choices(list(sources), unknown[0])}"
        raise ConnectorError("lakehouse.missing-table", what, fix=fix)
    return sources, broken


def _foreign(name: str, kind: str, place: Path) -> ConnectorError:
    what = f"table {name!r} is {kind} at {place}: this format's log is not supported"
    fix = "export it to Delta or plain Parquet, or move it to another folder"
    return ConnectorError("lakehouse.format", what, fix=fix)


def _add(sources: dict[str, Source], source: Source) -> None:
    for name, other in sources.items():
        if name.casefold() == source.name.casefold():
            what = f"two tables have the name {source.name!r}: {other.path} and {source.path}"
            raise ConnectorError("lakehouse.same-name", what, fix="rename one")
    sources[source.name] = source


def _tables_of(path: Path) -> list[str]:
    connection = duckdb.connect(str(path), read_only=True)
    try:
        sql = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND NOT internal ORDER BY 1"
        return [str(row[0]) for row in connection.execute(sql).fetchall()]
    finally:
        connection.close()
