"""What the operations of a project report; plain values that print as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededTable:
    """A table of the lakehouse after seeding."""

    name: str
    version: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedReport:
    """What `seed` did; `loaded` is False where the shop was filled before."""

    profile: str
    lakehouse: str
    tables: tuple[SeededTable, ...]
    shop: str
    loaded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexView:
    """An index after a sync."""

    name: str
    version: str
    documents: int
    passages: int
    embedder: str
    changed: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of a training, with its interval; an absent value is absent."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str

    @property
    def shown(self) -> str:
        """The value for a person."""
        return "absent" if self.value is None else f"{self.value:.3f}"

    @property
    def interval(self) -> str:
        """The interval for a person."""
        return "" if self.low is None or self.high is None else f"{self.low:.3f} to {self.high:.3f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainView:
    """A trained specialist."""

    name: str
    version: str
    folder: str
    examples: int
    seconds: float
    certificate: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """How a run ended; `values` are the outputs of its nodes."""

    run_id: str
    status: str
    output: Mapping[str, JsonValue] | None
    values: Mapping[str, JsonValue]
    item_ids: tuple[str, ...] = ()
    error: Mapping[str, object] | None = None

    def shown(self) -> Iterator[tuple[str, JsonValue]]:
        """What a person wants to see, in order."""
        if self.error is not None:
            yield "error", str(self.error.get("what"))
        lane, plan, draft = (self.values.get(name) for name in ("lane", "plan", "draft"))
        if isinstance(lane, dict):
            yield (
                "lane",
                f"{lane.get('lane')}: {'; '.join(map(str, _list(lane.get('reasons')))) or 'every check passed'}",
            )
        if isinstance(plan, dict):
            yield "actions", plan.get("actions")
            if plan.get("unexplained"):
                yield "not understood", plan.get("unexplained")
        if isinstance(draft, dict):
            yield "reply", str(draft.get("text"))
        if self.output is not None and self.output.get("applied"):
            yield "done", self.output.get("applied")
        if self.output is not None and not any(isinstance(one, dict) for one in (lane, plan, draft)):
            yield from self.output.items()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """An item of the queue, as a list shows it."""

    item_id: str
    short_id: str
    ticket_id: str
    status: str
    age: str
    subject: str
    reasons: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """An item with what a decision needs."""

    item_id: str
    version: int
    status: str
    ticket: Mapping[str, JsonValue]
    draft: str
    actions: tuple[Mapping[str, JsonValue], ...]
    reasons: tuple[str, ...]
    evidence: Mapping[str, JsonValue]
    decisions: tuple[Mapping[str, JsonValue], ...] = ()
    stale: str = ""

    @property
    def is_open(self) -> bool:
        """It can be decided now."""
        return self.status in {"pending", "in_review", "awaiting_second"}

    def text(self) -> str:
        """The item for a person: what was asked, what is proposed, why a person is asked, what it rests on."""
        lines = [f"item {self.item_id}  version {self.version}  {self.status}"]
        if self.stale:
            lines.append(f"stale: {self.stale}")
        lines += ["", f"ticket {self.ticket.get('id')}: {self.ticket.get('subject') or ''}"]
        lines += [f"  {line}" for line in str(self.ticket.get("body") or "").splitlines()]
        lines += ["", "why a person:", *(f"  - {reason}" for reason in self.reasons or ("no reason given",))]
        lines += ["", "proposed actions:"]
        for action in self.actions:
            lines.append(f"  - {action.get('name')}")
            arguments = action.get("arguments")
            given = arguments.items() if isinstance(arguments, dict) else ()
            lines += [f"      {key}: {value if isinstance(value, str) else _compact(value)}" for key, value in given]
        lines += [] if self.actions else ["  none"]
        lines += ["", "drafted reply:", *(f"  {line}" for line in self.draft.splitlines())]
        lines += ["", "evidence: " + (", ".join(self.evidence) or "none") + "  (--json shows it)"]
        for decision in self.decisions:
            lines.append(f"decided: {decision.get('action')} by {decision.get('actor')}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a decision led to.

    Attributes:
        ok: The run went on to its end.
        effects: Name and status of each effect.
    """

    item_id: str
    action: str
    actor: str
    run_status: str
    ok: bool
    effects: tuple[Mapping[str, JsonValue], ...] = ()
    problem: str = ""
    details: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])

    def text(self) -> str:
        """The result for a person."""
        lines = [f"{self.action} by {self.actor}: run {self.run_status}"]
        lines += [f"  {effect.get('name')}: {effect.get('status')}" for effect in self.effects]
        if self.problem:
            lines.append(f"  {self.problem}")
        return "\n".join(lines)


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _compact(value: JsonValue) -> str:
    import orjson

    return orjson.dumps(value).decode()
