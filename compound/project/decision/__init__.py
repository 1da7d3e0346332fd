"""What stands between a graph and its reviews and effects: rehearsal, certificates, the queue and the outbox."""
