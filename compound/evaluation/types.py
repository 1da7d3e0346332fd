"""Types of an evaluation: case, result, score, suite."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from compound.errors import ProjectError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec.suite_file import Gate

SplitName = Literal["train", "heldout"]
SplitChoice = Literal["auto", "all", "train", "heldout"]


def split(customer_id: str) -> SplitName:
    """The half that a customer belongs to; training and evaluation both use this function.

    Split by the SHA-256 of the id: all cases of a customer are in one half, independent of the data set.
    """
    first = hashlib.sha256(customer_id.encode("utf-8", "replace")).digest()[0]
    return "train" if first % 2 == 0 else "heldout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An input to run and its expected result.

    Attributes:
        id: Unique in its suite; the `example_id` of the run's spans.
        input: The graph's input: name to value.
        expected: Expected values, for the suite's scorers.
        cluster_id: Cases of one cluster (one customer) are not independent; None: an independent case.
        tags: For slices: data set, language, kind of case.
        context: The graph's context; overrides `compound eval --context`.
    """

    id: str
    input: Mapping[str, JsonValue]
    expected: Mapping[str, JsonValue]
    cluster_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    context: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """The result of one case.

    Attributes:
        case_id: The case.
        status: `done`, `waiting_review` or `failed`.
        values: Node name to output; nodes that did not run are absent.
        output: The graph's output; None unless the run is done.
        run_id: The run, to find its trace.
        error: Why it failed.
        seconds: Wall time of the run.
        cost_usd: Cost of its model calls; None if a price is unknown.
        auto: Review node to whether its `auto` rule holds, for runs that stop before the review.
        auto_scores: Review node to the score of its rule.
    """

    case_id: str
    status: str
    values: Mapping[str, JsonValue]
    run_id: str = ""
    error: str = ""
    seconds: float | None = None
    cost_usd: float | None = None
    auto: Mapping[str, bool] = field(default_factory=dict[str, bool])
    auto_scores: Mapping[str, float] = field(default_factory=dict[str, float])
    output: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score of a case. An absent value is absent, never 0.

    Attributes:
        name: Several scores with the same name in a case are several trials (one for each expected action).
        value: A number in [0, 1]; None if the question does not apply or cannot be answered. Anything else (NaN,
            7.0, a text) is an error of the scorer: the score is absent, and the report names the case.
        label: A label instead of a number.
        group: Empty for headline scores; a group name for scores that are counted separately.
        explanation: The reason, for people.
        details: The reason, for programs.
    """

    name: str
    value: float | None = None
    label: str = ""
    group: str = ""
    explanation: str = ""
    details: JsonValue = None


class Subject(Protocol):
    """What is evaluated: a graph up to its review."""

    async def run(self, case: Case) -> CaseResult:
        """Run one case; a failure of the run is a result with status `failed`, or an exception."""
        ...


Scorer = Callable[[Case, CaseResult], Iterable[Score]]
"""Judges one case: the scores that it yields have names that the suite declares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSet:
    """The cases of a suite.

    Attributes:
        cases: The headline cases.
        sections: Further cases, each section reported separately from the headline.
        notes: What was left out and why, for the report.
    """

    cases: Sequence[Case]
    sections: Mapping[str, Sequence[Case]] = field(default_factory=dict[str, Sequence[Case]])
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteContext:
    """Context for the suite's code.

    Attributes:
        root: Root folder of the project.
        profile: Name of the profile.
        cases: Folder with the cases, from `--cases` or the profile's `cases`; None if neither is set. Suites that read
            a folder call `cases_folder`.
        rows: Returns the rows of a lakehouse table, at its pinned version.
        extra_cases: A second folder, reported as a section.
        training: Training data of the project's specialists.
        split: Half of the customers to use; `auto`: the held-out half if cases are also training data.
    """

    root: Path
    profile: str
    cases: Path | None
    rows: Callable[[str], Sequence[Mapping[str, JsonValue]]]
    extra_cases: Path | None = None
    training: Path | None = None
    split: SplitChoice = "auto"

    @property
    def cases_folder(self) -> Path:
        """The folder with the cases.

        Raises:
            ProjectError: ``project.no-cases``: neither the profile nor the command sets one.
        """
        if self.cases is None:
            what = f"profile {self.profile!r} does not set `cases`, which this suite reads"
            raise ProjectError("project.no-cases", what, fix="--cases DIR, or set it in the profile")
        return self.cases


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Cases, scorers and gates, ready to run.

    Attributes:
        name: The suite.
        description: What it measures.
        meanings: Score to its meaning, for the report.
        case_set: The cases.
        scorers: Each sees every case and its result.
        scores: Names of the headline scores, in the order of the report.
        gates: Score to bar, for this profile.
        graph: The graph to run; None: the project's graph.
        until: Where a run stops.
    """

    name: str
    case_set: CaseSet
    scorers: Sequence[Scorer]
    scores: Sequence[str]
    gates: Mapping[str, Gate] = field(default_factory=dict[str, "Gate"])
    graph: str | None = None
    until: Literal["review", "end"] = "review"
    description: str = ""
    meanings: Mapping[str, str] = field(default_factory=dict[str, str])
