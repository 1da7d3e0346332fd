"""References of a graph: where values come from, and of which type they are."""
