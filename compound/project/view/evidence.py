"""Evidence in a few lines for a terminal: rows, passages and verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pydantic import JsonValue

_ROWS, _WIDTH = 8, 160


def evidence_lines(evidence: Mapping[str, JsonValue]) -> Iterator[str]:
    """One or more lines for each piece of evidence."""
    for name, value in evidence.items():
        yield from _piece(name, value)
    if not evidence:
        yield "  none"


def _piece(name: str, value: JsonValue) -> Iterator[str]:
    if value is None:
        yield f"  {name}: none"
    elif isinstance(value, dict) and "ok" in value and "problems" in value:
        yield from _verdict(name, value)
    elif isinstance(value, list):
        yield f"  {name} ({len(value)}):"
        yield from (f"    {short_row(row)}" for row in value[:_ROWS])
        if len(value) > _ROWS:
            yield f"    and {len(value) - _ROWS} more"
    else:
        first, *rest = _short(value).splitlines() or [""]
        yield f"  {name}: {first}"
        yield from (f"    {line}" for line in rest)


def _verdict(name: str, value: Mapping[str, JsonValue]) -> Iterator[str]:
    problems = cast("list[JsonValue]", value["problems"] or [])
    score = value.get("score")
    yield f"  {name}: {'holds' if value['ok'] else 'does not hold'}{'' if score is None else f', score {score}'}"
    yield from (f"    - {_short(problem)}" for problem in problems)


def is_passage(value: JsonValue) -> bool:
    """Whether a value is a retrieved passage."""
    return isinstance(value, dict) and {"id", "text", "title", "source_version"} <= value.keys()


def short_row(row: JsonValue) -> str:
    """A row or a passage in one line of at most 160 characters."""
    if not isinstance(row, dict):
        return _short(row)
    if "text" in row and "title" in row:  # a passage
        text = " ".join(str(row["text"]).split())
        return _cut(f"{row['title']} [{row.get('id')}]: {text}")
    cells = ", ".join(f"{name} {_short(value)}" for name, value in row.items() if value not in (None, ""))
    return _cut(" ".join(cells.split()))  # a line that a customer wrote begins no line of ours


def _short(value: JsonValue) -> str:
    import json

    # With spaces, so that a terminal can wrap between values.
    return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    """Truncate a text, at a word boundary if one is near."""
    if len(text) <= _WIDTH:
        return text
    head = text[: _WIDTH - 3]
    return f"{head[: head.rfind(' ')] if ' ' in head[_WIDTH // 2 :] else head}..."
