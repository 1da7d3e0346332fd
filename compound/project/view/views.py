"""Reports of a project's operations; plain values that print as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compound.project.view.evidence import is_passage, short_row

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededTable:
    """A table of the lakehouse after seeding."""

    name: str
    version: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededRecords:
    """A record store after `seed`; `loaded` is False if it was already filled. `rows` are those of all its tables."""

    name: str
    where: str
    """Path or URL, without a password."""
    loaded: bool
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedReport:
    """The result of `seed`."""

    profile: str
    lakehouse: str
    tables: tuple[SeededTable, ...]
    records: tuple[SeededRecords, ...]


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
    skipped: tuple[str, ...] = ()
    """Matching files that were not read, with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricView:
    """A number of a training with its interval; an absent value is None."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str

    @property
    def shown(self) -> str:
        """The value as text."""
        return "absent" if self.value is None else f"{self.value:.3f}"

    @property
    def interval(self) -> str:
        """The interval as text."""
        return "" if self.low is None or self.high is None else f"{self.low:.3f} to {self.high:.3f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainView:
    """A trained specialist.

    Attributes:
        certificate: What it may automate, and the assumptions.
        promoted: Whether it is now in production.
        why_not: Why it was not promoted; else empty.
    """

    name: str
    version: str
    folder: str
    examples: int
    seconds: float
    certificate: str
    promoted: bool
    why_not: str
    figures: tuple[MetricView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """The result of a run; `values` are the outputs of its nodes.

    Attributes:
        files: Folder of files created by runs, as a user would type it.
        shown_to_person: Values shown by the first waiting review, by name.
        ready: Whether the `auto` rule of the first waiting review holds; None if it has none.
        reasons: Why that review needs a person.
        shows: `text`, `actions`, `label` and `reasons` of the run, if the graph declares them.
    """

    run_id: str
    status: str
    output: Mapping[str, JsonValue] | None
    values: Mapping[str, JsonValue]
    review_ids: tuple[str, ...] = ()
    error: Mapping[str, object] | None = None
    files: str = ""
    shown_to_person: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])
    ready: bool | None = None
    reasons: tuple[str, ...] = ()
    shows: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])

    def shown(self) -> Iterator[tuple[str, JsonValue]]:
        """The values to show, in order."""
        if self.error is not None:
            yield "error", _error(self.error)
        said = {name: value for name, value in self.shows.items() if value not in (None, "", [])}
        if "label" in said or "reasons" in said:
            reasons = "; ".join(map(str, _list(said.get("reasons")))) or "every check passed"
            yield "label", f"{said['label']}: {reasons}" if "label" in said else reasons
        for name in ("actions", "text"):
            if name in said:
                yield name, self._readable(said[name])
        if not said:
            drafted = self.values if self.status == "stopped" else {}
            for name, value in (self.output or self.shown_to_person or drafted).items():
                if value not in (None, "", []):
                    yield name, self._readable(value)

    def _readable(self, value: JsonValue) -> JsonValue:
        """Files as paths, drafts as text, texts and passages as lines; other values unchanged."""
        if isinstance(value, dict) and value.keys() == {"text"}:
            return value["text"]
        if isinstance(value, dict) and {"artifact", "path", "media_type", "size_bytes"} == value.keys():
            return f"{self.files}/{value['path']}\n{value['media_type']}, {value['size_bytes']:,} bytes"
        if isinstance(value, list) and value and all(map(is_passage, value)):
            return "\n".join(f"- {short_row(one)}" for one in value)
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return "\n".join(f"- {one}" for one in value)
        return value


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _error(error: Mapping[str, object]) -> str:
    """An error record as text: place, what, code, fix."""
    place = ":".join(str(error[key]) for key in ("file", "line") if error.get(key))
    code, fix = error.get("code"), error.get("fix")
    head = f"{f'{place}: ' if place else ''}{error.get('what')}{f' [{code}]' if code else ''}"
    return f"{head}\n  fix: {fix}" if fix else head
