"""Servers in processes of their own, and the CPU time that they and their database used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench._programs import PROGRAM, ROOT

_ADDRESS: Final = re.compile(r"(http://127\.0\.0\.1:\d+)")
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs.

    Attributes:
        pid: Its process.
        database: The process of its PostgreSQL server; 0 for SQLite, which runs in the server's own.
    """

    address: str
    pid: int
    database: int = 0

    def cpu_s(self) -> float:
        """Seconds of CPU that the server has used, and its database with all connections."""
        return _cpu_of(self.pid) + (_cpu_of_children(self.database) if self.database else 0.0)

    def memory(self) -> int:
        """Resident bytes of the server."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def _cpu_of(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _cpu_of_children(pid: int) -> float:
    """The process, its children that run, and those that have ended."""
    fields = _stat(pid)
    total = _cpu_of(pid) + (int(fields[13]) + int(fields[14])) / _TICKS
    for one in Path("/proc").iterdir():
        try:
            if one.name.isdigit() and _stat(int(one.name))[1] == str(pid):
                total += _cpu_of(int(one.name))
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
    return total


@contextmanager
def server(root: Path, *, database: int = 0) -> Generator[Served]:
    """`compound serve` of a project, the program itself."""
    with started([str(PROGRAM), "serve", "--port", "0"], root, database=database) as one:
        yield one


@contextmanager
def peer(url: str, *, database: int = 0) -> Generator[Served]:
    """The peer, on the same state store."""
    with started([sys.executable, "-m", "tests.bench.serve.peer", url], ROOT, database=database) as one:
        yield one


@contextmanager
def started(command: Sequence[str], folder: Path, *, database: int = 0) -> Generator[Served]:
    """A server that says its address when it is ready.

    Raises:
        RuntimeError: it ended.
    """
    with tempfile.TemporaryFile("w+") as rest:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert process.stdout is not None
        try:
            said = ""
            while (found := _ADDRESS.search(said)) is None:
                line = process.stdout.readline()
                if not line:
                    raise RuntimeError(f"{command[0]} ended: {said}")
                said += line
            yield Served(found[1], process.pid, database)
        finally:
            process.terminate()
            rest.write(process.communicate(timeout=30)[0] or "")
            rest.seek(0)
            if left := rest.read().strip():
                sys.stderr.write(f"{command[0]}: {left[-2000:]}\n")
