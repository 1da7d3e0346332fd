"""How quickly the package and the program are there, and what they do not load."""

from __future__ import annotations

import statistics
import subprocess
import sys

from tests.bench._programs import PROGRAM, ROOT, cpu_of, python
from tests.bench._rows import Bar, Pair, Row, at_most, in_turn, none_of, reported

ROUNDS = 7
ROOMS = "compound, compound.graph, compound.spec, compound.trace, compound.tool, compound.project, compound.model"
HEAVY = ("langgraph", "anthropic", "qdrant_client", "qdrant_edge")
PACKAGE = Bar(
    0.7, "naming the package costs less than seven tenths of importing pydantic, which typed programs import anyway"
)
USED = Bar(0.5, "a program that declares graphs starts in half the time of one that imports langgraph")
HELP = Bar(1.5, "help comes as quickly as from a Typer program of one command; half more for forty commands")
NOT_LOADED = "what a command does not use is not loaded"


def rows() -> list[Row]:
    """CPU of short processes, each beside a peer's."""
    for line in (f"import {ROOMS}", "import pydantic, langgraph.graph"):
        python("-c", line)  # the file cache, and compiled modules
    package = in_turn(lambda: python("-c", "import compound"), lambda: python("-c", "import pydantic"), ROUNDS)
    used = in_turn(lambda: python("-c", f"import {ROOMS}"), lambda: python("-c", "import langgraph.graph"), ROUNDS)
    hello = ("-m", "tests.bench.peers.hello", "--help")
    help_ = in_turn(lambda: cpu_of(str(PROGRAM), "--help")[0], lambda: python(*hello), ROUNDS)
    return judged(package, used, help_, loaded())


def loaded() -> int:
    """How many of the heavy libraries the rooms of the package load."""
    say = f"import sys, {ROOMS}; print(sum(name in sys.modules for name in {HEAVY!r}))"
    done = subprocess.run([sys.executable, "-c", say], cwd=ROOT, check=True, capture_output=True, text=True)
    return int(done.stdout)


def judged(package: Pair, used: Pair, help_: Pair, heavy: int) -> list[Row]:
    """The figures against their bars."""
    return [
        reported("import compound", statistics.median(package.ours), "s of CPU"),
        at_most("import compound / import pydantic", package.ratio, PACKAGE),
        reported("import what a program uses of it", statistics.median(used.ours), "s of CPU"),
        at_most("import what a program uses of it / import langgraph.graph", used.ratio, USED),
        none_of("of langgraph, anthropic and qdrant loaded by that", heavy, "modules", NOT_LOADED),
        reported("compound --help", statistics.median(help_.ours), "s of CPU"),
        at_most("compound --help / --help of one command in Typer", help_.ratio, HELP),
    ]
