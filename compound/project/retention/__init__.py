"""Removes data after a time limit, or on a person's request."""
