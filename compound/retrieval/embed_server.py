"""The child's side of `_embed_process`: reads queries, writes vectors."""

from __future__ import annotations

import json
import signal
import sys
from typing import BinaryIO

from compound.errors import CompoundError
from compound.retrieval.minilm import load_minilm


def serve(reads: BinaryIO, writes: BinaryIO) -> None:
    """Answer queries until the input closes."""
    model = load_minilm()
    if model is None:
        return
    for line in reads:
        try:
            vector = model.embed_query(str(json.loads(line)))
        except CompoundError:
            return  # the parent meets the same error and reports it
        writes.write(vector.tobytes())
        writes.flush()


if __name__ == "__main__":
    # Ctrl-C reaches the whole process group, but items in flight must finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.stdin.buffer, sys.stdout.buffer)
