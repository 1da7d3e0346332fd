"""Per-run lock: one task in one process advances a run; the OS releases it when the process dies."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio

from compound.errors import ConflictError

if TYPE_CHECKING:
    from compound.connector.state import StateStore

try:
    import fcntl
except ImportError:  # pragma: no cover - not a POSIX system: one process only
    fcntl = None

_FILES: dict[str, int] = {}
_HELD: set[tuple[str, str]] = set()
_FIRST_PAUSE_S: Final = 0.005
_LAST_PAUSE_S: Final = 0.2


@asynccontextmanager
async def hold_run(store: StateStore | None, file: Path | None, run_id: str, *, wait_s: float) -> AsyncGenerator[None]:
    """Hold the run until the block ends, on this host and, if hosts share the store, on all of them.

    A store in a file is used by one host only: there the lock of the file is enough, and needs no write.

    Raises:
        ConflictError: ``graph.run-busy``, naming the process and the host that runs it, as far as known.
    """
    async with run_lock(file, run_id, wait_s=wait_s):
        if store is None or store.dialect == "sqlite":
            yield
            return
        from compound.connector.state.leases import Holder, Leases

        leases, deadline, pause = Leases(store), anyio.current_time() + wait_s, _FIRST_PAUSE_S
        while isinstance(lease := leases.take(f"run:{run_id}"), Holder):
            if anyio.current_time() >= deadline:
                what = f"run {run_id} is being run by {lease}"
                raise ConflictError("graph.run-busy", what, fix="wait for it, then look at its status")
            await anyio.sleep(pause)
            pause = min(pause * 2, _LAST_PAUSE_S)
        with leases.renewed(lease):
            yield


def place_of(checkpoints: Path) -> str:
    """Location of the checkpoints, for people and for comparison: `host:path`."""
    from compound.connector.state.owner import host_name

    return f"{host_name()}:{checkpoints.absolute()}"


@asynccontextmanager
async def run_lock(file: Path | None, run_id: str, *, wait_s: float) -> AsyncGenerator[None]:
    """Hold the run until the block ends; wait for its present holder.

    Within the process a set of ids, between processes a byte-range lock on `file` (None: one process only): the
    kernel releases it when the process dies, so a killed run can be resumed at once. The file stays open for the life
    of the process, because closing any handle of a file releases every lock on it.

    Raises:
        ConflictError: ``graph.run-busy``: another holder still runs it after `wait_s` seconds.
    """
    name = "" if file is None else str(file)
    key = (name, run_id)
    offset = _offset(run_id)
    deadline, pause = anyio.current_time() + wait_s, _FIRST_PAUSE_S
    while key in _HELD or not _take(name, offset):
        if anyio.current_time() >= deadline:
            what = f"run {run_id} is being run by another task or process"
            raise ConflictError("graph.run-busy", what, fix="wait for it, then look at its status")
        await anyio.sleep(pause)
        pause = min(pause * 2, _LAST_PAUSE_S)
    _HELD.add(key)
    try:
        yield
    finally:
        _HELD.discard(key)
        _drop(name, offset)


def lock_file(checkpoints: Path) -> Path:
    """The file of the locks, next to that of the checkpoints."""
    return checkpoints.with_name(checkpoints.name + ".locks")


@contextmanager
def idle_runs(checkpoints: Path, run_ids: Iterable[str]) -> Generator[list[str]]:
    """Hold those of the runs that nobody is running, until the block ends; does not wait.

    Args:
        checkpoints: The file of the checkpoints that engines of these runs use.
        run_ids: The runs.
    """
    name, held = str(lock_file(checkpoints)), list[str]()
    try:
        for run_id in run_ids:
            if (name, run_id) not in _HELD and _take(name, _offset(run_id)):
                _HELD.add((name, run_id))
                held.append(run_id)
        yield held
    finally:
        for run_id in held:
            _HELD.discard((name, run_id))
            _drop(name, _offset(run_id))


def _offset(run_id: str) -> int:
    return int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:7], "big")


def _take(name: str, offset: int) -> bool:
    if fcntl is None or not name:
        return True
    if name not in _FILES:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        _FILES[name] = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(_FILES[name], fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _drop(name: str, offset: int) -> None:
    if fcntl is not None and name:
        fcntl.lockf(_FILES[name], fcntl.LOCK_UN, 1, offset)
