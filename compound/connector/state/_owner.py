"""Who holds a claim, and whether that process still lives: a killed one must not block the next one."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

HOST_VARIABLE = "COMPOUND_HOST"
"""Names this host in leases, where its own name says little: that of a container, say."""


def host_name() -> str:
    """The name of this host, for people."""
    return os.environ.get(HOST_VARIABLE) or socket.gethostname()


def _host() -> str:
    return _identity(host_name().replace("|", "-").replace("/", "-"))


@cache
def _identity(name: str) -> str:
    # two containers may share a host name; their process ids mean something only inside the namespace
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return name
    return f"{name}/{boot}/{namespace}"


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks: tells a process id from its reuse."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state == "Z" else rest[18]


def this_owner() -> str:
    """The name under which this process claims."""
    pid = os.getpid()
    return f"{_host()}|{pid}|{_started(pid)}"


def host_and_process(owner: str) -> tuple[str, str]:
    """The host and the process id in the name of an owner, for people."""
    host, _, rest = owner.partition("|")
    return host.partition("/")[0], rest.partition("|")[0]


def is_gone(owner: str | None) -> bool:
    """Whether the claimer is certainly dead: it ran here and runs no more. False when it cannot be told."""
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
