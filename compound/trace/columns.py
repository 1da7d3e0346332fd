"""The columns of the trace tables, their DuckDB types, and the coercion of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, TypeAlias

Value: TypeAlias = "str | int | float | bool | Sequence[Value] | Mapping[str, Value] | None"
"""Values of spans: JSON-like data."""

Row: TypeAlias = dict[str, Value]

_DATA_INPUTS: Final = "STRUCT(uri VARCHAR, format VARCHAR, version BIGINT, snapshot_ts VARCHAR)[]"
_RETRIEVED: Final = "STRUCT(id VARCHAR, score DOUBLE, rank BIGINT, doc_version VARCHAR)[]"

SPANS: Final[dict[str, str]] = {
    # identity
    "trace_id": "VARCHAR", "leg_id": "VARCHAR", "span_id": "VARCHAR", "parent_span_id": "VARCHAR",
    "node_span_id": "VARCHAR",
    "name": "VARCHAR", "kind": "VARCHAR", "start_time_unix_nano": "BIGINT", "end_time_unix_nano": "BIGINT",
    "date": "DATE", "service_name": "VARCHAR", "status_code": "VARCHAR", "status_message": "VARCHAR",
    "error_type": "VARCHAR",
    # graph
    "graph_name": "VARCHAR", "graph_hash": "VARCHAR", "node_name": "VARCHAR", "node_kind": "VARCHAR",
    "node_config_hash": "VARCHAR", "attempt": "BIGINT", "thread_id": "VARCHAR", "run_id": "VARCHAR",
    "example_id": "VARCHAR", "epoch": "BIGINT", "is_replay": "BOOLEAN", "replay_of_span_id": "VARCHAR",
    # model
    "provider": "VARCHAR", "request_model": "VARCHAR", "response_model": "VARCHAR", "prompt_name": "VARCHAR",
    "prompt_version": "VARCHAR", "prompt_hash": "VARCHAR", "params_hash": "VARCHAR", "adapter_id": "VARCHAR",
    # usage
    "input_tokens": "BIGINT", "output_tokens": "BIGINT", "cache_read_tokens": "BIGINT",
    "cache_write_tokens": "BIGINT", "reasoning_tokens": "BIGINT", "cost_usd": "DOUBLE",
    "price_table_version": "VARCHAR", "ttft_s": "DOUBLE", "cached_result": "BOOLEAN",
    # data pins
    "data_inputs": _DATA_INPUTS, "index_name": "VARCHAR", "index_version": "VARCHAR",
    "index_source_version": "VARCHAR", "retrieved": _RETRIEVED,
    # SQL
    "sql_text": "VARCHAR", "sql_fingerprint": "VARCHAR", "sql_rows": "BIGINT", "sql_result_hash": "VARCHAR",
    # people
    "review_decision": "VARCHAR", "review_wait_s": "DOUBLE", "review_edit_ratio": "DOUBLE",
    "reviewer_id_hash": "VARCHAR", "risk_score": "DOUBLE", "auto_approved": "BOOLEAN",
    # payload
    "input_sha256": "VARCHAR", "output_sha256": "VARCHAR", "bytes": "BIGINT", "redaction_policy": "VARCHAR",
    "attributes": "JSON",
}  # fmt: skip

BLOBS: Final[dict[str, str]] = {
    "sha256": "VARCHAR",
    "mime": "VARCHAR",
    "bytes": "BIGINT",
    "content": "VARCHAR",
    "first_seen": "BIGINT",
    "date": "DATE",
}
"""`bytes` is the size; `content` the canonical JSON text, null if content is not kept."""

SCORES: Final[dict[str, str]] = {
    "trace_id": "VARCHAR", "span_id": "VARCHAR", "example_id": "VARCHAR", "run_id": "VARCHAR",
    "epoch": "BIGINT", "name": "VARCHAR", "value": "DOUBLE", "label": "VARCHAR", "explanation": "VARCHAR",
    "source": "VARCHAR", "scorer_version": "VARCHAR", "judge_model": "VARCHAR",
    "judge_prompt_hash": "VARCHAR", "cost_usd": "DOUBLE", "time_unix_nano": "BIGINT", "date": "DATE",
}  # fmt: skip

TABLES: Final[dict[str, dict[str, str]]] = {"spans": SPANS, "blobs": BLOBS, "scores": SCORES}


def _text(value: object) -> Value:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _whole(value: object) -> Value:
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise TypeError


def _number(value: object) -> Value:
    if isinstance(value, int | float):
        return float(value)
    raise TypeError


def _truth(value: object) -> Value:
    if isinstance(value, bool):
        return value
    raise TypeError


def _records(fields: Mapping[str, Callable[[object], Value]]) -> Callable[[object], Value]:
    """Coerce a list of records to exactly these fields."""

    def coerce(value: object) -> Value:
        if isinstance(value, str | bytes) or not isinstance(value, Sequence):
            raise TypeError
        out: list[Value] = []
        for record in value:
            if not isinstance(record, Mapping):
                raise TypeError
            out.append({k: None if record.get(k) is None else to(record.get(k)) for k, to in fields.items()})
        return out

    return coerce


_BY_TYPE: Final[dict[str, Callable[[object], Value]]] = {
    "VARCHAR": _text,
    "BIGINT": _whole,
    "DOUBLE": _number,
    "BOOLEAN": _truth,
    _DATA_INPUTS: _records({"uri": _text, "format": _text, "version": _whole, "snapshot_ts": _text}),
    _RETRIEVED: _records({"id": _text, "score": _number, "rank": _whole, "doc_version": _text}),
}
_COERCE: Final = {
    table: {column: _BY_TYPE[kind] for column, kind in columns.items() if kind in _BY_TYPE}
    for table, columns in TABLES.items()
}


def repair(table: str, row: Row) -> Row:
    """Coerce every value to its column's type; in spans, mismatched values go to `attributes`."""
    out: Row = {}
    spare: Row = {}
    for name, value in row.items():
        to = _COERCE[table].get(name)
        try:
            if to is None:
                out[name] = value
            elif value is not None:
                out[name] = to(value)
        except (TypeError, ValueError):
            spare[name] = value
    if spare and table == "spans":
        known = row.get("attributes")
        out["attributes"] = {**(known if isinstance(known, Mapping) else {}), **spare}
    return out
