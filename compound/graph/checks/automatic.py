"""Family 9, `auto`: a rule that can never fire, and a score that decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compound.graph.wiring.references import parse_binding
from compound.language.findings import Finding
from compound.language.types import Scalar, mismatch
from compound.spec.graph_file import ReviewNode

if TYPE_CHECKING:
    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.levels import Level
    from compound.spec.policy_file import Automatic
    from compound.spec.words import AutoRule
    from compound.spec.yaml.reading import DataPath

_NUMBER = Scalar("float")
_KEYS = "automatic: {error_at_most: 2%, confidence: 95%}"


def automatic_findings(inspection: Inspection) -> Iterator[Finding]:
    """Every `auto` rule against the policy that says what a certificate must prove."""
    policy = inspection.spec.policy
    file = None if policy is None else inspection.catalogue.policy(policy)
    if policy is not None and file is None:
        return  # unknown or broken: found already
    for level, name, path, node in inspection.nodes:
        if not isinstance(node, ReviewNode) or node.auto is None:
            continue
        if file is None or file.automatic is None:
            whose = "the graph names no policy" if file is None else f"the policy {file.name} has no `automatic`"
            what = f"the `auto` rule of {name} can never fire: {whose}"
            fix = f"write {_KEYS} in the policy, then compound certify; or drop `auto`"
            if file is None:
                fix = f"name a policy that says {_KEYS}; or drop `auto`"
            place = inspection.spec.source.key((*path, "auto"))
            yield Finding("policy.never-automatic", what, place, fix, "warning")
        yield from _score(inspection, level, path, node.auto, None if file is None else file.automatic)


def _score(
    inspection: Inspection, level: Level, path: DataPath, rule: AutoRule, automatic: Automatic | None
) -> Iterator[Finding]:
    expr = None if rule.score is None else parse_binding(rule.score)
    if expr is None:
        return
    place = (*path, "auto", "score")
    why = mismatch(level.types.of_expr(expr), _NUMBER, level.types.names)
    if why is not None:
        yield inspection.finding("graph.type-mismatch", f"score: {why}", place, "refer to a number")
    elif automatic is not None and not automatic.thresholds:
        what = f"the score {rule.score} decides nothing: the policy declares no `thresholds`"
        fix = "write thresholds: [0.9, 0.8] under `automatic` in the policy, the highest first; or drop `score`"
        yield inspection.finding("policy.no-thresholds", what, place, fix, severity="warning")
