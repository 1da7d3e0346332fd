"""Frameworks in processes of their own: the environment of the peers, and asking a process to measure."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
PINS = Path(__file__).with_name("peers.txt")
VENV = ROOT / "build" / "bench-peers"
LIMIT_S = 300.0

PEERS: dict[str, str] = {
    "raw langgraph": "langgraph_raw",
    "langgraph + OpenInference": "langgraph_openinference",
    "pydantic-graph": "pydantic_graph_steps",
    "Haystack": "haystack_pipeline",
    "LlamaIndex workflows": "llamaindex_workflow",
    "Burr": "burr_application",
    "plain asyncio": "plain",
}
OURS: dict[str, str] = {"Compound": "compound_graph", "Compound without traces": "compound_untraced"}


class Absent(Exception):
    """A framework that cannot be measured here; the text says why."""


def peers_python() -> Path:
    """The interpreter of the peers' environment, made from the pins when it is not there.

    What cannot be installed is left out: its process then does not start, and its row says that it is absent.
    """
    stamp = VENV / ".pins"
    pins = hashlib.sha256(PINS.read_bytes()).hexdigest()
    python = VENV / "bin" / "python"
    if not (stamp.exists() and stamp.read_text(encoding="ascii") == pins):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
        if subprocess.run([*install, "-r", str(PINS)], check=False, capture_output=True).returncode:
            for line in PINS.read_text(encoding="utf-8").splitlines():
                if line and not line.startswith("#"):
                    subprocess.run([*install, line], check=False, capture_output=True)
        else:
            stamp.write_text(pins, encoding="ascii")
    return python


class Process:
    """One framework, started and warm; use as a context manager.

    Raises:
        Absent: It does not start.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        module = OURS.get(name) or PEERS[name]
        python = Path(sys.executable) if name in OURS else peers_python()
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [str(python), "-m", "tests.bench.peers.process", f"tests.bench.peers.{module}"],
            cwd=ROOT,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "", "LANGSMITH_TRACING": "false"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def __enter__(self) -> Process:
        """Wait until it has run the graph a few times."""
        try:
            self.answer()
        except RuntimeError as error:
            self.close()
            raise Absent(str(error)) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let it end."""
        self.close()

    def close(self) -> None:
        """Let it end; stop it when it does not."""
        try:
            self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._errors.close()

    def tell(self, do: str, **values: float | bool) -> None:
        """Send a command; `answer` waits for what it gives."""
        if self._process.stdin is None:
            raise AssertionError("started with a pipe")
        self._process.stdin.write(json.dumps({"do": do, **values}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, float]:
        """What the process answers.

        Raises:
            RuntimeError: It ended, or took longer than five minutes.
        """
        if self._process.stdout is None:
            raise AssertionError("started with a pipe")
        watch = threading.Timer(LIMIT_S, self._process.kill)
        watch.start()
        try:
            line = self._process.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            said = self._errors.read().strip().splitlines() or ["it ended without a word"]
            raise RuntimeError(f"{self.name}: {said[-1]}")
        return json.loads(line)

    def ask(self, do: str, **values: float | bool) -> dict[str, float]:
        """Send a command and wait."""
        self.tell(do, **values)
        return self.answer()


@contextmanager
def started(names: list[str]) -> Generator[tuple[dict[str, Process], dict[str, str]]]:
    """Those that start, and why the others do not."""
    with ExitStack() as exits:
        there: dict[str, Process] = {}
        absent: dict[str, str] = {}
        for name in names:
            try:
                there[name] = exits.enter_context(Process(name))
            except Absent as error:
                absent[name] = str(error)
        yield there, absent
