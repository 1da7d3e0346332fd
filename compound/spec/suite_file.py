"""`evals/<suite>/suite.yaml`: the graph, cases, scorers and gates of a suite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from compound.errors import choices
from compound.spec.yaml.mistakes import Mistake, folded, refuse

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
ScorerRef = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.-]*(:[A-Za-z_]\w*)?$")]
CasesRef = Annotated[str, Field(pattern=r"^([A-Za-z_][\w.]*:[A-Za-z_]\w*|[\w-][\w.-]*\.jsonl)$")]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Gate(_Part):
    """The bar of a score; the result is PASS or FAIL only if the whole interval is on one side.

    Attributes:
        at_least: Lower bar of the score.
        at_most: Upper bar of the score.
    """

    at_least: Share | None = None
    at_most: Share | None = None


class Labels(_Part):
    """How the suite's cases become labels for a certificate.

    Attributes:
        wrong: Score of mistakes if a case went out without a person: 0 right, above 0 wrong. Cases for which the
            graph's `auto` rule holds must have it.
    """

    wrong: Name


class SuiteFile(_Part):
    """The whole file.

    Attributes:
        compound: Format of the file.
        name: The folder's name.
        description: The question that the suite answers; shown in reports.
        graph: The graph that runs over each case; default the project's own.
        until: Where a run ends: `review`, before the first reviews and effects; or `end`: each review is approved as
            drafted, and effects change copies of their targets, which are deleted.
        cases: `module:function` next to the file, which takes a `SuiteContext` and returns a `CaseSet`; or the name of
            a JSONL file next to the file, as `compound review export --kind eval` writes it.
        scorers: `module:function` next to the file, or the name of a scorer: `equal`, or one of a plug-in. Each takes
            a `SuiteContext` and returns a scorer.
        scores: Headline scores by name, with their meanings; the scorers must return every one of them.
        gates: Profile to score to bar; `compound eval` exits 1 if a score fails its bar.
        certify: How `compound certify` reads the cases; without it the suite certifies nothing.
    """

    compound: Literal["suite/v1"]
    name: Name
    description: str = ""
    graph: Name | None = None
    until: Literal["review", "end"] = "review"
    cases: CasesRef
    scorers: Annotated[list[ScorerRef], Field(min_length=1)]
    scores: dict[Name, str]
    gates: dict[str, dict[Name, Gate]] = {}
    certify: Labels | None = None

    @model_validator(mode="after")
    def _gates_are_scores(self) -> SuiteFile:
        known = list(self.scores)
        unknown = [
            Mistake(("gates", profile, name), f"no headline score is named {name!r}", choices(known, name), True)
            for profile, gates in self.gates.items()
            for name in gates
            if name not in known
        ]
        refuse(folded(unknown), "SuiteFile")
        return self


def read_suite_file(path: Path, shown: str = "") -> SuiteFile:
    """Read and check a suite file.

    Raises:
        ProjectError: ``suite.invalid``: an unknown key or a wrong value, with its place; ``yaml.*``.
    """
    from compound.spec.yaml.reading import read_yaml_file
    from compound.spec.yaml.validated import validated

    return validated(read_yaml_file(path, shown), SuiteFile, "suite.invalid")


def read_suite_of(path: Path, shown: str, profiles: Sequence[str]) -> SuiteFile:
    """Read a suite file of a project.

    Raises:
        ProjectError: as `read_suite_file`; ``suite.invalid``: its name differs from its folder's, or it has gates for a
            profile that the project does not have.
    """
    from compound.language.findings import Finding, InvalidFile
    from compound.spec.yaml.reading import read_yaml_file

    spec, source = read_suite_file(path, shown), read_yaml_file(path, shown).source
    findings: list[Finding] = []
    if spec.name != path.parent.name:
        what = f"name: the suite is named {spec.name!r}, but its folder is {path.parent.name!r}"
        findings.append(Finding("suite.invalid", what, source.value(("name",)), f"write name: {path.parent.name}"))
    for name in spec.gates:
        if name not in profiles:
            what = f"gates: profile {name!r} does not exist"
            findings.append(Finding("suite.invalid", what, source.key(("gates", name)), choices(profiles, name)))
    if findings:
        raise InvalidFile(findings)
    return spec
