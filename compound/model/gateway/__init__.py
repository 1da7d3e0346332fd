"""The gateway of all model calls: journal, budget, retries, prices."""
