"""Requests to models and their responses."""
