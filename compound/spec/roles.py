"""Roles of a graph: what its parts are to a backlog, a review, a person."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema

from compound.spec.words import NodeName, Reference, Strict

_PATH: Final = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"


def _path(text: str) -> str:
    if not re.fullmatch(_PATH, text):
        raise ValueError("a field of the input is written without a dollar sign, as ticket.id")
    return text


Path = Annotated[str, AfterValidator(_path), WithJsonSchema({"type": "string", "pattern": _PATH})]
"""A field of the input without a dollar sign: `ticket.id`."""


class ItemRole(Strict):
    """What one item of a backlog is to this graph."""

    input: NodeName | None = Field(
        default=None, description="The input that a row of a source becomes; when left out: columns are inputs."
    )
    id: Path | None = Field(
        default=None, description="What names an item, in every source: `ticket.id`. An item is answered once."
    )
    title: Path | None = Field(default=None, description="What lists show of an item: `ticket.subject`.")
    key: Path | None = Field(
        default=None, description="Whom or what an item is about: effects of equal keys happen in the backlog's order."
    )


class ShowsRole(Strict):
    """What a person sees first of a run."""

    text: Reference | None = Field(default=None, description="The text that the run proposes: `$draft.text`.")
    actions: Reference | None = Field(default=None, description="What it proposes to do: `$plan.actions`.")
    label: Reference | None = Field(default=None, description="One word for how the run stands: `$lane.lane`.")
    reasons: Reference | None = Field(default=None, description="Why a person is asked: `$lane.reasons`.")
