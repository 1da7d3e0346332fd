"""Commands about graphs, tools and declared files."""
