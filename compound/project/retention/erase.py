"""`compound erase`: removes everything that runs stored about one person, and searches again as a proof.

Company data (the lakehouse, operational databases, documents and their indexes) is not changed: change it at its
source, then run `seed` and `index`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compound.errors import ConflictError, DataError
from compound.language.sha import sha
from compound.project.retention.mention import Mention
from compound.project.retention.mention_search import Places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue

    from compound.project.open.resources import Resources
    from compound.review.queue.queue import ReviewQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseReport:
    """What was removed; with `is_dry`, what would be removed.

    Attributes:
        keys: Number of keys; records do not repeat the keys themselves.
        runs: Runs that name the person.
        withdrawn: Those of them that waited for a decision, which is no longer possible.
        removed: Kind (`runs`, `reviews`, `items`, `drafts`, `calls`, `effects`, `blobs`,
            `replies`, `cached`, ...) to its count.
        left: Run to the reason it was skipped: it is running, or the outcome of an effect is unknown.
        found: Place to the number of mentions of the person after the removal; empty is the proof.
    """

    is_dry: bool
    keys: int
    runs: tuple[str, ...]
    withdrawn: tuple[str, ...] = ()
    removed: Mapping[str, int] = field(default_factory=dict[str, int])
    left: Mapping[str, str] = field(default_factory=dict[str, str])
    found: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def is_complete(self) -> bool:
        """Whether no mention of the person is left."""
        return not self.left and not self.found

    def to_json(self) -> dict[str, JsonValue]:
        """The report as one JSON record."""
        return {
            "dry_run": self.is_dry,
            "keys": self.keys,
            "runs": list(self.runs),
            "withdrawn": list(self.withdrawn),
            "removed": dict(self.removed),
            "left": dict(self.left),
            "found": dict(self.found),
            "complete": self.is_complete,
        }


class Eraser:
    """Removes one person from the run-time state of a profile.

    Args:
        resources: The opened project.
        queue: Its review queue.
        keys: The person's keys in the data: customer id, e-mail addresses.
        now: UTC seconds; default the present time.

    Raises:
        DataError: `erase.no-key`: no key, or one with fewer than three characters, which would match everybody.
    """

    def __init__(
        self, resources: Resources, queue: ReviewQueue, keys: Sequence[str], *, now: float | None = None
    ) -> None:
        short = [key for key in keys if len(key.strip()) < 3]
        if not keys or short:
            what = f"{short[0]!r} is too short to identify one person" if short else "no key was given"
            raise DataError("erase.no-key", what, fix="--customer KEY, with at least three characters")
        self._resources = resources
        self._queue = queue
        self._mention = Mention([key.strip() for key in keys])
        self._places = Places(resources, self._mention)
        self._now = resources.clock() if now is None else now

    def run(self, *, dry_run: bool = False) -> EraseReport:
        """Remove, and search again; with `dry_run`, only report."""
        from compound.project.retention.prune_state import open_runs

        runs = self._places.runs()
        if dry_run:
            waiting = self._waiting(runs)
            return EraseReport(
                is_dry=True, keys=len(self._mention.keys), runs=tuple(sorted(runs)), withdrawn=tuple(sorted(waiting))
            )
        self._tell(runs)
        withdrawn = self._withdraw(runs)
        with self._resources.state.read() as db:
            busy = open_runs(db, runs)
        removed, erased = self._remove(sorted(runs - busy))
        left = {run: "it is not over: it is running, or the outcome of an effect is unknown" for run in sorted(busy)}
        left |= {run: "another process is running it" for run in sorted(runs - busy - erased)}
        return EraseReport(
            is_dry=False,
            keys=len(self._mention.keys),
            runs=tuple(sorted(runs)),
            withdrawn=tuple(sorted(withdrawn)),
            removed=dict(+removed),
            left=left,
            found=self._places.counts(),
        )

    def _tell(self, runs: Collection[str]) -> None:
        """Write to the audit log before anything is removed; it stores a hash of the keys, never a key."""
        from compound.connector.state.audit import append_audit
        from compound.connector.state.digest import digest

        hashed = sha("\0".join(sorted(self._mention.keys)))
        details: dict[str, JsonValue] = {"runs": len(runs), "runs_sha256": digest(sorted(runs))}
        with self._resources.state.write() as db:
            append_audit(db, "person.erased", at=self._now, actor="erase", subject=hashed, details=details)

    def _waiting(self, runs: Collection[str]) -> dict[str, list[str]]:
        """Run to its undecided reviews."""
        from compound.project.retention.prune_state import undecided_reviews

        with self._resources.state.read() as db:
            return undecided_reviews(db, runs)

    def _withdraw(self, runs: Collection[str]) -> list[str]:
        waiting = self._waiting(runs)
        for items in waiting.values():
            for review_id in items:
                with suppress(ConflictError):  # it was just decided: the run resumes and is skipped
                    self._queue.withdraw(review_id, actor="erase", reason="the person it is about was erased")
        return list(waiting)

    def _remove(self, runs: Sequence[str]) -> tuple[Counter[str], set[str]]:
        from compound.project.retention.content import remove_content
        from compound.project.retention.messages import forget_messages
        from compound.project.retention.prune_state import forget_items

        resources = self._resources
        removed, erased = remove_content(resources, runs, before=float("inf"), now=self._now)
        removed["items"] += forget_items(resources.state, self._mention)
        removed["messages"] += forget_messages(resources.state, self._mention, now=self._now)
        cuts = resources.traces.prune(emptied=erased, dropped=(), now=self._now, lost_before=self._now, spares_s=0.0)
        removed.update({"blobs": cuts.blobs, "spans_emptied": cuts.spans_emptied})
        if (resources.settings.home / "node_cache.db").is_file():
            removed["cached"] += resources.node_cache.remove(self._mention.in_text)
        removed["dead_letters"] += self._places.remove_dead_letters()
        return removed, erased
