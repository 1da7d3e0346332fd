"""The tables of a served project: sign-ins, requests of programs, webhooks and their deliveries."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, false

from compound.connector.state.columns import json, key, metadata, text, time

TOO_FAST: Final = "review.too-fast"
"""Event of the audit log: a person decides faster than one can read."""


def too_fast_index() -> Index:
    """The index of the audit log that counts these events without reading the others."""
    where = sa.text(f"event = '{TOO_FAST}'")
    return Index("ix_audit_too_fast", "seq", sqlite_where=where, postgresql_where=where)


sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    key("what"),
    time("at", nullable=False),
    Index(None, "what", "at"),
)
"""Failed attempts to sign in, for the throttle. `what`: `account:NAME` or `address:IP`."""

account_identity = Table(
    "account_identity",
    metadata,
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    key("account"),
    time("created_at", nullable=False),
    PrimaryKeyConstraint("issuer", "subject"),
)
"""Who an OpenID provider says somebody is, and the account of that person."""

oidc_login = Table(
    "oidc_login",
    metadata,
    Column("state_hash", Text, primary_key=True),
    key("browser_hash"),
    key("nonce"),
    key("verifier"),
    text("back", nullable=False),
    time("ends_at", nullable=False),
)
"""Sign-ins that began at this server and continue at an OpenID provider; a row is used once. `browser_hash`: SHA-256
of the cookie of the browser that began."""

api_request = Table(
    "api_request",
    metadata,
    Column("key", Text, primary_key=True),
    key("payload_sha256"),
    Column("status", Integer),
    json("headers"),
    text("body"),
    key("owner"),
    time("lease_until", nullable=False),
    time("created_at", nullable=False),
    Index(None, "created_at"),
)
"""Requests with an `Idempotency-Key`. `key`: SHA-256 of account, method, path and key. `status` is NULL while the
request is answered; `lease_until`: when its process counts as dead."""

webhook = Table(
    "webhook",
    metadata,
    Column("webhook_id", Text, primary_key=True),
    text("url", nullable=False),
    text("secret", nullable=False),
    Column("is_disabled", Boolean, nullable=False, default=False, server_default=false()),
    key("created_by"),
    time("created_at", nullable=False),
)
"""Addresses that are told of events. `secret`: the key of the signatures; it must be readable to sign."""

webhook_event = Table(
    "webhook_event",
    metadata,
    Column("webhook_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    PrimaryKeyConstraint("webhook_id", "event"),
)
"""The events that a webhook is told of."""

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("webhook_id", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    key("event"),
    json("data", nullable=False),
    time("happened_at", nullable=False),
    key("status"),
    Column("attempts", Integer, nullable=False, default=0, server_default="0"),
    time("due_at", nullable=False),
    text("error"),
    time("updated_at", nullable=False),
    PrimaryKeyConstraint("webhook_id", "event_id"),
    Index(None, "status", "due_at"),
)
"""Events to deliver, written in the transaction of the event: `pending delivered dead`. `due_at`: the next attempt;
during an attempt, when its process counts as dead."""
