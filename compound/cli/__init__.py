"""The `compound` program: parse, call, print; no logic.

With `--json`, a command prints one JSON document and nothing else to standard output.
"""

from compound.cli.program import main as main
