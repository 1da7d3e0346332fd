"""Names of nodes in the elements of a map: `letters[3].review` is `letters.review` of the item with index 3."""

from __future__ import annotations

import re
from typing import Final

_INDEX: Final = re.compile(r"\[\d+\]")


def declared_name(node: str) -> str:
    """The node as its graph declares it: `letters.review` of `letters[3].review`; other names as they are."""
    return _INDEX.sub("", node)


def lead_of(node: str) -> str:
    """`letters[3].` of `letters[3].review`; empty of a node that is not in an element of a map."""
    before, bracket, _ = node.rpartition("].")
    return before + bracket


def like_pattern(node: str) -> str:
    """A SQL `LIKE` pattern that matches the node in every element; it may match others, see `declared_name`."""
    return node.replace(".", "%.")
