"""The words of an evaluation: case, result, score, suite."""

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
    """Which half of the customers this one is in: the one place that training and evaluation ask.

    Half and half by the SHA-256 of the id: all tickets of a customer are in one half, whatever else is there.
    """
    first = hashlib.sha256(customer_id.encode("utf-8", "replace")).digest()[0]
    return "train" if first % 2 == 0 else "heldout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to run and what is expected of it.

    Attributes:
        id: Unique in its suite; the `example_id` of the run's spans.
        input: The graph's input: name to value.
        expected: What the suite's scorers compare with.
        cluster_id: Cases of one cluster (one customer) are not independent; None says there is none.
        tags: For slices: data set, language, kind of ticket.
        context: The graph's context; it goes before what `compound eval --context` gives.
    """

    id: str
    input: Mapping[str, JsonValue]
    expected: Mapping[str, JsonValue]
    cluster_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    context: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What came of one case, as the trace has it.

    Attributes:
        case_id: The case.
        status: `done`, `waiting_review` or `failed`.
        values: Node name to the node's output; what did not run is absent.
        output: The graph's output; None unless the run is done.
        run_id: The run, to find its trace.
        error: Why it failed.
        seconds: Wall time of the run.
        cost_usd: Sum over its model calls; None when the price is not known.
        auto: Review node to whether its `auto` rule holds, of a run that stopped before its review.
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
    """One judgement of one case. An absent value is absent, never 0.

    Attributes:
        name: Several scores of one name in a case are several trials (one for each expected action).
        value: A number in [0, 1]; None where the question does not arise or cannot be answered. Anything else (NaN,
            7.0, a text) is an error of the scorer: the score is absent, and the report names the case.
        label: A class instead of a number.
        group: Empty for the case's own scores; a name of the scorer's own for what is counted apart.
        explanation: Why, for a person who reads the case.
        details: The same for a program.
    """

    name: str
    value: float | None = None
    label: str = ""
    group: str = ""
    explanation: str = ""
    details: JsonValue = None


class Subject(Protocol):
    """What is evaluated: a graph up to its review, given by the project."""

    async def run(self, case: Case) -> CaseResult:
        """Run one case; a failure of the run is a result with status `failed`, or an exception."""
        ...


Scorer = Callable[[Case, CaseResult], Iterable[Score]]
"""Judges one case: the scores that it yields have names that the suite declares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSet:
    """The cases of a suite.

    Attributes:
        cases: What the headline is made of.
        sections: Further cases, each section reported apart and never mixed into the headline.
        notes: What was left out and why, for the report.
    """

    cases: Sequence[Case]
    sections: Mapping[str, Sequence[Case]] = field(default_factory=dict[str, Sequence[Case]])
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteContext:
    """What a suite's own code may ask for.

    Attributes:
        root: The project.
        profile: Its data profile.
        cases: Folder with the cases, from the profile's `cases` or from `--cases`; None where neither is given. A
            suite that reads a folder takes it from `cases_folder`.
        rows: Name of a lakehouse table to its rows, as the pinned version has them.
        extra_cases: A second folder, reported beside the first.
        training: What the project's specialists were trained on.
        split: Which half of the customers; `auto` takes the held-out half where cases are also training data.
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
            ProjectError: ``project.no-cases``: neither the profile nor the command names one.
        """
        if self.cases is None:
            what = f"profile {self.profile!r} names no `cases`, and this suite reads its cases from there"
            raise ProjectError("project.no-cases", what, fix="--cases DIR, or set it in the profile")
        return self.cases


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Cases, scorers and gates, ready to run.

    Attributes:
        name: The suite.
        description: What it asks.
        meanings: Score to what it means, for the report.
        case_set: What to run.
        scorers: Each sees every case and its result.
        scores: Names of the headline scores, in the order of the report.
        gates: Score to bar, for this profile.
        graph: The graph to run; None for the project's own.
        until: Where a run ends.
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
