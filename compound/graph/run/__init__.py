"""One run in memory: what it carries, how its nodes end, in which order they start."""
