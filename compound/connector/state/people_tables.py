"""The tables of people: accounts, sessions of a browser, one-time links to sign in, and tokens of programs."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Table, Text, false

from compound.connector.state.columns import json, key, metadata, text, time

account = Table(
    "account",
    metadata,
    Column("name", Text, primary_key=True),
    text("shown_name"),
    text("email"),
    text("password_hash"),
    json("roles", nullable=False),
    json("teams", nullable=False),
    json("settings"),
    Column("is_disabled", Boolean, nullable=False, default=False, server_default=false()),
    time("created_at", nullable=False),
    time("updated_at", nullable=False),
)
"""One row per person or agent. `password_hash`: argon2; NULL if the account signs in elsewhere. `teams`: the queues
that it sees; empty for all. `settings`: its theme, language, shortcuts and saved views."""

web_session = Table(
    "web_session",
    metadata,
    Column("session_hash", Text, primary_key=True),
    key("account"),
    key("csrf"),
    time("created_at", nullable=False),
    time("seen_at", nullable=False),
    time("ends_at", nullable=False),
    Index(None, "account"),
)
"""Sessions of browsers. `session_hash`: SHA-256 of the cookie. `ends_at`: the latest end, whatever is done in it."""

login_link = Table(
    "login_link",
    metadata,
    Column("link_hash", Text, primary_key=True),
    key("account"),
    time("ends_at", nullable=False),
    time("used_at"),
)
"""Links that sign in once. `link_hash`: SHA-256 of the secret in the link."""

api_token = Table(
    "api_token",
    metadata,
    Column("token_hash", Text, primary_key=True),
    key("name"),
    key("account"),
    json("scopes", nullable=False),
    time("created_at", nullable=False),
    time("ends_at"),
    time("seen_at"),
    time("revoked_at"),
    Index(None, "account"),
)
"""Tokens of programs. `token_hash`: SHA-256 of the token. `scopes`: what it may do, at most what its account may."""
