"""Typed answers: parsing, validation and repair."""
