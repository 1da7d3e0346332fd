"""What a person types: one key at a terminal, or a line of a pipe."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Final

END: Final = ""
"""The end of the input: the terminal is closed, or the pipe is empty."""
_ESCAPE: Final = b"\x1b"
_SEQUENCE_S: Final = 0.05
"""Seconds in which the rest of a key such as an arrow arrives."""


class Keyboard:
    """Reads keys and lines from a file descriptor.

    Args:
        beat: Called while nothing is typed; it may raise to end the wait.
        every_s: Seconds between two calls.
        fd: The descriptor; default: standard input.
    """

    def __init__(self, beat: Callable[[], None], *, every_s: float, fd: int | None = None) -> None:
        self._fd = sys.stdin.fileno() if fd is None else fd
        self._beat = beat
        self._every_s = every_s
        self._left = b""
        self.is_terminal = os.isatty(self._fd) and sys.stdout.isatty()

    def key(self, prompt: str) -> str:
        """One key, or the first character of a line of a pipe; `END` at the end.

        The prompt is printed when keys are listened to. What was typed before is left out at a terminal: a key that
        was pressed twice must not decide a review that nobody has seen. An arrow or another special key is one key.
        """
        if not self.is_terminal:
            line = self.line(prompt)
            return END if line is None else (line.strip()[:1] or "\n")
        with _single_keys(self._fd):
            self._left = b""
            _print(prompt)
            self._wait()
            found = self._read(1)
            if found == _ESCAPE:
                while select.select([self._fd], [], [], _SEQUENCE_S)[0] and self._read(16):
                    pass
                return "\x1b"
            while found and not _is_character(found):
                found += self._read(1) or b"\xff\xff\xff\xff"
        _print(f"{found.decode(errors='replace')}\n" if found.isalnum() else "\n")
        return END if found in (b"", b"\x04") else found.decode(errors="replace")

    def line(self, prompt: str) -> str | None:
        """One line without its end; None at the end of the input. What a pipe says is shown like what is typed."""
        _print(prompt)
        line = self._line()
        if not self.is_terminal:
            _print(f"{line or ''}\n")
        return line

    def _line(self) -> str | None:
        while b"\n" not in self._left:
            self._wait()
            found = self._read(4096)
            if not found:
                last, self._left = self._left, b""
                return last.decode(errors="replace") if last else None
            self._left += found
        line, _, self._left = self._left.partition(b"\n")
        return line.decode(errors="replace").removesuffix("\r")

    def _wait(self) -> None:
        while not select.select([self._fd], [], [], self._every_s)[0]:
            self._beat()

    def _read(self, most: int) -> bytes:
        try:
            return os.read(self._fd, most)
        except OSError:  # the terminal is closed
            return b""


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _is_character(found: bytes) -> bool:
    first = found[0]
    length = 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    return len(found) >= length


@contextmanager
def _single_keys(fd: int) -> Generator[None]:
    """Keys without Enter and without an echo; Ctrl+C still interrupts."""
    import termios
    import tty

    try:
        before = termios.tcgetattr(fd)
        tty.setcbreak(fd, termios.TCSAFLUSH)
    except termios.error:  # the terminal is closed
        yield
        return
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSADRAIN, before)
