"""Imports Compound once, then forks a process for every command that it is sent; see `tests.support.forked`.

Run as a program: `python fork_server.py ADDRESS`. It listens there until its standard input is closed.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import runpy
import select
import socket
import sys
from contextlib import suppress
from pathlib import Path

PARTNERS = (
    "alembic.command", "deltalake", "duckdb", "langgraph.checkpoint.sqlite.aio", "langgraph.graph", "numpy",
    "opentelemetry.sdk.trace", "qdrant_edge", "rich.console", "rich.markdown", "rich.progress", "rich.syntax", "rich.table",
    "sklearn.linear_model", "sklearn.isotonic", "sqlglot.optimizer", "sqlalchemy.dialects.sqlite", "structlog",
)  # fmt: skip
"""What commands import inside their functions."""


def import_compound() -> None:
    """Import every module, so that a forked process need not; nothing of it does anything yet."""
    import compound

    own = (one.name for one in pkgutil.walk_packages(compound.__path__, "compound."))
    for module in (*(name for name in own if not name.endswith("__main__")), *PARTNERS):
        with suppress(ImportError):
            importlib.import_module(module)


def main(address: str) -> list[str]:
    """Fork until standard input is closed; returns, in a forked process, the words of its command."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
        own.bind(address)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        import_compound()
        while own in select.select([own, sys.stdin], [], [])[0]:
            _, files, _, _ = socket.recv_fds(own, 1, 5)
            _reap()
            if os.fork() == 0:
                own.close()
                return _forked(*files)
            for file in files:
                os.close(file)
    return []


def _reap() -> None:
    """Take note of what ended, so that its time counts as this program's."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _forked(request: int, stdin: int, stdout: int, stderr: int, report: int) -> list[str]:
    """Fork the command; this process stays behind it and reports its id and how it ended."""
    process = os.fork()
    if process == 0:
        os.close(report)
        for number, stream in enumerate((stdin, stdout, stderr)):
            os.dup2(stream, number)
            os.close(stream)
        os.setsid()
        with os.fdopen(request, "rb") as file:
            file.seek(0)
            asked = json.load(file)
        address = os.environ["TESTS_FORK_SERVER"]
        os.environ.clear()
        os.environ.update({**asked["env"], "TESTS_FORK_SERVER": address})
        os.chdir(asked["cwd"])
        return asked["words"]
    for file in (request, stdin, stdout, stderr):
        os.close(file)
    with suppress(BrokenPipeError):
        os.write(report, b"%d\n" % process)
        _, status = os.waitpid(process, 0)
        os.write(report, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def run(program: str, *words: str) -> None:
    """Run `compound ...` or `python -m MODULE | -c CODE | FILE ...` as the interpreter does."""
    sys.path[:0] = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one]
    if Path(program).name == "compound":
        from compound.cli import main as command

        sys.path.insert(0, str(Path(program).parent))
        sys.argv = [program, *words]
        sys.exit(command())
    match words:
        case ["-m", module, *more]:
            sys.path.insert(0, str(Path.cwd()))
            sys.argv = [module, *more]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case ["-c", code, *more]:
            sys.path.insert(0, "")
            sys.argv = ["-c", *more]
            exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
        case [file, *_]:
            sys.path.insert(0, str(Path(file).resolve().parent))
            sys.argv = list(words)
            runpy.run_path(file, run_name="__main__")
        case _:
            raise SystemExit(f"{program} needs a program")


if __name__ == "__main__" and (_words := main(sys.argv[1])):
    run(*_words)
