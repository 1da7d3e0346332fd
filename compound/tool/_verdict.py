"""What a check says."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Verdict(BaseModel):
    """The answer of a check.

    Attributes:
        ok: The evidence holds; a graph may go on.
        score: Degree in [0, 1], 1 is best; None when the check only knows yes and no (absent, never 0).
        problems: What does not hold, one sentence each, in the words a person can act on.
        details: Machine-readable findings, whatever later nodes need.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ok: bool
    score: float | None = Field(default=None, ge=0.0, le=1.0)
    problems: list[str] = Field(default_factory=list)
    details: JsonValue = None
