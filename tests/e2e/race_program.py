"""The `compound` program, except that it stops right before a decision until the test says go.

`python race_program.py compound-arguments...`: writes `ready` to standard error, reads a line, decides.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from compound.review.queue.queue import ReviewQueue

if TYPE_CHECKING:
    from compound.review.stored.types import Decision

_decide = ReviewQueue.decide


def decide_on_command(self: ReviewQueue, *given: Any, **named: Any) -> Decision:
    """Wait for the other process, then decide as usual."""
    sys.stderr.write("ready\n")
    sys.stderr.flush()
    sys.stdin.readline()
    return _decide(self, *given, **named)


if __name__ == "__main__":
    from compound.cli import main

    ReviewQueue.decide = decide_on_command
    sys.argv = ["compound", *sys.argv[1:]]
    main()
