"""What a statement may read, proven on its syntax tree."""
