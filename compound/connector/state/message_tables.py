"""The tables of conversations: the messages of a mailbox, and the runs that answer them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from compound.connector.state.columns import json, key, metadata, time

message = Table(
    "message",
    metadata,
    key("mailbox"),
    key("item_id"),
    key("thread"),
    Column("place", Integer, nullable=False),
    json("words", nullable=False),
    time("arrived_at", nullable=False),
    time("pruned_at"),
    PrimaryKeyConstraint("mailbox", "item_id"),
    UniqueConstraint("mailbox", "thread", "place"),
)
"""One row for each message of a customer that was run. `thread`: a hash of what the source calls the conversation.
`place`: its place among the messages of the conversation, from 1, in the order in which they arrived. `words`: its
fields `subject body html email customer_id received_at` as the source has them; empty once they were removed."""

message_run = Table(
    "message_run",
    metadata,
    Column("run_id", Text, primary_key=True),
    key("mailbox"),
    key("item_id"),
    Column("seen", Integer, nullable=False),
    time("created_at", nullable=False),
    Index(None, "mailbox", "item_id"),
)
"""Which message a run answers. `seen`: how many messages the conversation had when the run was drafted."""
