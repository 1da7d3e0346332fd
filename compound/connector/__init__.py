"""Connectors: ports and adapters to what lies outside a run.

Rooms: `state` (runs, reviews, outbox, ledger, journal), `lakehouse`, `vector`, `records`, `mailbox`; `target` is
the port through which effects are performed. Nothing is imported here: a command pays only for what it uses.
"""
