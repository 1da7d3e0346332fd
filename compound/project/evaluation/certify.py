"""`compound certify`: certifies `auto` rules, from a suite's labels or from audited decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from compound.errors import DataError, ProjectError, choices
from compound.evaluation.certify import Bounded, Label, bounded
from compound.graph.planning.expanding import MAPPED
from compound.project.evaluation.certification import Certification
from compound.review.stored.elements import declared_name
from compound.spec.graph_file import blocks
from compound.spec.nodes import GraphNode, MapBlock, RepeatBlock, ReviewNode

if TYPE_CHECKING:
    from pathlib import Path

    from compound.evaluation import SuiteReport
    from compound.evaluation.scoring import Scored
    from compound.project.decision.coverage import Coverage
    from compound.project.running.opened import OpenedProject
    from compound.review.queue.certificate import RuleCertificate
    from compound.spec import GraphSpec
    from compound.spec.policy_file import Automatic
    from compound.spec.words import AutoRule

_INSIDE: Final = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteLabels:
    """The cases of a suite that label a rule.

    Attributes:
        suite: Name of the suite.
        cases: A folder with other cases; None: those of the profile.
        limit: Only the first N cases.
        context: `NAME=VALUE` of the graph's context, for cases that do not set it.
    """

    suite: str
    cases: Path | None = None
    limit: int | None = None
    context: Sequence[str] = ()


class _Subject(NamedTuple):
    """The rule to certify: its graph, its review, the rule, and what the policy requires."""

    spec: GraphSpec
    path: str
    rule: AutoRule
    automatic: Automatic


class Certifier:
    """Certifies rules of a project's graphs.

    Args:
        project: The opened project.
    """

    def __init__(self, project: OpenedProject) -> None:
        self._project = project

    def suite(self, graph: str | None = None) -> str:
        """The name of the suite whose labels certify a graph; the first one if there are several.

        Raises:
            ProjectError: ``certify.no-labels``: no suite of the graph has `certify`.
        """
        from compound.project.evaluation.evaluation import suite_file
        from compound.project.source.parts import EVALS

        settings = self._project.settings
        runs = graph or settings.graph
        for path in sorted((settings.root / EVALS).glob("*/suite.yaml")):
            file = suite_file(self._project.resources, path.parent.name)
            if file.certify is not None and (file.graph or settings.graph) == runs:
                return path.parent.name
        what = f"no suite of the graph {runs} names the score of wrong cases"
        raise ProjectError("certify.no-labels", what, fix="set certify: {wrong: <score>} in its suite.yaml")

    def by_suite(
        self, graph: str | None, labels: SuiteLabels, *, user: str, node: str | None = None, dry_run: bool = False
    ) -> Certification:
        """Run a suite to the review and use its `certify: {wrong: ...}` score as labels.

        Raises:
            ProjectError: ``certify.*``: the graph has no rule, its policy has no `automatic`, the suite has no labels
                or runs another graph.
        """
        subject = self._subject(graph, node)
        wrong = self._wrong_score(subject.spec, labels.suite)
        coverage = self._coverage(subject.spec)
        report, seen = self._run(labels)
        ruled = [(one, at, holds) for one in seen for at, holds in one.result.auto.items()]
        ready = [(one, at) for one, at, holds in ruled if holds and declared_name(at) == subject.path]
        found = [label for one, at in ready if (label := _label(one, wrong, at)) is not None]
        if ready and not found:
            names = sorted({score.name for one, _ in ready for score in one.scores if score.value is not None})
            what = f"no ready case of the suite {labels.suite} has a value of {wrong!r}"
            raise ProjectError("certify.no-labels", what, fix=choices(names, wrong))
        made = self._made(subject, f"suite {labels.suite}", found, ready=len(ready), report=report)
        return made if dry_run else self._kept(made, coverage, user)

    def by_decisions(
        self, graph: str | None, *, user: str, node: str | None = None, dry_run: bool = False
    ) -> Certification:
        """Use people's decisions on the audit sample as labels: approved unchanged is right, everything else is wrong.

        Only drafts of exactly the current setup count.

        Raises:
            ProjectError: ``certify.*``: the graph has no rule, or its policy has no `automatic`.
        """
        subject = self._subject(graph, node)
        coverage = self._coverage(subject.spec)
        audited = self._project.services.gatekeeper.certificates.audited(node=subject.path, covers=coverage.digest)
        labels = [Label(wrong=not one.is_unchanged, key=one.key, score=one.score) for one in audited]
        made = self._made(subject, "decisions", labels, ready=len(labels))
        return made if dry_run else self._kept(made, coverage, user)

    def _wrong_score(self, spec: GraphSpec, suite: str) -> str:
        """The score that marks a case of a suite as wrong."""
        from compound.project.evaluation.evaluation import suite_file

        file = suite_file(self._project.resources, suite)
        if file.certify is None:
            what = f"the suite {suite} does not declare which score marks a case as wrong"
            raise ProjectError("certify.no-labels", what, fix="set certify: {wrong: <score>} in its suite.yaml")
        runs = file.graph or self._project.settings.graph
        if runs != spec.name:
            raise ProjectError("certify.other-graph", f"the suite {suite} runs the graph {runs}, not {spec.name}")
        return file.certify.wrong

    def _run(self, labels: SuiteLabels) -> tuple[SuiteReport, Sequence[Scored]]:
        """Run the suite up to the review; every scored case, and the report."""
        import anyio

        from compound.project.evaluation.evaluation import evaluate

        resources, seen = self._project.resources, list["Scored"]()
        run = partial(
            evaluate,
            resources,
            labels.suite,
            cases=labels.cases,
            limit=labels.limit,
            details=False,
            context=labels.context,
            until="review",
            on_scored=seen.extend,
        )
        with resources.embedding_beside():
            return anyio.run(run), seen

    def _made(
        self, subject: _Subject, source: str, labels: Sequence[Label], *, ready: int, report: SuiteReport | None = None
    ) -> Certification:
        return Certification(
            graph=subject.spec.name,
            node=subject.path,
            profile=self._project.settings.profile.name,
            policy=str(subject.spec.policy),
            source=source,
            ready=ready,
            unlabelled=ready - len(labels),
            found=_bound(labels, subject.rule, subject.automatic),
            report=report,
        )

    def list(self) -> Sequence[RuleCertificate]:
        """The certificates of this profile, newest first."""
        known = self._project.services.gatekeeper.certificates
        return known.list(profile=self._project.settings.profile.name)

    def find(self, named: str) -> RuleCertificate:
        """A certificate, by a prefix of its id.

        Raises:
            DataError: ``certify.unknown-certificate``.
        """
        return self._project.services.gatekeeper.certificates.find(named)

    def revoke(self, named: str, *, user: str, reason: str) -> RuleCertificate:
        """Revoke a certificate.

        Raises:
            DataError: ``certify.unknown-certificate``.
            ConflictError: ``certify.revoked``.
        """
        return self._project.services.gatekeeper.certificates.revoke(named, user=user, reason=reason)

    def status(self, certificate: RuleCertificate) -> str:
        """`valid`, `revoked`, or `void: <what changed>`."""
        if certificate.revoked_at is not None:
            return f"revoked by {certificate.revoked_by}: {certificate.revoke_reason or 'no reason given'}"
        try:
            coverage = self._coverage(self._project.resources.parts.graph(certificate.graph_name))
        except (ProjectError, DataError) as error:
            return f"void: {error.what}"
        changed = certificate.changed(coverage.covers)
        return f"void: {coverage.said(changed)}" if changed else "valid"

    def _coverage(self, spec: GraphSpec) -> Coverage:
        return self._project.services.gatekeeper.coverage(spec, self._project.engine(spec.name).plan.hash)

    def _kept(self, made: Certification, coverage: Coverage, user: str) -> Certification:
        from dataclasses import replace

        step = made.found.proven
        if step is None or made.unlabelled:
            return made
        values: dict[str, Any] = {
            "graph_name": made.graph,
            "node": made.node,
            "profile": made.profile,
            "policy": made.policy,
            "source": made.source,
            "threshold": step.threshold,
            "cases": step.cases,
            "n": step.n,
            "k": step.k,
            "bound": step.bound,
            "error_at_most": made.found.error_at_most,
            "confidence": made.found.confidence,
            "method": made.found.method,
            "covers": dict(coverage.covers),
        }
        certificates = self._project.services.gatekeeper.certificates
        return replace(made, certificate=certificates.add(values, user=user))

    def _subject(self, graph: str | None, node: str | None) -> _Subject:
        parts, settings = self._project.resources.parts, self._project.settings
        spec = parts.graph(parts.graph_name(graph or settings.graph))
        rules = dict(self._rules(spec, ""))
        if not rules:
            what = f"no review of the graph {spec.name} has an `auto` rule: nothing to certify"
            raise ProjectError("certify.no-rule", what, where=spec.source.key(("nodes",)), fix="auto: {when: ...}")
        if node is None and len(rules) > 1:
            what = f"the graph {spec.name} has several `auto` rules"
            raise ProjectError("certify.no-rule", what, fix=f"--node NAME: {', '.join(rules)}")
        path = node or next(iter(rules))
        if path not in rules:
            what = f"{path!r} is not a review of {spec.name} with an `auto` rule"
            raise ProjectError("certify.no-rule", what, fix=choices(list(rules), path))
        policy = None if spec.policy is None else parts.policy(spec.policy)
        if policy is None or policy.automatic is None:
            whose = "names no policy" if policy is None else f"has the policy {policy.name}, which has no `automatic`"
            fix = "automatic: {error_at_most: 2%, confidence: 95%} in the policy of the graph"
            raise ProjectError("certify.no-policy", f"the graph {spec.name} {whose}", fix=fix)
        return _Subject(spec, path, rules[path], policy.automatic)

    def _rules(self, spec: GraphSpec, lead: str) -> Iterator[tuple[str, AutoRule]]:
        """Review nodes with a rule by path, including those of sub-graphs."""
        for place, node in blocks(spec.nodes):
            name = lead + _path(spec, place)
            if isinstance(node, ReviewNode) and node.auto is not None:
                yield name, node.auto
            elif isinstance(node, GraphNode) and lead.count(_INSIDE) < 8:
                inner = self._project.resources.parts.graph(node.graph)
                yield from self._rules(inner, f"{name}{_INSIDE}")


def _path(spec: GraphSpec, place: tuple[str, ...]) -> str:
    """Name of a node in its run, without indexes: `letters.review` inside the map `letters`."""
    names: list[str] = []
    nodes = spec.nodes
    for name in place[1::2]:
        names.append(name)
        node = nodes.get(name)
        if isinstance(node, MapBlock | RepeatBlock):
            is_asking = node.is_boundary and len(names) * 2 < len(place)
            names += [MAPPED] if is_asking else []
            nodes = node.nodes
    return ".".join(names)


def _label(one: Scored, wrong: str, at: str) -> Label | None:
    """The label of a draft. The drafts of one map share the scores of their case: they count as one key."""
    values = [score.value for score in one.scores if score.name == wrong and score.value is not None]
    if not values:
        return None
    key = one.case.cluster_id or (None if declared_name(at) == at else one.case.id)
    return Label(wrong=any(value > 0 for value in values), key=key, score=one.result.auto_scores.get(at))


def _bound(labels: Sequence[Label], rule: AutoRule, automatic: Automatic) -> Bounded:
    thresholds = automatic.thresholds if rule.score is not None else ()
    known = [one for one in labels if not thresholds or one.score is not None]
    return bounded(known, error_at_most=automatic.error_at_most, confidence=automatic.confidence, thresholds=thresholds)
