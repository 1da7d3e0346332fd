"""Programs that tests start and always end."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

MCP_WORLD = Path(__file__).with_name("mcp_world.py")
PATIENCE_S = 60.0


@contextmanager
def running(*args: str, cwd: Path | None = None) -> Generator[subprocess.Popen[str]]:
    """A Python program in the background; ended, and waited for, when the block ends."""
    process = subprocess.Popen(
        [sys.executable, *args], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def wait_for(file: Path, process: subprocess.Popen[str]) -> str:
    """The text of a file that a program writes when it is ready."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if file.is_file() and (text := file.read_text(encoding="utf-8")):
            return text
        if process.poll() is not None:
            raise AssertionError(f"the program ended with {process.returncode}: {process.communicate()}")
        time.sleep(0.02)
    raise AssertionError(f"{file} was not written in {PATIENCE_S:g} s")
