"""The operations of a project for people and programs."""
