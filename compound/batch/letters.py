"""Dead letters: failed items with the reason, in the summary and as a JSONL file."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from compound.batch.types import DeadLetter, LedgerItem
from compound.errors import ConnectorError

if TYPE_CHECKING:
    from pydantic import JsonValue


@contextmanager
def writing(path: Path) -> Generator[None]:
    """Convert an OSError about a file of the batch into an error that names the file.

    Raises:
        ConnectorError: `batch.cannot-write`.
    """
    try:
        yield
    except OSError as error:
        raise ConnectorError(
            "batch.cannot-write",
            f"{error.filename or path} cannot be written: {error.strerror or error}",
            fix="free some space or check its permissions; the same command then resumes",
        ) from error


def letter_of(item: LedgerItem) -> DeadLetter:
    """The dead letter of a ledger item."""
    error: Mapping[str, JsonValue] = item.error or {}
    file, line = error.get("file"), error.get("line")
    return DeadLetter(
        item_id=item.item_id,
        code=str(error.get("code") or ""),
        what=str(error.get("what") or ""),
        fix=str(error.get("fix") or ""),
        file=file if isinstance(file, str) else None,
        line=line if isinstance(line, int) else None,
        is_readable=item.fields is not None,
    )


def write_letters(path: Path, dead: Sequence[LedgerItem]) -> str | None:
    """Write the dead letters atomically, or delete the file if there are none. Returns its path.

    Raises:
        ConnectorError: `batch.cannot-write`.
    """
    temporary = path.with_suffix(".tmp")
    with writing(path):
        if not dead:
            path.unlink(missing_ok=True)
            return None
        try:
            temporary.write_bytes(b"".join(_line(item) for item in dead))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return str(path)


def _line(item: LedgerItem) -> bytes:
    record = {"item_id": item.item_id, "attempt": item.attempt, "error": item.error, "item": item.fields}
    return orjson.dumps(record) + b"\n"
