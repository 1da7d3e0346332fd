"""Versions of tables, read exactly or refused."""
