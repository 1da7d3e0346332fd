"""Rows of files and Delta tables as JSON records, each with its place; and files of results."""
