"""Programs in processes of their own: their CPU time, and the documents that they print."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).parent / "compound"


def cpu_of(*command: str, home: str = "") -> tuple[float, str]:
    """User and system seconds of a command, its own processes included, and what it printed.

    Raises:
        RuntimeError: It failed; with the end of what it said.
    """
    environ = os.environ | {"PYTHONDONTWRITEBYTECODE": ""} | ({"COMPOUND_HOME": home} if home else {})
    before = _children_s()
    done = subprocess.run(command, cwd=ROOT, env=environ, check=False, capture_output=True, text=True)
    took = _children_s() - before
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout)[-500:]}")
    return took, done.stdout


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def program(*arguments: str, home: str) -> tuple[float, dict[str, Any]]:
    """CPU seconds of `compound ... --json` on a state folder, and its document."""
    took, said = cpu_of(str(PROGRAM), *arguments, "--json", home=home)
    return took, json.loads(said)


def python(*arguments: str) -> float:
    """CPU seconds of this interpreter with these arguments."""
    return cpu_of(sys.executable, *arguments)[0]
