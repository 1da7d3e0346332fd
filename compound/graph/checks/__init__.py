"""What `compound check` proves about a graph, one module per family of findings."""
