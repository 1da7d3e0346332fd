"""Versions of the rows that a draft was made from, as in a node's value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from compound.errors import RunError
from compound.language.references import ABSENT


def read_versions(value: object) -> dict[str, int]:
    """`{row key: version}` from a node's value, or from a list of such records; empty if there is none.

    Raises:
        RunError: ``graph.bad-versions``: the value has another shape.
    """
    if value is None or value is ABSENT:
        return {}
    if isinstance(value, list | tuple):
        parts = [read_versions(part) for part in cast("Sequence[object]", value)]
        return {key: version for part in parts for key, version in part.items()}
    if isinstance(value, Mapping):
        record = cast("Mapping[str, object]", value)
        if all(isinstance(version, int) and not isinstance(version, bool) for version in record.values()):
            return dict(cast("Mapping[str, int]", record))
    raise RunError(
        "graph.bad-versions", "`versions` is not a record of row key to whole number, or a list of such records"
    )
