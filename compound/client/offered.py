"""What a project offers, typed: queues, policies, reasons; and its webhooks."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Record = dict[str, Any]


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True, extra="ignore")


class Queue(_Answer):
    """A queue of reviews that the caller sees.

    Attributes:
        reviews: Status to the number of its reviews.
    """

    name: str
    reviews: dict[str, int]


class Policy(_Answer):
    """A policy of the project: what its graphs may do, and what only a person may decide.

    Attributes:
        graphs: Graphs that it holds for.
        effects: Effect to its conditions: `automatic`, `queue`, `reviewers`, `money`, `second`, `undo`.
        automatic: What a certificate must prove before a rule may decide; None if rules never decide.
    """

    name: str
    graphs: tuple[str, ...] = ()
    effects: dict[str, Record] = Field(default_factory=dict)
    automatic: Record | None = None


class Reasons(_Answer):
    """A field of a decision that says why, as a review node declares it.

    Attributes:
        choices: The reasons that it offers; empty: free text.
    """

    graph: str
    node: str
    action: str
    field: str
    choices: tuple[str, ...] = ()


class Webhook(_Answer):
    """An address that is told of events.

    Attributes:
        secret: Key of the signatures; only in the answer to its creation.
        pending: Deliveries that are still tried; `dead` ones are given up.
    """

    webhook_id: str
    url: str
    events: tuple[str, ...]
    created_by: str
    created_at: str
    pending: int = 0
    delivered: int = 0
    dead: int = 0
    last_error: str = ""
    secret: str | None = None


class Changed(_Answer):
    """What a notice about a conversation led to.

    Attributes:
        checked: Reviews of the conversation that were compared with what they were drafted from.
        stale: Those that are out of date now.
    """

    checked: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
