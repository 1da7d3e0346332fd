"""What a person at a review sees and adds beside deciding."""
