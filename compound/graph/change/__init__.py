"""What two graphs mean differently, and what that does to runs that wait."""
