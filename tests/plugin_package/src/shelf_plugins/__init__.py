"""Adapters for Compound: one of each kind."""
