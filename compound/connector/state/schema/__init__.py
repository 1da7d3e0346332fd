"""The schema of the state store: at once in an empty database, by migrations in one that is there."""
