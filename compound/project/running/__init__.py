"""Runs of a project's graphs: one, many, again."""
