"""The files of a project, read."""
