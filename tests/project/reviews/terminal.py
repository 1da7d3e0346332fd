"""A person at a real terminal: a command with a pseudo-terminal of its own, what it shows and the keys that are pressed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.forked import PYTHON, Process

_OWN = (
    "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); sys.argv[0] = 'compound'; "
    "from compound.cli.program import main; main()"
)
"""The program, with the terminal as its controlling one: Ctrl+C and a closed window reach it."""
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
PATIENCE_S = 60.0


class Terminal:
    """A command at a terminal of 100 columns.

    Args:
        arguments: Of `compound`.
        cwd: The folder it runs in.
        env: Further variables of its environment.
    """

    def __init__(self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        own = {**os.environ, "TERM": "xterm", **(env or {})}
        try:
            self.process = Process([PYTHON, "-c", _OWN, *arguments], (slave, slave, slave), cwd=cwd, env=own)
        finally:
            os.close(slave)
        self._is_open = True
        self._said = ""
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.close()

    def until(self, text: str) -> str:
        """What is shown up to a text, from where the last call ended."""
        end = time.monotonic() + PATIENCE_S
        while text not in self._said[self._read :]:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} is not shown: {self._said[self._read :]}"
            assert self._more(left), f"it ended without {text!r}: {self._said[self._read :]}"
        at = self._said.index(text, self._read) + len(text)
        shown, self._read = self._said[self._read : at], at
        return shown

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def ended(self) -> tuple[int, str]:
        """The exit code and the rest of what was shown."""
        while self._more(PATIENCE_S):
            pass
        return self.process.wait(PATIENCE_S), self._said[self._read :]

    def close(self) -> None:
        """Close the window."""
        if self._is_open:
            os.close(self._master)
            self._is_open = False

    def _more(self, patience_s: float) -> bool:
        if not select.select([self._master], [], [], patience_s)[0]:
            return False
        try:
            said = os.read(self._master, 65536)
        except OSError:  # the command has ended
            return False
        self._said += _COLOURS.sub("", said.decode(errors="replace")).replace("\r\n", "\n")
        return bool(said)
