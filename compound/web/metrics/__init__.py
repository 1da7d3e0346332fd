"""Figures for Prometheus, and whether the server can work."""
