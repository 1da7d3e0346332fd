"""Batches: list, show, pause, resume, retry, cancel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from compound.errors import CompoundError, DataError
from compound.project.batches.views import BatchRow, BatchView, LetterView
from compound.project.view.times import moment

if TYPE_CHECKING:
    from pydantic import JsonValue
    from sqlalchemy.engine import Connection

    from compound.batch import BatchEvent, BatchOptions, BatchSummary
    from compound.batch.control import BatchControl
    from compound.batch.watch.jobs import JobState
    from compound.project.running.opened import OpenedProject


class _Runs(Protocol):
    """`Project.batch`."""

    def __call__(
        self,
        name: str | None,
        source: str | None,
        options: BatchOptions,
        *,
        to: Path | None = None,
        context: Mapping[str, JsonValue] | None = None,
        on_event: Callable[[BatchEvent], None] = lambda event: None,
    ) -> BatchSummary: ...


class BatchService:
    """The batches of a project: any process sees them, and may ask the one that runs a batch to pause or stop."""

    def __init__(self, project: OpenedProject, run: _Runs) -> None:
        """Of `Project.batches`."""
        self._project = project
        self._run = run

    @property
    def _control(self) -> BatchControl:
        from compound.batch.control import BatchControl

        return BatchControl(self._project.resources.state)

    def list(self, *, limit: int = 50, before: float | None = None) -> Sequence[BatchRow]:
        """Batches, the one that changed last first.

        Args:
            limit: Most of them.
            before: Only those that last changed before this time, UTC seconds.
        """
        from compound.batch.watch.jobs import list_jobs

        with self._project.resources.state.read() as db:
            return [BatchRow.of(one, self._shown) for one in list_jobs(db, limit=limit, before=before)]

    def find(self, named: str) -> str:
        """The id of a batch, from the id or a prefix of it.

        Raises:
            DataError: `batch.unknown-batch`.
        """
        from compound.batch.watch.jobs import find_jobs

        with self._project.resources.state.read() as db:
            found = find_jobs(db, named) if named else []
        if len(found) != 1:
            what = f"{named!r} begins the ids of several batches" if found else f"batch {named!r} does not exist"
            raise DataError("batch.unknown-batch", what, fix="compound batches list shows them")
        return found[0]

    def show(self, named: str, *, code: str | None = None, after: int = -1, letters: int = 50) -> BatchView:
        """A batch in detail.

        Args:
            named: Its id, or a prefix of it.
            code: Only dead letters with this error code.
            after: Only dead letters behind this position of the source.
            letters: Most dead letters.

        Raises:
            DataError: `batch.unknown-batch`.
        """
        from compound.batch.watch.failures import dead_items, errors_of
        from compound.batch.watch.jobs import job_state

        job_id = self.find(named)
        with self._project.resources.state.read() as db:
            state = job_state(db, job_id)
            assert state is not None, "it was found"
            dead = dead_items(db, state.job, code=code, after=after, limit=letters + 1)
            more = dead[letters - 1].seq if len(dead) > letters else None
            return BatchView(
                **asdict(BatchRow.of(state, self._shown)),
                **_pace(db, state),
                **self._cost(db, state),
                errors=[{"code": name, "items": count} for name, count in errors_of(db, state.job)],
                letters=[LetterView.of(one, self._shown) for one in dead[:letters]],
                more_letters=more,
                concurrency=state.job.concurrency,
                limit=state.job.limit,
                results=None if state.job.results is None else self._shown(state.job.results),
            )

    def pause(self, named: str, *, user: str, note: str = "") -> None:
        """Have the process that runs a batch start no further item until somebody resumes it.

        Raises:
            DataError: `batch.unknown-batch`.
            ConflictError: `batch.not-running`, `batch.stopping`.
        """
        self._control.pause(self.find(named), by=user, note=note)

    def cancel(self, named: str, *, user: str, note: str = "") -> bool:
        """Stop a batch: items in flight finish, drafts that wait for people stay, the others are not run.

        Returns:
            Whether a process runs it, which ends after its items in flight.

        Raises:
            DataError: `batch.unknown-batch`.
            ConflictError: `batch.over`.
        """
        return self._control.cancel(self.find(named), by=user, note=note)

    def proceed(self, named: str, *, user: str) -> bool:
        """Continue a paused batch; returns False if no process runs it: then call `run`.

        Raises:
            DataError: `batch.unknown-batch`.
            ConflictError: `batch.already-running`, `batch.stopping`.
        """
        return self._control.proceed(self.find(named), by=user)

    def retry(self, named: str, *, user: str, items: Sequence[str] | None = None) -> tuple[int, bool]:
        """Put dead letters back into a batch.

        Args:
            named: Its id, or a prefix of it.
            user: Who asks.
            items: Only these items, dead letters or cancelled ones; None: every dead letter that a retry can help.

        Returns:
            The number of items, and whether a process runs the batch, which then runs them; if not, call `run`.

        Raises:
            DataError: `batch.unknown-batch`, `batch.unknown-item`.
            ConflictError: `batch.nothing-to-retry`, `batch.cancelled`.
        """
        return self._control.retry(self.find(named), by=user, item_ids=items)

    def run(self, named: str, *, on_event: Callable[[BatchEvent], None] = lambda event: None) -> BatchSummary:
        """Run what is left of a batch in this process, with the source, context, limit and results of its last start.

        Raises:
            DataError: `batch.unknown-batch`.
            ConflictError: `batch.already-running`.
            ProjectError: `batch.graph-changed`: the graph changed; `compound batch --accept-changes` runs it.
        """
        from compound.batch import BatchOptions
        from compound.batch.watch.jobs import job_state

        with self._project.resources.state.read() as db:
            state = job_state(db, self.find(named))
        assert state is not None, "it was found"
        job, settings = state.job, self._project.settings.batch
        options = BatchOptions(
            concurrency=job.concurrency,
            limit=job.limit,
            resume=True,
            retries=settings.retries,
            stop_after=settings.stop_after_failures,
        )
        to = None if job.results is None else Path(job.results)
        return self._run(job.graph_name, job.source, options, to=to, context=job.context, on_event=on_event)

    def _cost(self, db: Connection, state: JobState) -> dict[str, Any]:
        from compound.batch.watch.spending import spending_of

        spent, limit = spending_of(db, state.job), self._limit(state.job.graph_name)
        return {
            "calls": spent.calls,
            "cost_usd": spent.usd,
            "unknown_costs": spent.unknown,
            "budget_usd": None if limit is None else limit * state.counts.total,
        }

    def _limit(self, graph: str) -> float | None:
        """The limit of one run in USD: the graph's, else that of the models; None if neither has one."""
        try:
            budget = self._project.resources.parts.graph(graph).budget
            general = self._project.resources.models.budget.usd_per_run
        except CompoundError:  # the graph was deleted or has errors
            return None
        return general if budget is None or budget.usd is None else budget.usd

    def _shown(self, source: str) -> str:
        """A source as a user would type it: a mailbox by its name, a path from the project's root."""
        profile = self._project.settings.profile
        for name in self._project.resources.target_files.mailboxes:
            where = profile.mailboxes.get(name, profile.items)
            if where is not None and str(where.resolve()) == source:
                return name
        return self._project.settings.shown(Path(source)) if source.startswith("/") else source


def _pace(db: Connection, state: JobState) -> dict[str, Any]:
    from compound.batch.watch.pace import METHOD, history_of, pace_of

    pace, history = pace_of(db, state), history_of(db, state)
    values: dict[str, Any] = {}
    if history is not None:
        values |= {
            "history_start": moment(history.start),
            "history_width_s": history.width,
            "history": list(history.counts),
        }
    if pace is not None:
        eta, low, high = pace.eta_s(state.counts.unsettled)
        values |= {"rate_per_s": pace.rate, "rate_low": pace.low, "rate_high": pace.high, "rate_n": pace.n}
        values |= {"rate_method": METHOD, "eta_s": eta, "eta_low_s": low, "eta_high_s": high}
    return values
