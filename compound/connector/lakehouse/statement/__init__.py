"""Proof on the syntax tree of what a statement reads."""
