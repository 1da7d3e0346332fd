"""Commands of people who decide."""
