"""Moves of an item: claim, decide, resume, expire, undo."""
