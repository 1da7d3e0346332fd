"""`python -m compound` runs the `compound` program."""

from compound.cli import main

main()
