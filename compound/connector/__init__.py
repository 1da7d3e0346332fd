"""Connectors: ports and adapters to external systems.

Rooms: `state` (runs, reviews, outbox, ledger, journal), `lakehouse`, `vector`, `records`, `mailbox`; `target` is
the port that performs effects. Nothing is imported here: a command imports only what it uses.
"""
