"""The `compound` program: parse, call, print; no logic.

Every command takes `--json` and then prints one JSON document on standard output and nothing else there.
"""

from compound.cli._program import main as main
