"""Types that several graphs share."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Letter(BaseModel):
    id: str
    address: str
    subject: str
    body: str


class Answer(BaseModel):
    text: str
    tone: Literal["plain", "warm"]
    cites: list[str]
