"""What certifying a rule found, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compound.evaluation import SuiteReport
    from compound.evaluation.certify import Bounded
    from compound.review.queue.certificate import RuleCertificate

REFUSED, MISSING, CERTIFIED = 1, 3, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification:
    """The result of certifying a rule.

    Attributes:
        source: `suite <name>` or `decisions`.
        ready: Number of cases for which the rule holds, labelled or not.
        unlabelled: Number of these without a label.
        found: The bound for each threshold.
        certificate: The stored certificate; None if nothing is certified, and in a dry run.
        report: The suite's report; None without a suite.
    """

    graph: str
    node: str
    profile: str
    policy: str
    source: str
    ready: int
    unlabelled: int
    found: Bounded
    certificate: RuleCertificate | None = None
    report: SuiteReport | None = None

    @property
    def is_proven(self) -> bool:
        """Whether the labels prove the bound for at least one threshold."""
        return self.found.proven is not None and not self.unlabelled

    @property
    def exit_code(self) -> int:
        """0 proven, 1 the error rate is above the limit, 3 labels are missing."""
        return CERTIFIED if self.is_proven else REFUSED if self.found.is_too_wrong else MISSING

    def to_json(self) -> dict[str, object]:
        """Everything except the suite's report, as a JSON object."""
        step = self.found.decisive
        return {
            "graph": self.graph,
            "node": self.node,
            "profile": self.profile,
            "policy": self.policy,
            "source": self.source,
            "certified": self.is_proven,
            "certificate_id": None if self.certificate is None else self.certificate.certificate_id,
            "error_at_most": self.found.error_at_most,
            "confidence": self.found.confidence,
            "method": self.found.method,
            "threshold": step.threshold,
            "cases": step.cases,
            "n": step.n,
            "k": step.k,
            "bound": step.bound,
            "needed": self.found.needed,
            "missing": max(0, self.found.needed - step.n),
            "ready": self.ready,
            "unlabelled": self.unlabelled,
            "steps": [
                {
                    "threshold": one.threshold,
                    "cases": one.cases,
                    "n": one.n,
                    "k": one.k,
                    "bound": one.bound,
                    "passed": one.passed,
                    "skipped": one.skipped,
                }
                for one in self.found.steps
            ],
        }

    def text(self) -> str:
        """What is certified, or what is missing, as text."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        step, bar = self.found.decisive, self._bar()
        if self.unlabelled:
            yield f"not certified: {self.unlabelled} of {self.ready} ready cases have no label from {self.source}"
            yield "  a certificate needs a label for each of them: an absent label does not count as right"
        elif self.is_proven:
            at = "" if step.threshold is None else f" at a score of {step.threshold:g} and above"
            done = "certified" if self.certificate is not None else "would be certified"
            yield f"{done}: {self.graph}, {self.node}{at}: at most {bar}"
            yield f"  {self._counted()}; at most {step.bound:.2%} are wrong ({self.found.method})"
        elif self.found.is_too_wrong:
            yield f"not certified: {step.k} of {step.n} were wrong, significantly more than {bar}"
            yield "  more labels will not help: change the rule or its inputs"
        else:
            yield (
                f"not certified: needs {self.found.needed} labelled ready cases with {step.k} wrong for {bar}, "
                f"has {step.n}"
            )
            if step.cases != step.n:
                yield f"  {self._counted()}: cases of one key count as one"
        if len(self.found.steps) > 1:
            for one in self.found.steps:
                said = "too few to test" if one.skipped else "passed" if one.passed else "failed"
                yield f"  score >= {one.threshold:g}: {one.k} wrong of {one.n}, at most {one.bound:.2%}: {said}"

    def _bar(self) -> str:
        return f"{100 * self.found.error_at_most:g} % at {100 * self.found.confidence:g} %"

    def _counted(self) -> str:
        step = self.found.decisive
        cases = f"{step.cases} labelled ready case{'s' * (step.cases != 1)}"
        keys = "" if step.cases == step.n else f" of {step.n} keys"
        return f"{cases}{keys}, {step.k} wrong"
