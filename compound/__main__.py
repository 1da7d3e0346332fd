"""`python -m compound` is the `compound` program."""

from compound.cli import main

main()
