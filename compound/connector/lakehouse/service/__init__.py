"""The lakehouse as a whole: open, ask, write."""
