"""A graph for the checks: its levels, and the facts that can hold in each."""
