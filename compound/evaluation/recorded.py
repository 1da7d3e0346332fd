"""Case results from stored traces."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import orjson

from compound.evaluation.types import CaseResult

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.trace import TraceReader

_QUERY = """
WITH newest AS (
  SELECT example_id, arg_max(run_id, start_time_unix_nano) AS run_id
  FROM spans WHERE kind = 'workflow' AND example_id IS NOT NULL GROUP BY example_id
)
SELECT s.example_id, s.run_id, s.kind, s.node_name, s.status_code, s.error_type, s.status_message,
       json_extract_string(s.attributes, '$.paused') AS paused,
       (s.end_time_unix_nano - s.start_time_unix_nano) / 1e9 AS seconds, b.content
FROM spans s JOIN newest n USING (example_id, run_id)
LEFT JOIN blobs b ON b.sha256 = s.output_sha256
WHERE s.kind IN ('workflow', 'node') ORDER BY s.start_time_unix_nano
"""


def recorded_results(store: TraceReader) -> dict[str, CaseResult]:
    """The newest recorded run of every case, by case id (the runs' `example_id`).

    Node values come from the stored outputs; a store without content returns results without values.
    """
    values: dict[str, dict[str, JsonValue]] = {}
    runs: dict[str, CaseResult] = {}
    for record in store.sql(_QUERY).records():
        key = str(record["example_id"])
        if record["kind"] == "node":
            if record["content"] is not None and record["status_code"] == "OK":
                values.setdefault(key, {})[str(record["node_name"])] = orjson.loads(str(record["content"]))
            continue
        is_failed = record["status_code"] == "ERROR"
        before = runs[key].seconds if key in runs else None
        runs[key] = CaseResult(
            case_id=key,
            run_id=str(record["run_id"]),
            status="failed" if is_failed else "waiting_review" if record["paused"] else "done",
            values=values.setdefault(key, {}),
            error=f"{record['error_type']}: {record['status_message']}" if is_failed else "",
            seconds=cast("float", record["seconds"]) + (before or 0.0),
        )
    return runs
