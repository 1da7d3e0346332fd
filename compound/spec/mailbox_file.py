"""`connectors/NAME.yaml` with `compound: mailbox/v1`: the limits of items, and the folder of replies.

The file's name is the name of the target of effects (`@effect(target="NAME")`), and of the source of a batch
(`compound batch --from NAME`). A project may have any number of such files.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ItemRules(_Part):
    """Limits of one item; an item beyond them is a dead letter, never truncated silently.

    Attributes:
        max_body_bytes: Size of the body in UTF-8.
        max_line_bytes: Size of one line of a JSONL file; a longer one is not even parsed.
    """

    max_body_bytes: int = Field(default=262_144, ge=1)
    max_line_bytes: int = Field(default=4_194_304, ge=1)


class MailboxFile(_Part):
    """The whole file.

    Attributes:
        compound: Format of the file.
        items: Limits of items.
        replies: Folder of the sent replies, below the mailbox's own folder.
    """

    compound: Literal["mailbox/v1"] = "mailbox/v1"
    items: ItemRules = ItemRules()
    replies: str = Field(default="replies", pattern=r"^[A-Za-z0-9_-]+$")
