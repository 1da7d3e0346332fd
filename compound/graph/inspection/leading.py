"""Which decisions of a review lead to what is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compound.graph.inspection.satisfiable import can_hold
from compound.graph.wiring.references import uses
from compound.language.decisions import APPROVING, REJECT

if TYPE_CHECKING:
    from compound.graph.inspection.inspection import Inspection
    from compound.graph.inspection.satisfiable import KindOf
    from compound.language.references import Expr
    from compound.language.types import Names
    from compound.spec.nodes import EffectNode, ReviewNode


def leads(conditions: Sequence[Expr], review: str, action: str, kind_of: KindOf, names: Names) -> bool:
    """Whether these conditions can hold together after a decision; True if it cannot be decided.

    Args:
        conditions: Conditions that all hold when a node runs.
        review: The review, as they name it.
        action: Its decision.
        kind_of: Type of a reference.
        names: Declared types.
    """
    return can_hold(conditions, kind_of, names, {(review, ()): [{"": 0}], (review, ("action",)): [action]})


def is_performed(node: EffectNode, review: str, action: str) -> bool:
    """Whether an effect happens after a decision at all: after a rejection never, after a graph's own if asked for."""
    is_asked = any(use.role == "when" and use.ref.root == review for use in uses(node, ()))
    return action != REJECT and (action in APPROVING or is_asked)


def leading(inspection: Inspection, effect: str, node: EffectNode, name: str, review: ReviewNode) -> list[str]:
    """The decisions of a review that an effect at the top of a graph can follow.

    Args:
        inspection: The graph.
        effect: Name of the effect node.
        node: The effect node.
        name: Name of the review.
        review: The review.
    """
    level = inspection.top
    counts = node.review in (None, name)
    return [
        action
        for action in review.decide
        if (not counts or is_performed(node, name, action))
        and leads(level.facts[effect].conditions, name, action, level.kind_of, level.types.names)
    ]
