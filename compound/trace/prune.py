"""Prunes stored traces: first the content of runs, then their spans.

Files are replaced one by one as in a compaction, so that readers see each row exactly once, and the next prune
continues an interrupted one: blobs are emptied before their spans are marked, and the newest spans of a run are
deleted last.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from compound.trace.compact import files, finished_days, only_rewriter, rewrite, source
from compound.trace.payload import SEEN_S

if TYPE_CHECKING:
    import duckdb

PRUNED: Final = "pruned_at"
"""Attribute of spans whose content was pruned: UTC seconds."""

SPARES_S: Final = 12 * SEEN_S
"""Maximum age in seconds of a blob that an unpublished span may refer to."""
_KEPT: Final = (
    *("skipped", "paused", "resumed", "run_status", "journal_key", "rounds", "items", "failed_items", "turns"),
    *("stopped", "segment", "abstained", "fallback", "effect_status", "review_id", "decision_id", "sql_truncated"),
)
"""Attributes without personal text; all others are deleted with the content."""
_IS_PRUNED: Final = f"json_extract_string(attributes, '$.{PRUNED}') IS NOT NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceAge:
    """The last activity of a run.

    Attributes:
        ended_at: End of its newest span, UTC seconds.
        is_paused: Whether its newest leg is waiting for a person.
        is_emptied: Whether its content is already pruned.
    """

    run_id: str
    graph_name: str
    graph_hash: str
    ended_at: float
    is_paused: bool
    is_emptied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceCuts:
    """The number of deleted objects, or of those to delete.

    Attributes:
        blobs: Inputs and outputs whose text was deleted.
        spans_emptied: Spans reduced to hashes, sizes, times and names.
        spans: Deleted spans.
        scores: Deleted scores.
    """

    blobs: int = 0
    spans_emptied: int = 0
    spans: int = 0
    scores: int = 0


def ages(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[TraceAge]:
    """Every run that has spans."""
    parts = files(folder, "spans")
    if not parts:
        return []
    rows = connection.execute(f"""
        SELECT run_id, any_value(graph_name), any_value(graph_hash), max(end_time_unix_nano) / 1e9,
               coalesce(arg_max(json_extract_string(attributes, '$.paused') IS NOT NULL, start_time_unix_nano)
                        FILTER (WHERE kind = 'workflow'), false),
               bool_and({_IS_PRUNED})
        FROM {source(parts)} WHERE run_id IS NOT NULL AND graph_name IS NOT NULL GROUP BY run_id
    """).fetchall()
    return [
        TraceAge(
            run_id=str(run_id),
            graph_name=str(name),
            graph_hash=str(graph_hash or ""),
            ended_at=float(ended),
            is_paused=bool(paused),
            is_emptied=bool(emptied),
        )
        for run_id, name, graph_hash, ended, paused, emptied in rows
    ]


@dataclass(frozen=True, slots=True)
class _Cut:
    """Changes of a table's rows, in SQL over `t` (a row) and its joins."""

    table: str
    join: str
    drops: str
    changes: str
    values: str


