"""Reading one version of a Delta table exactly, or refusing it with a reason.

Data is read through `DeltaTable.scan`, which applies deletion vectors and column mapping; reading the listed files
does not. The result is verified: the log has no gap, every feature is tested, the types match the table's schema, and
required columns contain no null.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import orjson

from compound.connector.lakehouse.table.fence import keep_log_inside
from compound.connector.lakehouse.table.sources import Source
from compound.errors import ConnectorError
from compound.language.sha import sha

if TYPE_CHECKING:
    from deltalake import DeltaTable

_READ_FEATURES: Final = frozenset(
    {"columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"}
)
_COMMIT: Final = re.compile(r"(\d{20})\.json")
_CHECKPOINT: Final = re.compile(r"(\d{20})\.checkpoint\..*parquet")
_PRIMITIVES: Final = {
    "string": "VARCHAR", "long": "BIGINT", "integer": "INTEGER", "short": "SMALLINT", "byte": "TINYINT",
    "float": "FLOAT", "double": "DOUBLE", "boolean": "BOOLEAN", "binary": "BLOB", "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE", "timestamp_ntz": "TIMESTAMP",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaVersion:
    """One version of a Delta table, open.

    Attributes:
        table: The open table.
        table_id: Its id in the metadata.
        version: The version.
        snapshot_ts: When it was committed, ISO 8601 in UTC.
        types: Column name to the DuckDB type it must have.
        required: Columns that the schema says are never null.
    """

    table: DeltaTable
    table_id: str
    version: int
    snapshot_ts: str
    types: Mapping[str, str]
    required: frozenset[str]


def open_delta(source: Source) -> DeltaVersion:
    """Open the requested version and check that it can be read exactly.

    Raises:
        ConnectorError: ``lakehouse.delta-feature``, ``lakehouse.delta-log``, ``lakehouse.delta-version``.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    log = source.path / "_delta_log"
    version = _checked_version(source, log)
    try:
        table = DeltaTable(source.path, version=version)
        metadata, protocol = table.metadata(), table.protocol()
        schema = cast("dict[str, Any]", orjson.loads(table.schema().to_json()))
    except (DeltaError, OSError, ValueError) as error:
        refuse(source, error)
    _check_features(source, protocol.reader_features or [])
    if table.version() != version:
        _broken_log(source, f"its log ends at version {version}, but version {table.version()} was read")
    keep_log_inside(source, version)
    fields = cast("list[dict[str, Any]]", schema["fields"])
    return DeltaVersion(
        table=table,
        table_id=str(metadata.id),
        version=version,
        snapshot_ts=_committed_at(log, version),
        types={str(item["name"]): _duck_type(source, str(item["name"]), item["type"]) for item in fields},
        required=frozenset(str(item["name"]) for item in fields if not item["nullable"]),
    )


def refuse(source: Source, error: Exception) -> NoReturn:
    """Convert a reader's error into one that names the table and the fix.

    Raises:
        ConnectorError: Always.
    """
    said = " ".join(str(error).split())
    low = said.lower()
    where = f"table {source.name!r} at {source.path}"
    if ("unsupported" in low and "feature" in low) or "catalog-managed" in low:
        what = f"{where} needs a Delta feature that the reader lacks: {_tail(said)}"
        fix = "rewrite the table without the feature (ALTER TABLE ... DROP FEATURE), or export it to Parquet"
        raise ConnectorError("lakehouse.delta-feature", what, fix=fix) from error
    if "not found" in low or "no such file" in low or "failed to fetch metadata for file" in low:
        what = f"{where} lists a missing data file: {_tail(said)}"
        fix = "restore the file; a version older than the last VACUUM cannot be read, pin a newer one"
        raise ConnectorError("lakehouse.missing-file", what, fix=fix) from error
    what = f"{where} cannot be read: {_tail(said)}"
    raise ConnectorError("lakehouse.unreadable", what, fix="repair the table or restore its log") from error


