"""`compound prune`: removes everything that the project's policies no longer allow to be stored.

The order lets a rerun after a crash complete the work: first the audit log is written, then a run's checkpoints and
rows are removed in one transaction, and last its spans, by which a rerun finds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import structlog

from compound.errors import CompoundError, ConflictError
from compound.project.view.prune_report import PolicyCut, PruneReport

if TYPE_CHECKING:
    from compound.project.open.resources import Resources
    from compound.project.retention.prune_state import StoredRun
    from compound.review.queue.queue import ReviewQueue
    from compound.spec.policy_file import PolicyFile
    from compound.trace.prune import TraceAge, TraceCuts

log = structlog.stdlib.get_logger(__name__)

DAY_S = 86_400.0


class Pruner:
    """Applies the policies of a project to the stored data of one profile.

    Args:
        resources: The opened project.
        queue: Its review queue.
        now: UTC seconds; default the present time.
    """

    def __init__(self, resources: Resources, queue: ReviewQueue, *, now: float | None = None) -> None:
        self._resources = resources
        self._queue = queue
        self._now = resources.clock() if now is None else now
        self._left: dict[str, str] = {}
        self._of_graph: dict[tuple[str, str], PolicyFile | None] = {}

    def run(self, *, dry_run: bool = False) -> PruneReport:
        """Remove what is due; with `dry_run`, only report."""
        if not self._limited:
            return PruneReport(is_dry=dry_run, policies=(), left=self._left)
        cuts = self._plan()
        due = [cut for cut in cuts if cut.emptied or cut.dropped or cut.waiting]
        removed = Counter[str]()
        if not dry_run:
            due = [self._rows(cut, removed) for cut in due]
        removed["cached"] = self._cache(dry_run=dry_run)
        removed["dead_letter_files"] = self._dead_letters(dry_run=dry_run)
        removed["messages"] += 0 if dry_run else self._messages()
        for kind, count in self._spans(due, dry_run=dry_run).items():
            removed[kind] += count
        return PruneReport(is_dry=dry_run, policies=tuple(cuts), removed=dict(+removed), left=self._left)

    @cached_property
    def _limited(self) -> list[PolicyFile]:
        """Policies of the project with a limit; an unreadable one has errors of its own."""
        parts = self._resources.parts
        found: list[PolicyFile] = []
        for name in parts.policy_files:
            try:
                policy = parts.policy(name)
            except CompoundError as error:
                self._left[f"policy {name}"] = str(error)
                continue
            if policy.retention.content_s is not None:
                found.append(policy)
        return found

    def _plan(self) -> list[PolicyCut]:
        """Runs that are over and past the limit of their policy, policy by policy."""
        from compound.project.retention.prune_state import (
            known_runs,
            last_heard,
            open_runs,
            stored_runs,
            undecided_reviews,
        )

        resources = self._resources
        limited = self._limited
        newest = max(self._now - (one.retention.content_s or 0.0) for one in limited)
        traced = {one.run_id: one for one in resources.traces.ages(before=newest)}
        with resources.state.read() as db:
            stored = {one.run_id: one for one in stored_runs(db, before=newest)}
            old = {run_id for run_id, one in traced.items() if one.ended_at < newest}
            ids = {*stored, *old}
            busy, heard, known = open_runs(db, ids), last_heard(db, ids), known_runs(db, old)
            reviews = undecided_reviews(db, busy)
        # a paused run that only the traces know belongs to another program
        busy |= {run_id for run_id in old if traced[run_id].is_paused and run_id not in known}
        chosen: dict[str, tuple[list[str], list[str]]] = {one.name: ([], []) for one in limited}
        for run_id in sorted(ids - busy):
            here, there = stored.get(run_id), traced.get(run_id)
            policy = self._policy_of(here, there)
            last = max(heard.get(run_id, 0.0), there.ended_at if there else 0.0)
            if policy is not None and policy.name in chosen:
                self._choose(policy, run_id, self._now - last, here, there, chosen[policy.name])
        waiting: dict[str, dict[str, list[str]]] = {one.name: {} for one in limited}
        for run_id, asked in sorted(reviews.items()):
            policy = self._policy_of(stored.get(run_id), traced.get(run_id))
            limit = policy.retention.content_s if policy is not None else None
            if policy is not None and limit is not None and self._now - heard.get(run_id, self._now) > limit:
                waiting[policy.name][run_id] = asked
        return [replace(self._cut(one, *chosen[one.name]), waiting=waiting[one.name]) for one in limited]

    def _choose(
        self,
        policy: PolicyFile,
        run_id: str,
        age_s: float,
        stored: StoredRun | None,
        traced: TraceAge | None,
        chosen: tuple[list[str], list[str]],
    ) -> None:
        content_s, traces_s = policy.retention.content_s, policy.retention.traces_s
        has_content = (stored is not None and not stored.is_emptied) or (traced is not None and not traced.is_emptied)
        if content_s is not None and age_s > content_s and has_content:
            chosen[0].append(run_id)
        if traces_s is not None and age_s > traces_s and (traced is not None or (stored and stored.has_calls)):
            chosen[1].append(run_id)

    def _cut(self, policy: PolicyFile, emptied: Sequence[str], dropped: Sequence[str]) -> PolicyCut:
        content_s, traces_s = policy.retention.content_s, policy.retention.traces_s
        return PolicyCut(
            policy=policy.name,
            content_before=None if content_s is None else self._now - content_s,
            traces_before=None if traces_s is None else self._now - traces_s,
            emptied=tuple(emptied),
            dropped=tuple(dropped),
            graphs=tuple(sorted(name for (name, _), one in self._of_graph.items() if one and one.name == policy.name)),
        )

    def _policy_of(self, stored: StoredRun | None, traced: TraceAge | None) -> PolicyFile | None:
        """The present policy of the run's graph; if the graph was deleted, the policy when the run started."""
        one = stored or traced
        if one is None:
            return None
        key = (one.graph_name, one.graph_hash)
        if key not in self._of_graph:
            try:
                name = self._policy_name(*key)
                self._of_graph[key] = None if name is None else self._resources.parts.policy(name)
            except CompoundError as error:
                self._left[one.graph_name] = str(error)
                self._of_graph[key] = None
        return self._of_graph[key]

    def _policy_name(self, graph_name: str, graph_hash: str) -> str | None:
        from compound.graph.store.kept_graphs import kept_policy

        parts = self._resources.parts
        if graph_name in parts.graph_files:
            return parts.graph(graph_name).policy
        return kept_policy(self._resources.state, graph_hash)

    def _tell(self, cut: PolicyCut) -> None:
        """Write to the audit log before anything is removed."""
        from compound.connector.state.audit import append_audit
        from compound.connector.state.digest import digest

        policy = self._resources.parts.policy(cut.policy)
        details = {
            **cut.to_json(),
            "policy_hash": digest(policy.model_dump(mode="json"))[:16],
            "emptied_sha256": digest(list(cut.emptied)),
            "dropped_sha256": digest(list(cut.dropped)),
        }
        with self._resources.state.write() as db:
            append_audit(
                db, "retention.applied", at=self._now, actor=f"policy:{cut.policy}", subject=cut.policy, details=details
            )

    def _rows(self, cut: PolicyCut, removed: Counter[str]) -> PolicyCut:
        """Remove from the state store, the checkpoints and the sent messages, in groups of runs; returns the counts.

        A run that is running or was just resumed is left unchanged.
        """
        from compound.graph.store.locks import idle_runs
        from compound.project.retention.content import parts_of, remove_content
        from compound.project.retention.prune_state import drop_calls, empty_items, empty_suite_cases

        self._tell(cut)
        state, checkpoints = self._resources.state, self._resources.settings.home / "checkpoints.db"
        content_before, traces_before = cut.content_before or 0.0, cut.traces_before or 0.0
        emptied, dropped = set[str](), list[str]()
        # the time of the withdrawal is not the age of its run
        for runs, before in ((cut.emptied, content_before), (self._withdraw(cut), float("inf"))):
            counts, gone = remove_content(self._resources, runs, before=before, now=self._now)
            removed.update(counts)
            emptied |= gone
        for part in parts_of(cut.dropped):
            with idle_runs(checkpoints, part) as idle:
                ended, calls = drop_calls(state, idle, before=traces_before)
                dropped.extend(ended)
                removed["calls_dropped"] += calls
        removed["items"] += empty_items(state, cut.graphs, before=content_before)
        removed["suite_cases"] += empty_suite_cases(state, cut.graphs, before=content_before)
        return replace(cut, emptied=tuple(sorted(emptied)), dropped=tuple(dropped))

    def _withdraw(self, cut: PolicyCut) -> list[str]:
        """Withdraw reviews that waited longer than their content may be stored."""
        for items in cut.waiting.values():
            for review_id in items:
                with suppress(ConflictError):  # it was just decided: the run resumes
                    self._queue.withdraw(
                        review_id, actor=f"policy:{cut.policy}", reason="it waited longer than it may be kept"
                    )
        return sorted(cut.waiting)

    def _spans(self, due: Sequence[PolicyCut], *, dry_run: bool) -> Mapping[str, int]:
        if not due:
            return {}
        cuts: TraceCuts = self._resources.traces.prune(
            emptied=[run_id for cut in due for run_id in cut.emptied],
            dropped=[run_id for cut in due for run_id in cut.dropped],
            now=self._now,
            lost_before=self._lost_before(),
            dry_run=dry_run,
        )
        return {
            "blobs": cuts.blobs,
            "spans_emptied": cuts.spans_emptied,
            "spans": cuts.spans,
            "scores": cuts.scores,
        }

    def _lost_before(self) -> float | None:
        """The time after which content without a span may belong to a graph that still stores it; None for ever."""
        ages = list[float]()
        for name in self._resources.parts.graph_files:
            try:
                policy = self._resources.parts.graph(name).policy
                kept = None if policy is None else self._resources.parts.policy(policy).retention.content_s
            except CompoundError:
                return None
            if kept is None:
                return None
            ages.append(kept)
        return self._now - max(ages) if ages else None

    def _cache(self, *, dry_run: bool) -> int:
        """Cached values belong to no run, so the shortest limit of the project applies."""
        if not (self._resources.settings.home / "node_cache.db").is_file():
            return 0
        shortest = min(one.retention.content_s or 0.0 for one in self._limited)
        return self._resources.node_cache.prune(now=self._now, kept_before=self._now - shortest, dry_run=dry_run)

    def _messages(self) -> int:
        """Messages whose run never started belong to no graph, so the shortest limit applies."""
        from compound.project.retention.messages import empty_unanswered

        shortest = min(one.retention.content_s or 0.0 for one in self._limited)
        return empty_unanswered(self._resources.state, before=self._now - shortest, now=self._now)

    def _dead_letters(self, *, dry_run: bool) -> int:
        """Dead-letter files that no batch has written since."""
        folder = self._resources.settings.home / "batch"
        shortest = min(one.retention.content_s or 0.0 for one in self._limited)
        old = [path for path in folder.glob("dead-letters-*.jsonl") if path.stat().st_mtime < self._now - shortest]
        for path in old if not dry_run else ():
            path.unlink(missing_ok=True)
        return len(old)
