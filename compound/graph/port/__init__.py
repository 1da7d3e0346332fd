"""The ports of a graph to its project: calls, reviews, effects, names."""
