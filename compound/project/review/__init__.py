"""Reviews of a project, their decisions and effects."""
