"""What people add to reviews beside decisions: comments, assignments, unfinished text."""
