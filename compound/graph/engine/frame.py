"""One graph, planned and bound to its project: the shared start and end of all its runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, cast

from compound.errors import DataError, ProjectError
from compound.graph.node.binding import bind_all
from compound.graph.node.policy import longest_kept_s
from compound.graph.planning.planning import plan
from compound.graph.port.services import Incoming
from compound.graph.run.active import SILENT, ActiveRun
from compound.graph.run.result import RunResult
from compound.graph.wiring.roles import Roles
from compound.language.fill import filler
from compound.language.types import Record, parse_type
from compound.language.validate import validator
from compound.model.gateway.budget import Budget
from compound.spec.words import parse_duration

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.graph.port.services import Services
    from compound.graph.run.active import Runner
    from compound.spec.graph_file import GraphSpec
    from compound.spec.words import Budget as BudgetSpec
    from compound.trace.active import ActiveSpan
    from compound.trace.recorder import Recorder


class Frame:
    """A graph with its plan, its look-ups and its limits.

    Args:
        spec: The graph.
        services: The project's look-ups.
        recorder: The recorder of spans; None records nothing.
    """

    def __init__(self, spec: GraphSpec, services: Services, recorder: Recorder | None) -> None:
        self.spec = spec
        self.plan = plan(spec, services.graph)
        self.services = services
        self.recorder = recorder
        self.runners: dict[str, Runner] = {}
        self.roles = Roles(spec)
        limits = spec.budget
        self._seconds = None if limits is None or limits.seconds is None else parse_duration(limits.seconds)
        self._budget = None if limits is None else _budget_of(spec, limits)
        given = spec.input_type
        context = Record({n: parse_type(t) for n, t in spec.context.items()}, is_open=True)
        self._fill, self._input_problems = filler(given, spec.type_names), validator(given, spec.type_names)
        self._fill_context = filler(context, spec.type_names)
        self._context_problems = validator(context, spec.type_names)

    def bind(self) -> None:
        """Look up every name.

        Raises:
            ProjectError: A name is unknown, a prompt is broken, or a graph with reviews has no queue.
        """
        kinds = self.plan.kinds
        for kind, service in (("review", self.services.reviews), ("effect", self.services.outbox)):
            if kind in kinds and service is None:
                what = f"the graph {self.spec.name} has a node of kind {kind}, but no state store is configured"
                raise ProjectError("graph.no-state", what, fix="configure a state store")
        kept_s = longest_kept_s(self.spec, self.services)
        self.runners = bind_all(self.plan.steps.values(), self.services, longest_s=kept_s)

    def activate(
        self,
        run_id: str,
        thread_id: str,
        given: Mapping[str, JsonValue],
        context: Mapping[str, JsonValue],
        example_id: str | None,
    ) -> ActiveRun:
        """A run of this graph, in memory."""
        return ActiveRun(
            run_id=run_id,
            thread_id=thread_id,
            graph_name=self.spec.name,
            graph_hash=self.plan.hash,
            input=given,
            context=self._whole_context(context),
            runners=self.runners,
            recorder=self.recorder,
            example_id=example_id,
            roles=self.roles,
            budget=self._budget,
            seconds=self._seconds,
            seen_input=None if self._fill is None else self._fill(dict(given)),
            asks_when_spent=self.spec.budget is not None and self.spec.budget.on_exceed == "review",
        )

    def arrive(self, run_id: str, given: Mapping[str, JsonValue], message: Mapping[str, str]) -> None:
        """Register the item of a new run; every way to start a run that is stored passes here."""
        if item_id := self.roles.id(given):
            incoming = Incoming(run_id=run_id, item_id=item_id, item=self.roles.value(given), message=message)
            self.services.arrive(incoming)

    def _whole_context(self, context: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """The context with null for omitted optional names."""
        return (
            context if self._fill_context is None else cast("dict[str, JsonValue]", self._fill_context(dict(context)))
        )

    def root(self, active: ActiveRun, *, resumed: bool = False) -> ActiveSpan:
        """The span of a leg of a run; silent without a recorder."""
        if self.recorder is None:
            return SILENT
        return self.recorder.run(
            graph_name=active.graph_name,
            graph_hash=active.graph_hash,
            run_id=active.run_id,
            thread_id=active.thread_id,
            example_id=active.example_id,
            graph_version=self.spec.version,
            **({"resumed": True} if resumed else {}),
        )

    def closing(self, span: ActiveSpan, result: RunResult) -> RunResult:
        """Record on the root span how this leg of the run ended."""
        if result.status == "waiting_review":
            count = len(result.review_ids)
            span.pause(f"waits for {count} review{'' if count == 1 else 's'}")
        elif result.error is not None:
            span.set(status_code="ERROR", error_type=result.error.code, status_message=str(result.error))
        span.set(run_status=result.status)
        return result

    def result(
        self,
        active: ActiveRun,
        status: Literal["done", "stopped", "waiting_review"],
        items: tuple[str, ...] = (),
    ) -> RunResult:
        """The result of a run."""
        outcomes = [(name, active.outcomes[name]) for name in self.plan.steps if name in active.outcomes]
        failures = {name: one.error for name, one in outcomes if one.error is not None}
        failures |= active.open_failures
        is_failed = bool(failures) and status != "waiting_review"
        return RunResult(
            run_id=active.run_id,
            status="failed" if is_failed else status,
            output=self.plan.output(active.scope) if status == "done" and not is_failed else None,
            values={name: one.value for name, one in outcomes if one.status == "ok"},
            skipped={name: one.reason for name, one in outcomes if one.status in {"skipped", "blocked"}},
            failures=failures,
            review_ids=items,
            stale_ids=tuple(active.stale_ids),
            error=next(iter(failures.values()), None),
        )

    def require_context(self, context: Mapping[str, JsonValue]) -> None:
        """Refuse a context that does not fit the graph.

        Raises:
            DataError: ``graph.bad-input``.
        """
        if problems := self._context_problems(dict(context)):
            what = f"the context does not fit the graph {self.spec.name}: {'; '.join(problems[:5])}"
            raise DataError("graph.bad-input", what, fix="--context NAME=VALUE; see `context:` of the graph file")

    def require_fit(self, given: Mapping[str, JsonValue], context: Mapping[str, JsonValue], run_id: str) -> None:
        """Refuse an input or a context that does not fit the graph.

        Raises:
            DataError: ``graph.bad-input``.
        """
        self.require_context(context)
        if problems := self._input_problems(dict(given)):
            what = f"run {run_id}: the input does not fit the graph {self.spec.name}: {'; '.join(problems[:5])}"
            raise DataError("graph.bad-input", what, fix="see `input:` of the graph file")


def _budget_of(spec: GraphSpec, limits: BudgetSpec) -> Budget:
    at = spec.source.value
    return Budget(
        usd=limits.usd,
        calls=limits.calls,
        on_unknown=limits.on_unknown,
        usd_at=at(("budget", "usd")),
        calls_at=at(("budget", "calls")),
    )
