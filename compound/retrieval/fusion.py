"""Combines the legs of a hybrid search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compound.connector.vector import Hit


def normalise(hits: Sequence[Hit]) -> dict[int, float]:
    """Min-max normalised scores of a list: best 1, worst 0; all 1 if they are equal.

    Example:
        >>> normalise([Hit(7, 4.0), Hit(8, 3.0), Hit(9, 2.0)])
        {7: 1.0, 8: 0.5, 9: 0.0}
    """
    if not hits:
        return {}
    low = min(hit.score for hit in hits)
    span = max(hit.score for hit in hits) - low
    return {hit.row: (hit.score - low) / span if span > 0 else 1.0 for hit in hits}


def fuse(legs: Mapping[str, Sequence[Hit]], weights: Mapping[str, float]) -> list[Hit]:
    """Weighted sum of list-normalised scores; a leg without a passage adds 0 for it.

    Args:
        legs: Leg to its hits.
        weights: Leg to weight, at least 0.

    Returns:
        Every passage of any leg, best first; ties by row, so that the order does not depend on `legs`.

    Source: convex combination of min-max scores; Bruch, Gai, Ingber, TOIS 42(1), 2023.
    """
    total: dict[int, float] = {}
    for leg in sorted(legs):
        for row, score in normalise(legs[leg]).items():
            total[row] = total.get(row, 0.0) + weights[leg] * score
    return sorted((Hit(row, score) for row, score in total.items()), key=lambda hit: (-hit.score, hit.row))
