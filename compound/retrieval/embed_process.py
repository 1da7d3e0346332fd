"""A child process that embeds queries; this module is the parent's side of the pipe.

A query is one line of JSON, its vector the bytes of `dimension` float32 numbers. The process exits when its input
closes, so it never outlives its parent.
"""

from __future__ import annotations

import json
import subprocess
import sys
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np
import structlog

if TYPE_CHECKING:
    from compound.connector.vector import Vector

FAR_END: Final = "compound.retrieval.embed_server"
_ENDS_WITHIN_S: Final = 5

log = structlog.stdlib.get_logger(__name__)


class EmbedProcess:
    """The parent's side. Starting does not block: the weights are read in the background.

    Args:
        dimension: Length of a vector.
    """

    def __init__(self, dimension: int) -> None:
        self._bytes = dimension * np.dtype(np.float32).itemsize
        self._lock = Lock()
        self._is_gone = False
        # -P: a file in the working directory must not shadow a package.
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", FAR_END], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def embed(self, text: str) -> Vector | None:
        """The vector of a query; None if the process has ended and the caller must embed it."""
        writes, reads = self._child.stdin, self._child.stdout
        if writes is None or reads is None or self._is_gone:
            return None
        with self._lock:
            try:
                writes.write(json.dumps(text).encode() + b"\n")
                writes.flush()
                answer = reads.read(self._bytes)
            except (OSError, ValueError):
                answer = b""
        if len(answer) == self._bytes:
            return np.frombuffer(answer, np.float32).copy()
        self._is_gone = True
        log.warning("retrieval.embed_process_gone", exit_code=self._child.poll(), instead="embedding in this process")
        return None

    def close(self) -> None:
        """Stop the process."""
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # it has ended, with a query in the pipe
        try:
            self._child.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the process."""
        self._child.kill()
        self._child.wait()
