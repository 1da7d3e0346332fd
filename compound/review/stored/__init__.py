"""Reviews, drafts and decisions as values and as rows."""
