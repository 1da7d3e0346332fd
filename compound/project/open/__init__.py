"""The opened stores, indexes, models and tools of a project."""
