"""The one door for model calls: journal, budget, retries, prices."""
