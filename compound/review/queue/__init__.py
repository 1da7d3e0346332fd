"""The queue: lists, counts, certificates, decisions."""
