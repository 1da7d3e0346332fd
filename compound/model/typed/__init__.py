"""Typed answers: read, checked, asked for again."""
