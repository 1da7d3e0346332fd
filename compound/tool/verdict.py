"""The result of checks."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Verdict(BaseModel):
    """The result of a check.

    Attributes:
        ok: Whether the check passed.
        score: Score in [0, 1], 1 is best; None if the check only passes or fails (absent, never 0).
        problems: What failed, one actionable sentence each.
        details: Machine-readable findings for later nodes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ok: bool
    score: float | None = Field(default=None, ge=0.0, le=1.0)
    problems: list[str] = Field(default_factory=list)
    details: JsonValue = None
