"""Types and values of the lakehouse."""
