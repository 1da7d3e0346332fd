"""Documents for the indexes, out of the profile's past tickets."""

# ruff: noqa: TID252 - a project's modules reach each other relatively; its package name is private
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from compound.retrieval import Document

from ..tools.past_tickets import PastTicket, past_tickets


def past_cases(training: Path | None) -> Iterator[Document]:
    """Solved tickets as documents: what was asked, and in `meta` what was done and answered."""
    for case in past_tickets(training):
        yield Document(
            id=case.case_id,
            text=case.text,
            title=", ".join(case.labels) or "no action",
            source=case.source,
            meta=_meta(case),
        )


def _meta(case: PastTicket) -> dict[str, str | int | float | bool]:
    meta: dict[str, object] = {"actions": json.dumps([action["name"] for action in case.actions])}
    if case.reply:
        meta["reply"] = case.reply
    return cast("dict[str, str | int | float | bool]", meta)
