"""Suites and certificates of a project."""
