"""Figures of the quality of decisions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from compound.client.quality import Quality
from compound.web.api.calls import aside, problems
from compound.web.quality.seen import Figured, figures_for

router = APIRouter(tags=["quality"])
Days = Annotated[int, Query(ge=1, le=3660, description="Length of the period, in days.")]
Mine = Annotated[bool, Query(description="Only the caller's own decisions.")]


@router.get("/quality", responses=problems())
async def quality(request: Request, person: Figured, days: Days = 30, mine: Mine = False) -> Quality:
    """Backlog, times, edits, reasons, agreement, the automatic share with its certificates and their monitor.

    Everybody may ask for their own decisions; those of others need the right `audit`, `batches` or `decide_second`.
    """
    return await aside(lambda: figures_for(request, person, days=days, mine=mine))
