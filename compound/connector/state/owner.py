"""Owners of claims, and whether their process is alive: a dead owner must not block others."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

HOST_VARIABLE = "COMPOUND_HOST"
"""Host name in leases; overrides the system's name, for example in containers."""


def host_name() -> str:
    """The name of this host, for people."""
    return os.environ.get(HOST_VARIABLE) or socket.gethostname()


def _host() -> str:
    return _identity(host_name().replace("|", "-").replace("/", "-"))


@cache
def _identity(name: str) -> str:
    # containers may share a host name; process ids are valid only inside a namespace
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return name
    return f"{name}/{boot}/{namespace}"


def _started(pid: int) -> str:
    """Start time of a process in kernel ticks; detects a reused process id."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state == "Z" else rest[18]


def this_owner() -> str:
    """The owner name of this process."""
    pid = os.getpid()
    return f"{_host()}|{pid}|{_started(pid)}"


def host_and_process(owner: str) -> tuple[str, str]:
    """Host and process id of an owner name, for people."""
    host, _, rest = owner.partition("|")
    return host.partition("/")[0], rest.partition("|")[0]


def is_gone(owner: str | None) -> bool:
    """Whether the owner is certainly dead: it ran on this host and has ended. False if unknown."""
    if not owner:
        return True
    host, _, rest = owner.partition("|")
    pid, _, started = rest.partition("|")
    if host != _host() or not pid.isdigit():
        return False
    if started:
        return _started(int(pid)) != started
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
