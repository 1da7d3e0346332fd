"""Commands for reviewers."""
