"""What a graph asks of its project: calls, reviews, effects, names."""
