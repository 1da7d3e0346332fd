"""Roles of a graph: what its parts mean to a backlog, a review and a person."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema

from compound.spec.words import NodeName, Reference, Strict

_PATH: Final = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"


def _path(text: str) -> str:
    if not re.fullmatch(_PATH, text):
        raise ValueError("write a field of the input without a dollar sign, like ticket.id")
    return text


Path = Annotated[str, AfterValidator(_path), WithJsonSchema({"type": "string", "pattern": _PATH})]
"""A field of the input without a dollar sign: `ticket.id`."""


class ItemRole(Strict):
    """What one item of a backlog is to this graph."""

    input: NodeName | None = Field(
        default=None, description="The input that a row of a source becomes; by default columns are inputs."
    )
    id: Path | None = Field(
        default=None, description="Field with the id of an item in every source: `ticket.id`. An item is answered once."
    )
    title: Path | None = Field(default=None, description="Field with the title of an item in lists: `ticket.subject`.")
    key: Path | None = Field(
        default=None, description="Its key, such as the customer: effects of one key happen in the backlog's order."
    )


class ShowsRole(Strict):
    """What a person sees first of a run."""

    text: Reference | None = Field(default=None, description="The text that the run proposes: `$draft.text`.")
    actions: Reference | None = Field(default=None, description="The actions that it proposes: `$plan.actions`.")
    label: Reference | None = Field(default=None, description="A label for its status: `$lane.lane`.")
    reasons: Reference | None = Field(default=None, description="Why a person is asked: `$lane.reasons`.")