class TracePrune:
    """One prune of a folder.

    Args:
        connection: A connection to a private database.
        folder: Folder of the store.
        emptied: Runs whose content is deleted.
        dropped: Runs that are deleted completely.
        lost_before: UTC seconds; older blobs without a span are emptied. None keeps them.
        row_group_rows: Size of row groups, as in the store.
        spares_s: Newer blobs keep their text: their span may not be published yet.
    """

    def __init__(  # noqa: PLR0913 - what to remove, all named
        self,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
        *,
        emptied: Collection[str],
        dropped: Collection[str],
        lost_before: float | None,
        row_group_rows: int,
        spares_s: float = SPARES_S,
    ) -> None:
        self._spares_s = spares_s
        self._connection = connection
        self._folder = folder
        self._gone = {run_id: False for run_id in emptied} | {run_id: True for run_id in dropped}
        self._lost_ns = 0 if lost_before is None else int(lost_before * 1e9)
        self._row_group_rows = row_group_rows

    def run(self, *, now: float, dry_run: bool) -> TraceCuts:
        """Delete; with `dry_run` only count."""
        if not self._gone or not self._folder.is_dir():
            return TraceCuts()
        with only_rewriter(self._folder, waits=True):
            self._prepare()
            blobs, emptied_blobs = self._apply(self._blobs(now), dry_run=dry_run)
            scores, _ = self._apply(self._scores(), dry_run=dry_run)
            spans, emptied = self._apply(self._spans(now), dry_run=dry_run)
        return TraceCuts(blobs=blobs + emptied_blobs, spans_emptied=emptied, spans=spans, scores=scores)

    def _prepare(self) -> None:
        """Compute the affected runs, and whether each blob's text or row is still needed."""
        self._connection.execute("CREATE OR REPLACE TEMP TABLE gone (run_id VARCHAR, whole BOOLEAN)")
        self._connection.execute(
            "INSERT INTO gone SELECT unnest($runs), unnest($whole)",
            {"runs": list(self._gone), "whole": list(self._gone.values())},
        )
        for _ in finished_days(self._folder, "spans"):
            pass
        parts = files(self._folder, "spans")
        spans = source(parts) if parts else "(SELECT '' AS run_id, '' AS input_sha256, '' AS output_sha256, "
        spans += "" if parts else "'{}'::JSON AS attributes LIMIT 0)"
        self._connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE used AS
            SELECT sha, bool_or(is_kept) AS is_kept, bool_or(stays) AS stays FROM (
                SELECT unnest([input_sha256, output_sha256]) AS sha,
                       g.run_id IS NULL AND NOT ({_IS_PRUNED}) AS is_kept, NOT coalesce(g.whole, false) AS stays
                FROM {spans} t LEFT JOIN gone g ON g.run_id = t.run_id
            ) WHERE sha IS NOT NULL GROUP BY sha
        """)

    def _blobs(self, now: float) -> _Cut:
        is_old = f"t.first_seen < {int((now - self._spares_s) * 1e9)}"
        is_lost = f"u.sha IS NULL AND t.first_seen < {self._lost_ns}"
        return _Cut(
            table="blobs",
            join="LEFT JOIN used u ON u.sha = t.sha256",
            drops=f"{is_old} AND u.sha IS NOT NULL AND NOT u.stays",
            changes=f"t.content IS NOT NULL AND {is_old} AND (u.sha IS NOT NULL AND NOT u.is_kept OR {is_lost})",
            values="NULL::VARCHAR AS content",
        )

    def _scores(self) -> _Cut:
        return _Cut(
            table="scores",
            join="LEFT JOIN gone g ON g.run_id = t.run_id",
            drops="coalesce(g.whole, false)",
            changes="g.run_id IS NOT NULL AND t.explanation IS NOT NULL",
            values="NULL::VARCHAR AS explanation",
        )

    def _spans(self, now: float) -> _Cut:
        kept = ", ".join(f"'{name}', json_extract(t.attributes, '$.{name}')" for name in _KEPT)
        # a merge patch drops nulls
        attributes = f"json_merge_patch('{{}}'::JSON, json_object({kept}, '{PRUNED}', {now!r}))"
        return _Cut(
            table="spans",
            join="LEFT JOIN gone g ON g.run_id = t.run_id",
            drops="coalesce(g.whole, false)",
            changes=f"g.run_id IS NOT NULL AND NOT (json_extract_string(t.attributes, '$.{PRUNED}') IS NOT NULL)",
            values=f"NULL::VARCHAR AS status_message, NULL::VARCHAR AS sql_text, {attributes} AS attributes",
        )

    def _apply(self, cut: _Cut, *, dry_run: bool) -> tuple[int, int]:
        """Replace each affected file; returns the numbers of deleted and changed rows."""
        went = changed = 0
        for day in finished_days(self._folder, cut.table):
            for name, rows, drops, changes in self._counts(cut, sorted(day.glob("*.parquet"))):
                went, changed = went + drops, changed + changes
                if dry_run or not drops + changes:
                    continue
                path = Path(name)
                if drops == rows:
                    path.unlink(missing_ok=True)
                else:
                    rewrite(cut.table, [path], self._rest(cut, path), self._row_group_rows, self._connection)
        return went, changed

    def _counts(self, cut: _Cut, parts: list[Path]) -> list[tuple[str, int, int, int]]:
        if not parts:
            return []
        is_read = source(parts).replace("union_by_name = true", "union_by_name = true, filename = true")
        found = self._connection.execute(f"""
            SELECT t.filename, count(*), count(*) FILTER (WHERE {cut.drops}),
                   count(*) FILTER (WHERE ({cut.changes}) AND NOT coalesce({cut.drops}, false))
            FROM {is_read} t {cut.join} GROUP BY t.filename ORDER BY t.filename
        """).fetchall()
        return [(str(name), int(rows), int(drops), int(changes)) for name, rows, drops, changes in found]

    def _rest(self, cut: _Cut, path: Path) -> str:
        """The remaining rows of a file, after changes."""
        drops, changes = f"coalesce({cut.drops}, false)", f"coalesce({cut.changes}, false)"
        return f"""
            SELECT * FROM (SELECT t.* FROM {source([path])} t {cut.join} WHERE NOT {drops} AND NOT {changes}
             UNION ALL BY NAME
             SELECT t.* REPLACE ({cut.values}) FROM {source([path])} t {cut.join}
             WHERE NOT {drops} AND {changes})
        """
