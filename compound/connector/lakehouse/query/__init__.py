"""Running one guarded statement."""
