"""Certificates for tests that are about what happens under one."""

from __future__ import annotations

from compound.project import Project


def grant(project: Project, graph: str, node: str, *, threshold: float | None = None) -> str:
    """Store a certificate of a graph's rule that covers exactly what there is now; gives its id.

    No label stands behind it: `compound certify` is tested in `tests/project/test_automation_needs_a_certificate.py`.
    """
    spec = project.resources.parts.graph(graph)
    coverage = project.services.gatekeeper.coverage(spec, project.engine(graph).plan.hash)
    values = {
        "graph_name": graph,
        "node": node,
        "profile": project.settings.profile.name,
        "policy": str(spec.policy),
        "source": "a test",
        "threshold": threshold,
        "cases": 149,
        "n": 149,
        "k": 0,
        "bound": 0.02,
        "error_at_most": 0.02,
        "confidence": 0.95,
        "method": "granted",
        "covers": dict(coverage.covers),
    }
    return project.services.gatekeeper.certificates.add(values, user="test").certificate_id
