"""What a project offers to its graphs, by name."""
