"""`evals/<suite>/suite.yaml`: what is run over which cases, how it is scored, and what is good enough."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from compound.errors import Location, ProjectError

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
FunctionRef = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Gate(_Part):
    """What a score must reach; the answer is PASS or FAIL only when the whole interval is on one side.

    Attributes:
        at_least: Lower bar of the score.
        at_most: Upper bar of the score.
    """

    at_least: Share | None = None
    at_most: Share | None = None


class Labels(_Part):
    """What makes the suite's cases labels for a certificate.

    Attributes:
        wrong: Score that says what would be wrong if a case went out with no person: 0 right, above 0 wrong. Cases
            for which the graph's `auto` rule holds must have it.
    """

    wrong: Name


class SuiteFile(_Part):
    """The whole file.

    Attributes:
        compound: Format of the file.
        name: As the folder is called.
        description: What the suite asks, for reports.
        graph: The graph that runs over each case; the project's own where it is absent.
        until: Where a run ends: at the first review, or at its end (which does the effects).
        cases: `module:function` beside the file; takes a `SuiteContext`, returns a `CaseSet`.
        scorers: `module:function` beside the file; each takes a `SuiteContext`, returns a scorer.
        scores: Headline scores by name, with what each means.
        gates: Profile to score to bar.
        certify: How `compound certify` reads the cases; without it the suite certifies nothing.
    """

    compound: Literal["suite/v1"]
    name: Name
    description: str = ""
    graph: Name | None = None
    until: Literal["review", "end"] = "review"
    cases: FunctionRef
    scorers: Annotated[list[FunctionRef], Field(min_length=1)]
    scores: dict[Name, str]
    gates: dict[str, dict[Name, Gate]] = {}
    certify: Labels | None = None


def read_suite_file(path: Path, shown: str = "") -> SuiteFile:
    """Read and check a suite file.

    Raises:
        ProjectError: ``suite.invalid``: an unknown key or a wrong value, with its place; ``yaml.*``.
    """
    from compound.spec.kinds import validated  # the YAML reader is wanted here only
    from compound.spec.yaml_file import read_yaml_file

    spec = validated(read_yaml_file(path, shown), SuiteFile, "suite.invalid")
    unknown = sorted({score for gates in spec.gates.values() for score in gates} - set(spec.scores))
    if unknown:
        raise ProjectError(
            "suite.invalid",
            f"gates: no headline score is called {', '.join(unknown)}",
            where=Location(shown or str(path)),
            fix=f"scores of the suite: {', '.join(spec.scores)}",
        )
    return spec
