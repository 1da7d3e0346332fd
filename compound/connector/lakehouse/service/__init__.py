"""The lakehouse service: open, query, write."""
