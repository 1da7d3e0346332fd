"""Runs on disk: the table of runs, their locks, checkpoints and graphs."""
