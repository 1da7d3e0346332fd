"""The operations of a project."""
