"""Exact reads of table versions."""
