"""Connects a graph with its reviews and effects: rehearsal, certificates, the queue and the outbox."""
