"""The tables and views of trace queries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from compound.trace.columns import TABLES

if TYPE_CHECKING:
    import duckdb

_USES: Final[dict[str, tuple[str, ...]]] = {
    "spans": (),
    "blobs": (),
    "scores": (),
    "traces": ("spans",),
    "legs": ("spans",),
    "runs": ("spans",),
    "node_stats": ("spans", "legs"),
    "scores_wide": ("scores",),
}
"""Table or view to what it reads, which is created first."""
NAMES: Final = tuple(_USES)

FRESH: Final = "QUALIFY row_number() OVER (PARTITION BY sha256 ORDER BY content IS NULL, first_seen DESC) = 1"
"""Keeps one row per blob: one with content if any, the newest of those (pruning reads its age)."""

_MS: Final = "(end_time_unix_nano - start_time_unix_nano) / 1e6"
# A leg is the part of a run between two stops. Its root span is written last: without one the leg still runs, or its
# process was killed. A node of such a leg that a later leg ran again is aborted and excluded from statistics; tokens
# and cost include it, because it was paid.

_PART_USD: Final = (
    "CASE WHEN kind = 'chat' AND cost_usd IS NULL"
    " THEN TRY_CAST(json_extract_string(attributes, '$.known_cost_usd') AS DOUBLE) END"
)
"""The known part of a partly unknown cost."""
KNOWN_USD: Final = f"coalesce(cost_usd, {_PART_USD})"
ROOT: Final = "kind = 'workflow'"
LEG_STATUS: Final = """CASE WHEN status_code = 'ERROR' THEN 'failed'
         WHEN json_extract_string(attributes, '$.paused') IS NOT NULL THEN 'paused' ELSE 'done' END"""

_VIEWS: Final[dict[str, str]] = {
    "traces": f"""
CREATE VIEW traces AS
SELECT trace_id, any_value(run_id) AS run_id, any_value(graph_name) AS graph_name,
       any_value(graph_hash) AS graph_hash, any_value(thread_id) AS thread_id,
       any_value(example_id) AS example_id, max(epoch) AS epoch,
       min(start_time_unix_nano) AS start_time_unix_nano, max(end_time_unix_nano) AS end_time_unix_nano,
       (max(end_time_unix_nano) - min(start_time_unix_nano)) / 1e6 AS wall_ms,
       coalesce(sum({_MS}) FILTER (WHERE parent_span_id IS NULL), 0) AS run_ms,
       count(*) AS spans, count(*) FILTER (WHERE status_code = 'ERROR') AS errors,
       sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
       sum({KNOWN_USD}) AS cost_usd, count({_PART_USD}) AS unknown_costs
FROM spans GROUP BY trace_id""",
    "legs": f"""
CREATE VIEW legs AS
SELECT trace_id, leg_id, any_value(run_id) AS run_id, any_value(graph_name) AS graph_name,
       min(start_time_unix_nano) AS start_time_unix_nano, max(end_time_unix_nano) AS end_time_unix_nano,
       count(*) AS spans, leg_id IS NULL OR bool_or({ROOT}) AS has_ended
FROM spans GROUP BY trace_id, leg_id""",
    # One pass over the spans: a leg's figures first, then those of its run.
    "runs": f"""
CREATE VIEW runs AS
WITH parts AS (
  SELECT trace_id, leg_id, any_value(run_id) AS run_id, any_value(graph_name) AS graph_name,
         any_value(graph_hash) AS graph_hash, any_value(thread_id) AS thread_id,
         any_value(example_id) AS example_id, max(epoch) AS epoch,
         min(start_time_unix_nano) AS began, max(end_time_unix_nano) AS ended,
         sum({_MS}) FILTER (WHERE parent_span_id IS NULL) AS run_ms,
         count(*) AS spans, count(*) FILTER (WHERE status_code = 'ERROR') AS errors,
         sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
         sum({KNOWN_USD}) AS cost_usd, count({_PART_USD}) AS unknown_costs,
         count(*) FILTER (WHERE {ROOT}) AS roots, leg_id IS NULL OR bool_or({ROOT}) AS has_ended,
         max(start_time_unix_nano) FILTER (WHERE {ROOT}) AS rooted_at,
         arg_max(error_type, start_time_unix_nano) FILTER (WHERE {ROOT}) AS error_type,
         arg_max(attributes, start_time_unix_nano) FILTER (WHERE {ROOT}) AS attributes,
         arg_max({LEG_STATUS}, start_time_unix_nano) FILTER (WHERE {ROOT}) AS status,
         bool_or(is_replay) FILTER (WHERE {ROOT}) AS is_replay
  FROM spans GROUP BY trace_id, leg_id
)
SELECT trace_id, any_value(run_id) AS run_id, any_value(graph_name) AS graph_name,
       any_value(graph_hash) AS graph_hash, any_value(thread_id) AS thread_id,
       any_value(example_id) AS example_id, max(epoch) AS epoch,
       min(began) AS start_time_unix_nano, max(ended) AS end_time_unix_nano,
       (max(ended) - min(began)) / 1e6 AS wall_ms, coalesce(sum(run_ms), 0) AS run_ms,
       sum(spans)::BIGINT AS spans, sum(errors)::BIGINT AS errors,
       sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
       sum(cost_usd) AS cost_usd, sum(unknown_costs)::BIGINT AS unknown_costs,
       CASE WHEN max(began) FILTER (WHERE NOT has_ended) > max(rooted_at) OR max(rooted_at) IS NULL THEN 'unfinished'
            ELSE arg_max(status, rooted_at) END AS status,
       sum(roots)::BIGINT AS legs, count(*) FILTER (WHERE NOT has_ended) AS unfinished_legs,
       arg_max(error_type, rooted_at) AS error_type, coalesce(bool_or(is_replay), false) AS is_replay,
       arg_max(attributes, rooted_at) AS attributes
