"""The checks of `compound check`, one module per family of findings."""
