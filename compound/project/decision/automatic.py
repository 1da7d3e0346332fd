"""Whether an `auto` rule may decide a draft: only under a certificate, and never for the random sample."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from compound.errors import CompoundError
from compound.language.sha import sha
from compound.review.quality.recording import in_share
from compound.review.queue.certificate import Certificates
from compound.review.stored.elements import declared_name
from compound.review.stored.types import Readiness

if TYPE_CHECKING:
    from pathlib import Path

    from compound.graph.port.services import ReviewRequest
    from compound.project.decision.coverage import Coverage
    from compound.project.open.resources import Resources
    from compound.spec import GraphSpec
    from compound.spec.policy_file import Automatic

AUDIT: Final = "audit"
NOT_CERTIFIED: Final = "not certified"


class Gatekeeper:
    """Checks each result of an `auto` rule against the certificates of the project.

    Args:
        resources: The opened project.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._known: dict[tuple[str, str], tuple[object, Coverage]] = {}
        self._read: dict[str, tuple[object, GraphSpec, Automatic | None]] = {}

    @cached_property
    def certificates(self) -> Certificates:
        """Certificates in the state store."""
        return Certificates(self._resources.state, clock=self._resources.clock)

    def said(self, request: ReviewRequest) -> tuple[Readiness | None, tuple[str, ...]]:
        """The result of the rule for a draft and, if it holds but a person must decide, why.

        `certificate` is the one under which the draft may be decided; empty if a person must decide.
        """
        ruling = request.auto
        if ruling is None:
            return None, ()
        ready = Readiness(ready=ruling.is_automatic, action=ruling.action, score=ruling.score, key=_hashed(ruling.key))
        if not ruling.is_automatic:
            return ready, ()
        try:
            spec, automatic = self._declared(request.graph_name)
            coverage = self.coverage(spec, request.graph_hash)
        except CompoundError as error:
            # A graph without a file, or a part that was deleted: nothing can be certified for it.
            return ready, (NOT_CERTIFIED, f"cannot determine what a certificate would cover: {error.what}")
        ready = replace(ready, covers=coverage.digest)
        if automatic is None:
            return ready, (NOT_CERTIFIED,)
        audit = in_share(f"compound.audit\0{request.node}\0{request.run_id}", automatic.audit_share)
        certificate, why = self._standing(request, coverage)
        if audit:
            return replace(ready, audit=True), (*why, AUDIT)
        return replace(ready, certificate=certificate), why

    def coverage(self, spec: GraphSpec, graph_hash: str) -> Coverage:
        """Everything that makes the drafts of a graph; read again when one of its files changes.

        Raises:
            CompoundError: Something that the graph calls does not exist.
        """
        from compound.project.decision.coverage import coverage_of

        stamp = self._stamps()
        known = self._known.get((spec.name, graph_hash))
        if known is None or known[0] != stamp:
            known = (stamp, coverage_of(self._resources, spec, graph_hash))
            self._known[spec.name, graph_hash] = known
        return known[1]

    def audit_share(self, graph: str) -> float:
        """Share of a graph's decisions that is drawn for labels; 0 without a policy for automatic decisions."""
        try:
            automatic = self._declared(graph)[1]
        except CompoundError:  # the graph has no file any more, or one with errors
            return 0.0
        return 0.0 if automatic is None else automatic.audit_share

    def _declared(self, name: str) -> tuple[GraphSpec, Automatic | None]:
        """The graph and its policy's settings for rules, cached until a file changes: every ready draft asks."""
        stamp = self._stamps()
        known = self._read.get(name)
        if known is None or known[0] != stamp:
            spec = self._resources.parts.graph(name)
            known = (stamp, spec, self._automatic(spec))
            self._read[name] = known
        return known[1], known[2]

    def _stamps(self) -> list[tuple[str, int, int]]:
        return [_stamp(path) for path in self._watched()]

    def _watched(self) -> list[Path]:
        """Files that a running process reads again; it reads code and prompts once."""
        parts = self._resources.parts
        aliases = sorted(self._resources.models_folder.glob("*/aliases.json"))
        return [*parts.graph_files.values(), *parts.policy_files.values(), *aliases]

    def _automatic(self, spec: GraphSpec) -> Automatic | None:
        return None if spec.policy is None else self._resources.parts.policy(spec.policy).automatic

    def _standing(self, request: ReviewRequest, coverage: Coverage) -> tuple[str, tuple[str, ...]]:
        standing = self.certificates.standing(
            graph_name=request.graph_name,
            node=declared_name(request.node),
            profile=self._resources.settings.profile.name,
            covers=coverage.covers,
        )
        found = standing.certificate
        if found is None:
            if standing.void is not None:
                return "", (f"certificate void: {coverage.said(standing.changed)}", NOT_CERTIFIED)
            if standing.revoked is not None:
                return "", (
                    f"certificate revoked: {standing.revoked.revoke_reason or 'no reason given'}",
                    NOT_CERTIFIED,
                )
            return "", (NOT_CERTIFIED,)
        score = None if request.auto is None else request.auto.score
        if found.threshold is not None and (score is None or score < found.threshold):
            said = "absent" if score is None else f"{score:g}"
            return "", (f"{NOT_CERTIFIED} for its score: {said}, certified from {found.threshold:g}",)
        return found.certificate_id, ()


def _hashed(key: str | None) -> str | None:
    """Labels store a hash of the person's id, which is enough to group cases."""
    return None if key is None else sha(f"compound.key\0{key}", 16)


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), found.st_mtime_ns, found.st_size
