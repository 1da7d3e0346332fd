"""Rows of files and Delta tables as JSON records with their place, and result files."""
