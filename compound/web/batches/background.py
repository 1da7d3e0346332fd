"""Processes that run batches for the server: they outlive it, and are asked to pause or stop like any other."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from pathlib import Path

    from compound.project import Project


@dataclass
class Background:
    """Starts `compound batches resume` for one project.

    Attributes:
        project: The project.
    """

    project: Project
    _started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, "subprocess.Popen[bytes]"])
    _refused: dict[str, str] = field(default_factory=dict[str, str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, job_id: str, *, user: str) -> None:
        """Run what is left of a batch in a process of its own, unless one that this server started still lives."""
        settings = self.project.settings
        command = [sys.executable, "-m", "compound", "batches", "resume", job_id, "--json", "--user", user]
        command += ["--profile", settings.profile.name]
        command += ["--model", settings.profile.model] if settings.profile.model else []
        said = settings.home / "batch" / f"started-{job_id}.json"
        with self._lock:
            if self.is_starting(job_id):
                return
            self._refused.pop(job_id, None)
            said.parent.mkdir(parents=True, exist_ok=True)
            with said.open("wb") as out:
                process = self._started[job_id] = subprocess.Popen(
                    command,
                    cwd=settings.root,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
        threading.Thread(target=self._wait, args=(job_id, process, said), daemon=True).start()

    def is_starting(self, job_id: str) -> bool:
        """Whether a process that this server started for the batch lives."""
        process = self._started.get(job_id)
        return process is not None and process.poll() is None

    def refusal(self, job_id: str) -> str:
        """Why the last process that this server started for the batch ran nothing; empty if it ran."""
        return self._refused.get(job_id, "")

    def _wait(self, job_id: str, process: subprocess.Popen[bytes], said: Path) -> None:
        """Keep the error of a process that ran nothing, and not what it printed: that may name people."""
        code = process.wait()
        try:
            document = orjson.loads(said.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            document = {"error": {"what": f"its process ended with exit code {code}"}} if code else {}
        said.unlink(missing_ok=True)
        error = document.get("error") if isinstance(document, dict) else None
        if error:
            self._refused[job_id] = ". ".join(part for part in (error["what"], error.get("fix", "")) if part)
