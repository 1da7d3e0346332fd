"""`connectors/desk.yaml`: what a ticket may be, and where replies go."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ItemRules(_Part):
    """Bounds of one ticket; what is beyond them is a dead letter, never cut in silence.

    Attributes:
        max_body_bytes: Of the body in UTF-8.
        max_line_bytes: Of one line of a JSONL file; a longer one is not even parsed.
    """

    max_body_bytes: int = Field(default=262_144, ge=1)
    max_line_bytes: int = Field(default=4_194_304, ge=1)


class MailboxFile(_Part):
    """The whole file.

    Attributes:
        compound: Format of the file.
        tickets: What a ticket may be.
        replies: Folder of the sent replies, below the desk's own folder.
    """

    compound: Literal["desk/v1"] = "desk/v1"
    tickets: ItemRules = ItemRules()
    replies: str = Field(default="replies", pattern=r"^[A-Za-z0-9_-]+$")