FROM parts GROUP BY trace_id HAVING max(rooted_at) IS NOT NULL OR bool_or(NOT has_ended)""",
    "node_stats": f"""
CREATE VIEW node_stats AS
WITH attempts AS (
  SELECT spans.*, NOT l.has_ended AND l.started < max(l.started) OVER (PARTITION BY spans.trace_id, spans.node_name)
                  AS is_aborted
  FROM spans JOIN (SELECT trace_id, leg_id, has_ended, start_time_unix_nano AS started FROM legs) l
  ON l.trace_id = spans.trace_id AND l.leg_id IS NOT DISTINCT FROM spans.leg_id
  WHERE kind = 'node'
), inner_use AS (
  SELECT node_span_id, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
         sum(cost_usd) AS cost_usd
  FROM spans WHERE node_span_id IS NOT NULL GROUP BY node_span_id
)
SELECT s.graph_name, s.node_name, any_value(s.node_kind) AS node_kind,
       count(*) FILTER (WHERE NOT s.is_aborted) AS n,
       count(*) FILTER (WHERE NOT s.is_aborted AND s.status_code = 'ERROR') AS errors,
       count(*) FILTER (WHERE NOT s.is_aborted
                        AND json_extract_string(s.attributes, '$.skipped') IS NOT NULL) AS skipped,
       count(*) FILTER (WHERE NOT s.is_aborted AND s.attempt > 1) AS retries,
       count(*) FILTER (WHERE s.is_aborted) AS aborted,
       avg({_MS}) FILTER (WHERE NOT s.is_aborted) AS avg_ms,
       quantile_cont({_MS}, 0.5) FILTER (WHERE NOT s.is_aborted) AS p50_ms,
       quantile_cont({_MS}, 0.95) FILTER (WHERE NOT s.is_aborted) AS p95_ms,
       sum(u.input_tokens) AS input_tokens, sum(u.output_tokens) AS output_tokens, sum(u.cost_usd) AS cost_usd
FROM attempts s LEFT JOIN inner_use u ON u.node_span_id = s.span_id
GROUP BY s.graph_name, s.node_name""",
}


def needed(query: str) -> list[str]:
    """The tables and views that a query may read, by the names in it, in the order in which they are created.

    All if it names none: `SHOW TABLES`.
    """
    words = set(re.findall(r"\w+", query.lower()))
    wanted = {one for name, uses in _USES.items() if name in words for one in (name, *uses)}
    return [name for name in NAMES if not wanted or name in wanted]


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the empty tables with the full schema, in a schema of their own."""
    connection.execute("CREATE SCHEMA stored")
    for table, columns in TABLES.items():
        body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"CREATE TABLE stored.{table} ({body})")


def create_source(connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[str]) -> None:
    """Create the view of a table: its stored rows and those of Parquet files, which are read when a query needs them.

    Columns that a newer version added are null in older files.
    """
    columns = ", ".join(f'"{name}"' for name in TABLES[table])
    rows = f"FROM stored.{table}"
    if files:
        names = ", ".join(map(_quote, files))
        parts = f"read_parquet([{names}], union_by_name = true, hive_partitioning = true)"
        rows = f"FROM (SELECT * FROM stored.{table} UNION ALL BY NAME SELECT * FROM {parts})"
    connection.execute(f"CREATE VIEW {table} AS SELECT {columns} {rows} {FRESH if table == 'blobs' else ''}")


def create_view(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Create one of the views over the tables; `scores_wide` has one column per score name."""
    if name != "scores_wide":
        connection.execute(_VIEWS[name])
        return
    names = [str(row[0]) for row in connection.execute("SELECT DISTINCT name FROM scores ORDER BY 1").fetchall()]
    wide = "".join(f", max(value) FILTER (WHERE name = {_quote(n)}) AS {_identifier(n)}" for n in names if n)
    connection.execute(
        f"CREATE VIEW scores_wide AS SELECT trace_id, run_id, example_id, epoch{wide} FROM scores GROUP BY ALL"
    )


def json_columns(table: str) -> str:
    """The `columns=` argument of `read_json` for a table."""
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in TABLES[table].items()) + "}"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
