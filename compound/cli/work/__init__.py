"""Commands that make things and run them."""
