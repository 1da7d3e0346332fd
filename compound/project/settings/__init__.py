"""The location and settings of a project."""
