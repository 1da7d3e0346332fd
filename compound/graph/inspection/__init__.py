"""A graph as the checks see it: its levels, and what can hold in each."""
