"""What a text claims, and where the evidence says it."""
