"""Batches of a project, for their owners."""
