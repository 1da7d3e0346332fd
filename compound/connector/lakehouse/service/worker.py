"""The worker process that guards, rewrites, binds and runs SQL written by a model: `python -m` of this file.

Reviewed statements run here too if they call a function that may take long.

It can be killed at any time. Each query starts a kernel timer that ends the process whatever Python or DuckDB do,
and the kernel limits its memory. It exits when its input closes, so it never outlives its parent. It holds no
secrets: its environment is nearly empty, and the connection is hardened.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, cast

from pydantic import TypeAdapter

from compound.connector.lakehouse.query.engine import QueryEngine
from compound.connector.lakehouse.query.query import out_of_memory
from compound.connector.lakehouse.service.asking import Ask, Asked, Reviewed, run_ask, run_reviewed
from compound.connector.lakehouse.service.frames import EndOfFrames, frame, read_frame, write_all
from compound.connector.lakehouse.statement.guard import Refused
from compound.connector.lakehouse.value.types import Column, Limits, Resources, TableInfo
from compound.errors import CompoundError, ProjectError

KERNEL_GRACE_MS: Final = 150
_TABLES: Final = TypeAdapter(dict[str, TableInfo])
_REQUEST: Final[TypeAdapter[Ask | Reviewed]] = TypeAdapter(Ask | Reviewed)
_ENGINE_SHARE: Final = 0.75
_SPENT_SHARE: Final = 0.9
_MB: Final = 1 << 20
_MAX_SAID: Final = 1_000


_WARMING: Final = Limits(ms=60_000)
"""The first statement waits for a busy machine: its time is not a query's, and the parent stops a start that hangs."""


def serve(reads: int, writes: int) -> None:
    """Answer queries until the input closes.

    Args:
        reads: Descriptor of the requests: first the tables, then `Ask` or `Reviewed` messages.
        writes: Descriptor of the answers.
    """
    hello = read_frame(reads)
    memory_mb = int(hello["memory_mb"])
    tables = _TABLES.validate_python(hello["tables"])
    files = {name: Path(file) for name, file in cast("Mapping[str, str]", hello["files"]).items()}
    resources = Resources(memory_limit=f"{int(memory_mb * _ENGINE_SHARE)}MiB", threads=1)
    try:
        engine = QueryEngine(files, Path(hello["cache_dir"]), resources)
        _warm(engine)
    except CompoundError as error:
        write_all(writes, frame({"error": _said(error)}))
        return
    base = _data_bytes()
    if base is not None:
        _limit_memory(base + memory_mb * _MB)
    write_all(writes, frame({"ready": True}))
    while True:
        request = _REQUEST.validate_python(read_frame(reads))
        # The default action of SIGALRM ends the process, even if the interpreter is blocked.
        signal.setitimer(signal.ITIMER_REAL, (request.limits.ms + KERNEL_GRACE_MS) / 1_000)
        # Tell the parent that the statement started: only then can it be the cause of a crash.
        write_all(writes, frame({"begun": True}))
        reply, is_spent = _reply(lambda: _run(engine, tables, request))  # noqa: B023  it is called at once, not in a later round of the loop
        used = _data_bytes()
        is_spent = is_spent or (used is not None and base is not None and used - base > memory_mb * _MB * _SPENT_SHARE)
        data = frame({**reply, "last": is_spent})
        signal.setitimer(signal.ITIMER_REAL, 0)
        write_all(writes, data)
        if is_spent:
            return


def _run(engine: QueryEngine, tables: Mapping[str, TableInfo], request: Ask | Reviewed) -> Asked:
    if isinstance(request, Ask):
        return run_ask(engine, tables, request)
    return run_reviewed(engine, tables, request)


def _reply(run: Callable[[], Asked]) -> tuple[dict[str, Any], bool]:
    """The answer, and whether the process should be replaced."""
    try:
        asked = run()
    except CompoundError as error:
        return {"error": _said(error)}, error.code in ("lakehouse.memory", "lakehouse.cache-damaged")
    except MemoryError:
        return {"error": _said(out_of_memory())}, True
    result = asdict(asked.result)
    result["rows"] = [list(row.values()) for row in asked.result.rows]  # names once, not in every row
    return {"asked": {"sql": asked.sql, "plan_rows": asked.plan_rows, "result": result}}, False


def _said(error: CompoundError) -> dict[str, object]:
    kind = "ProjectError" if isinstance(error, ProjectError) else "ConnectorError"
    is_slip = isinstance(error, Refused) and error.is_slip
    what = error.what if len(error.what) <= _MAX_SAID else f"{error.what[:_MAX_SAID]}…"
    return {"kind": kind, "code": error.code, "what": what, "fix": error.fix, "is_slip": is_slip}


def _warm(engine: QueryEngine) -> None:
    """Load what the first query needs."""
    grants = {"t": (Column(name="a", type="INTEGER"),)}
    ask = Ask(sql="SELECT 1 AS one", grants=grants, limits=_WARMING, max_plan_rows=10)
    run_ask(engine, {}, ask)


def _data_bytes() -> int | None:
    """Private writable memory of this process; None if the system does not report it."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1_024 for line in lines if line.startswith("VmData:")), None)


def _limit_memory(size: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with(reads: int) -> None:
    """Exit when the other end of `reads` closes, even during a query."""
    poll = select.poll()
    poll.register(reads, 0)  # nothing but the hang-up
    poll.poll()
    os._exit(1)


def main() -> None:
    """Serve on standard input and output, which nothing else in the process uses."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    reads, writes = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    threading.Thread(target=_end_with, args=(reads,), daemon=True).start()
    try:
        serve(reads, writes)
    except (EndOfFrames, OSError):
        os._exit(0)


if __name__ == "__main__":
    main()
