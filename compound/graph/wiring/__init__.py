"""References of a graph: the sources and types of values."""
