"""Help desks over REST."""
