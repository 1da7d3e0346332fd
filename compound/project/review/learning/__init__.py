"""What a project learns from the decisions of people."""
