"""Differences in meaning between two graphs, and their effect on waiting runs."""
