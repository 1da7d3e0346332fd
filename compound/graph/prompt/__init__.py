"""Prompt templates: read, checked and filled in a sandbox."""
