"""The results of a batch in a file: one row for each settled item."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from compound.connector.rows.writing import ResultFile
from compound.errors import ConnectorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from compound.batch.ledger import Ledger


class Results:
    """Where the results of a batch go. Earlier rows of these items are replaced; rows of other batches are kept.

    Args:
        path: `*.jsonl`, `*.parquet`, or the folder of a Delta table.
        ledger: The ledger of the batch.
        source: Name of the backlog.

    Raises:
        ConnectorError: `batch.bad-results`: results cannot be written there; nothing ran.
    """

    def __init__(self, path: Path, ledger: Ledger, source: str) -> None:
        self._ledger = ledger
        self._file = ResultFile(path)
        self._source = Path(source).name
        if path.resolve() == Path(source).resolve():
            what = f"{path} is the source of this batch"
            raise ConnectorError("batch.bad-results", what, fix="--to another file")
        self._file.read()

    def write(self) -> str:
        """Write them, in the order of the backlog; returns the path. Idempotent.

        Raises:
            ConnectorError: `batch.cannot-write`, `batch.bad-results`.
        """
        found = self._file.read()
        mine = {str(one["id"]): self._file.stored(one) for one in self._ledger.results()}
        kept = [one for one in found if str(one["id"]) not in mine and not self._was_corrected(one, mine)]
        results = [*kept, *mine.values()]
        if results != found:
            self._file.write(results)
        return str(self._file.path)

    def _was_corrected(self, one: Mapping[str, JsonValue], mine: Mapping[str, object]) -> bool:
        """A row of this source that could not be read before and whose place has no row now."""
        name = str(one["id"])
        return one["run"] is None and (name.startswith(f"{self._source}:") or name.partition("#")[0] in mine)
