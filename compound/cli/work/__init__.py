"""Commands that build, run and measure a project."""
