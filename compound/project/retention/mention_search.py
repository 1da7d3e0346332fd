"""Searches the run-time state of a profile for a person: tables, traces, files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from compound.connector.state import tables

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from compound.project.open.resources import Resources
    from compound.project.retention.mention import Mention

_COMPANY: Final = frozenset({"lakehouse", "cache", "index", "models", "cases", "traces"})
"""Excluded from the state folder: copies of company data, and traces, whose files are compressed."""


class Places:
    """Searches everything that runs stored for a person.

    Args:
        resources: The opened project.
        mention: The person.
    """

    def __init__(self, resources: Resources, mention: Mention) -> None:
        self._resources = resources
        self._mention = mention

    def runs(self) -> set[str]:
        """Every run that names the person: in rows, spans, reviews or sent messages."""
        found = set[str]()
        with self._resources.state.read() as db:
            for _, run_id in self._rows(db):
                found |= {run_id} if run_id else set()
        found |= set(self._traced())
        for mailbox in self._resources.mailboxes.values():
            found |= {one.run_id for one in mailbox.replies() if self._mention.in_text(one.text)}
        for path in self._resources.artifacts.folder.glob("*/*"):
            if path.is_file() and self._mention.in_bytes(path.read_bytes()):
                found.add(path.parent.name)
        return found

    def counts(self) -> dict[str, int]:
        """Place to the number of present mentions of the person."""
        self._truncate_logs()
        found = Counter[str]()
        with self._resources.state.read() as db:
            for table, _ in self._rows(db):
                found[f"state store, table {table}"] += 1
        found["traces"] += len(self._traced())
        for path in self._files():
            if self._mention.in_bytes(path.read_bytes()):
                found[self._resources.settings.shown(path)] += 1
        return dict(+found)

    def remove_dead_letters(self) -> int:
        """Remove the lines of dead-letter files that name the person; returns the count."""
        removed = 0
        for path in (self._resources.settings.home / "batch").glob("started-*.json"):  # of a server that was killed
            if self._mention.in_bytes(path.read_bytes()):
                path.unlink(missing_ok=True)
                removed += 1
        for path in (self._resources.settings.home / "batch").glob("dead-letters-*.jsonl"):
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if not self._mention.in_bytes(line)]
            if len(kept) != len(lines):
                beside = path.with_name(f".{path.name}.tmp")
                beside.write_bytes(b"".join(kept))
                beside.replace(path)
                removed += len(lines) - len(kept)
        return removed

    def _rows(self, db: Connection) -> Iterator[tuple[str, str]]:
        """Each row that names the person: its table, and its run if it has one."""
        run_of_review = dict(db.execute(sa.select(tables.review.c.review_id, tables.review.c.run_id)).all())
        for table in tables.metadata.tables.values():
            texts = [one for one in table.c if isinstance(one.type, sa.Text | sa.JSON)]
            if not texts:
                continue
            words = [sa.func.lower(sa.cast(one, sa.Text)) for one in texts]
            forms = [form.lower() for form in self._mention.forms]
            may = sa.or_(*(word.contains(form, autoescape=True) for word in words for form in forms))
            # message ids are not run ids: its run names the person too, or its content is removed separately
            owner = table.c.get("run_id", table.c.get("review_id", sa.literal("")))
            for run, *values in db.execute(sa.select(owner, *(sa.cast(one, sa.Text) for one in texts)).where(may)):
                if any(value is not None and self._mention.in_text(value) for value in values):
                    yield table.name, str(run_of_review.get(run, run) or "")

    def _traced(self) -> list[str]:
        """Runs whose spans, inputs or outputs name the person; an empty id for content without a span."""
        answer = self._resources.traces.sql(
            """
            WITH named AS (SELECT sha256 FROM blobs WHERE regexp_matches(content, $pattern, 'i'))
            SELECT DISTINCT run_id FROM spans s
            WHERE input_sha256 IN (SELECT sha256 FROM named) OR output_sha256 IN (SELECT sha256 FROM named)
               OR regexp_matches(concat_ws(' ', attributes, sql_text, status_message, to_json(retrieved)),
                                 $pattern, 'i')
            UNION ALL
            SELECT '' FROM named WHERE sha256 NOT IN (SELECT unnest([input_sha256, output_sha256]) FROM spans
                                                      WHERE input_sha256 IS NOT NULL OR output_sha256 IS NOT NULL)
            """,
            {"pattern": self._mention.pattern},
        )
        return [str(row[0] or "") for row in answer.rows]

    def _files(self) -> Iterator[Path]:
        """Files of the state folder with uncompressed content of runs."""
        home = self._resources.settings.home
        company = _COMPANY | self._sources()
        stores = tuple(f"{name}.db" for name in self._resources.target_files.records)
        for entry in sorted(home.iterdir()) if home.is_dir() else ():
            if entry.name in company or entry.name.startswith(stores):
                continue
            yield from (path for path in (entry, *entry.rglob("*")) if path.is_file() and not path.is_symlink())

    def _sources(self) -> frozenset[str]:
        """Items that the profile reads from the state folder."""
        profile = self._resources.settings.profile
        read = (profile.items, *profile.mailboxes.values())
        return frozenset(path.name for path in read if path and path.parent == self._resources.settings.home)

    def _truncate_logs(self) -> None:
        """Checkpoint write-ahead logs into their databases, which overwrites removed content."""
        import sqlite3
        from contextlib import closing, suppress

        stores = self._resources.target_files.records
        for path in self._resources.settings.home.glob("*.db"):
            if path.stem in stores:
                continue
            with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=5)) as db:
                db.execute("pragma wal_checkpoint(truncate)")
