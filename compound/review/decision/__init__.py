"""Moves of a review: claim, decide, resume, expire, undo."""