def _tail(said: str) -> str:
    return said if len(said) <= 300 else f"{said[:140]} ... {said[-150:]}"


def _check_features(source: Source, features: list[str]) -> None:
    unknown = sorted(set(features) - _READ_FEATURES)
    if unknown:
        what = (
            f"table {source.name!r} at {source.path} needs the Delta reader feature"
            f"{'s' if len(unknown) > 1 else ''} {', '.join(unknown)}, which the reader lacks"
        )
        fix = "rewrite the table without it (ALTER TABLE ... DROP FEATURE), or export it to Parquet"
        raise ConnectorError("lakehouse.delta-feature", what, fix=fix)


def _checked_version(source: Source, log: Path) -> int:
    """The version to read, after checking that all of its commits exist."""
    try:
        names = [path.name for path in log.iterdir()]
    except OSError as error:
        what = f"table {source.name!r} at {source.path} has no readable log: {error.strerror}"
        raise ConnectorError("lakehouse.delta-log", what, fix="restore _delta_log") from error
    commits = {int(found[1]) for name in names if (found := _COMMIT.fullmatch(name))}
    checkpoints = {int(found[1]) for name in names if (found := _CHECKPOINT.fullmatch(name))}
    newest = max(commits | checkpoints, default=None)
    if newest is None:
        _broken_log(source, "its log is empty")
    version = newest if source.version is None else source.version
    if not 0 <= version <= newest:
        what = f"table {source.name!r} has no version {version}; the newest is {newest}"
        raise ConnectorError("lakehouse.delta-version", what, fix=f"pin a version up to {newest}")
    start = max((item for item in checkpoints if item <= version), default=-1)
    missing = sorted(set(range(start + 1, version + 1)) - commits)
    if missing:
        _broken_log(source, f"commit {missing[0]} is missing from its log, which goes to {version}")
    return version


def _broken_log(source: Source, what: str) -> NoReturn:
    where = f"table {source.name!r} at {source.path} is broken: {what}"
    raise ConnectorError("lakehouse.delta-log", where, fix="restore the log from a backup")


def _committed_at(log: Path, version: int) -> str:
    """Commit time: in-commit timestamp, else the writer's, else the log file's modification time."""
    file = log / f"{version:020}.json"
    millis: float | None = None
    try:
        with file.open("rb") as lines:
            for line in lines:
                info = orjson.loads(line).get("commitInfo")
                if info:
                    millis = info.get("inCommitTimestamp") or info.get("timestamp")
                    break
        millis = millis or file.stat().st_mtime * 1_000
    except (OSError, ValueError, AttributeError):
        found = sorted(log.glob(f"{version:020}.*"))
        millis = found[0].stat().st_mtime * 1_000 if found else 0.0
    return datetime.fromtimestamp(millis / 1_000, UTC).isoformat(timespec="milliseconds")


def _duck_type(source: Source, column: str, kind: object) -> str:
    if isinstance(kind, str):
        if kind in _PRIMITIVES:
            return _PRIMITIVES[kind]
        if kind.startswith("decimal("):
            return kind.upper().replace(" ", "")
    elif isinstance(kind, dict):
        nested = cast("dict[str, Any]", kind)
        if nested["type"] == "array":
            return f"{_duck_type(source, column, nested['elementType'])}[]"
        if nested["type"] == "map":
            key = _duck_type(source, column, nested["keyType"])
            return f"MAP({key}, {_duck_type(source, column, nested['valueType'])})"
        if nested["type"] == "struct":
            inner = ", ".join(f"{f['name']} {_duck_type(source, column, f['type'])}" for f in nested["fields"])
            return f"STRUCT({inner})"
    what = f"table {source.name!r}: column {column!r} has the Delta type {kind}, which the reader lacks"
    raise ConnectorError("lakehouse.delta-feature", what, fix="rewrite the table without that column")


def digest(text: str) -> str:
    """SHA-256 of a text, 16 hex digits."""
    return sha(text, 16)
