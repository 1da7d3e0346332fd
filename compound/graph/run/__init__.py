"""One run in memory: its state, the outcomes of its nodes, and their order."""
