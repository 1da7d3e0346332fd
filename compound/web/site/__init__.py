"""What every page shares: protection, rendering, errors, words."""
