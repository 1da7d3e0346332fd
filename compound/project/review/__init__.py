"""Review items of a project, their decisions and effects."""
