"""The figures of decisions, and the blind second look at samples of them."""
