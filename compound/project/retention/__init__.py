"""What is removed after a time, or on a person's wish."""
