"""Items, drafts and decisions as values and as rows."""
