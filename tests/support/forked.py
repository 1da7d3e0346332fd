"""Commands in processes of their own that start at once: a server that has imported Compound forks one for each.

A start of Python and its imports are two seconds of a processor; what tests look at comes after them. A forked process
is a real one: its own id, group, environment, folder, streams, exit code and end. Tests of the start itself, of the wheel
and of what a process imports call `subprocess`.
"""

from __future__ import annotations

import array
import atexit
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Self

import orjson

SERVER = Path(__file__).with_name("fork_server.py")
PYTHON = Path(sys.executable)
COMPOUND = PYTHON.parent / "compound"
ADDRESS = "TESTS_FORK_SERVER"
"""The variable that tells a forked process of the server that it came from."""
_START_S = 60


@cache
def _server() -> socket.socket:
    """A connection to the server: this process's own, which ends with it, or the one that it came from."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    connection.connect(os.environ.get(ADDRESS) or _started())
    return connection


def _started() -> str:
    folder = tempfile.TemporaryDirectory(prefix="compound-forks-")
    address = f"{folder.name}/server"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("COMPOUND_", "PYTEST"))}
    process = subprocess.Popen(
        [PYTHON, "-P", SERVER, address],
        env=clean | {ADDRESS: address},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    def end() -> None:
        process.communicate(timeout=_START_S)  # its input is closed: it ends
        folder.cleanup()

    atexit.register(end)
    return address


class Process:
    """A forked process, with the part of `subprocess.Popen` that tests use.

    Attributes:
        pid: Its id, and that of its process group.
        returncode: How it ended, as `subprocess` counts; None while it runs.
    """

    def __init__(
        self, command: Sequence[str | Path], streams: Sequence[int], *, cwd: Path, env: Mapping[str, str] | None
    ) -> None:
        self.args = [str(word) for word in command]
        self.returncode: int | None = None
        self._report, theirs = socket.socketpair()
        request = {"words": self.args, "cwd": str(cwd), "env": dict(os.environ if env is None else env)}
        with theirs, tempfile.TemporaryFile() as file:
            file.write(orjson.dumps(request))
            file.flush()
            passed = array.array("i", [file.fileno(), *streams, theirs.fileno()])
            _server().sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)])
        number = self._line(_START_S)
        assert number is not None, f"no process for {self.args}"
        self.pid = number

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """How it ended, when it has.

        Raises:
            subprocess.TimeoutExpired: it runs longer.
        """
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """`kill -9`."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self.returncode = self._line(timeout)
            if self.returncode is not None:
                self._report.close()
        return self.returncode

    def _line(self, timeout: float | None) -> int | None:
        if not select.select([self._report], [], [], timeout)[0]:
            return None
        said = b""
        while not said.endswith(b"\n"):
            more = self._report.recv(1)
            assert more, f"the server of processes is gone: {self.args}"
            said += more
        return int(said)


class PipedProcess(Process):
    """A forked process whose output is read while it runs.

    Attributes:
        stdin: What it reads.
        stdout: What it says.
        stderr: What it says on the other stream.
    """

    def __init__(self, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None) -> None:
        (read, write), (out, out_end), (err, err_end) = os.pipe(), os.pipe(), os.pipe()
        self.stdin: IO[str] = os.fdopen(write, "w")
        self.stdout: IO[str] = os.fdopen(out)
        self.stderr: IO[str] = os.fdopen(err)
        try:
            super().__init__(command, (read, out_end, err_end), cwd=cwd, env=env)
        finally:
            for end in (read, out_end, err_end):
                os.close(end)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            stream.close()
        self.wait()

    def communicate(self, given: str | None = None, timeout: float | None = None) -> tuple[str, str]:
        """Close what it reads, after a last text; both outputs when it has ended.

        Raises:
            subprocess.TimeoutExpired: it runs longer.
        """
        said = {self.stdout: "", self.stderr: ""}

        def read(stream: IO[str]) -> None:
            said[stream] = stream.read()

        readers = [threading.Thread(target=read, args=[stream], daemon=True) for stream in said]
        for reader in readers:
            reader.start()
        if given:
            self.stdin.write(given)
        self.stdin.close()
        end = None if timeout is None else time.monotonic() + timeout
        self.wait(timeout)
        for reader in readers:
            reader.join(None if end is None else max(0.1, end - time.monotonic()))
        self.stdout.close()
        self.stderr.close()
        return said[self.stdout], said[self.stderr]


def run_forked(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    given: str = "",
    check: bool = False,
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` with both streams captured as text.

    Args:
        command: `compound ...` by its path, or `python ...` with a script, `-m` or `-c`.
        cwd: The folder it runs in.
        env: Its whole environment; this process's where none is given.
        given: What it reads from standard input.
        check: Whether an exit code other than 0 is an error.
        timeout: Seconds, after which it is killed.

    Raises:
        subprocess.CalledProcessError: `check`, and it failed.
        subprocess.TimeoutExpired: it did not end in time.
    """
    with tempfile.TemporaryFile() as read, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        read.write(given.encode())
        read.seek(0)
        process = Process(command, (read.fileno(), out.fileno(), err.fileno()), cwd=cwd, env=env)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        done = subprocess.CompletedProcess(process.args, code, _text(out), _text(err))
    if check:
        done.check_returncode()
    return done


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")
