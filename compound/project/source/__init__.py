"""Reads the files of a project."""
