"""What goes wrong outside of a batch, made for real: broken desk files, held locks, small disks, odd answers."""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tests.e2e.desk_homes import PROGRAM, ROOT, Home
from tests.support.forked import PipedProcess

if TYPE_CHECKING:
    from pydantic import JsonValue

BATCH = ("batch", "support_reply", "--from", "desk")
STACK = ("Traceback (most recent call last)", "sqlite3.", "sqlalchemy.", "OperationalError")
"""Nothing of these is for the owner of a batch."""


def own_table(home: Home, name: str) -> Path:
    """A table of the home's own lakehouse, to be spoilt."""
    lakehouse = home.path / "sample" / "lakehouse"
    shared = lakehouse.resolve()
    lakehouse.unlink()
    shutil.copytree(shared, lakehouse)
    return lakehouse / name


def desk_file(home: Home, lines: Sequence[bytes]) -> Path:
    """Make these lines the tickets that `--from desk` reads."""
    path = home.path / "sample" / "tickets.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def as_lines(tickets: Sequence[Mapping[str, str]]) -> list[bytes]:
    """Tickets as lines of JSON."""
    return [json.dumps(dict(ticket)).encode() for ticket in tickets]


def summary_of(done: subprocess.CompletedProcess[str]) -> Mapping[str, Any]:
    """The one document that `batch --json` prints on standard output."""
    return cast("Mapping[str, Any]", json.loads(done.stdout))


def letters_of(home: Home) -> list[dict[str, Any]]:
    """The file of dead letters."""
    (file,) = (home.path / "sample" / "batch").glob("dead-letters-*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def stands(home: Home) -> dict[str, str]:
    """Ticket to status, as the ledger has it now; empty before there is one."""
    path = home.path / "sample" / "state.db"
    if not path.exists():
        return {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
        try:
            return dict(db.execute("select item_id, status from batch_item").fetchall())
        except sqlite3.OperationalError:
            return {}  # it is being made


@contextmanager
def held(path: Path) -> Generator[None]:
    """Another process writes to the database, and does not end."""
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        yield
        db.execute("ROLLBACK")


def until(holds: Any, process: PipedProcess) -> None:
    """Wait for it while the process lives."""
    while not holds():
        assert process.poll() is None, "it ended before"
        time.sleep(0.005)


def start(home: Home, *arguments: str) -> PipedProcess:
    """`compound ...`, without waiting for its end."""
    return PipedProcess([PROGRAM, *arguments], cwd=ROOT, env=home.variables())


def read_until(process: PipedProcess, sign: str) -> str:
    """What it says on standard error, up to the first line that has the sign."""
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        if sign in line:
            return "".join(said)
    raise AssertionError(f"{sign!r} was never said:\n{''.join(said)}")


def end_of(process: PipedProcess) -> tuple[int, str, str]:
    """Exit code, standard output, and what is left of standard error, of a process that ends by itself."""
    out, said = process.communicate()
    return process.wait(), out, said


def run_limited(home: Home, file_bytes: int) -> subprocess.CompletedProcess[str]:
    """The batch as a process whose files cannot grow beyond a size, as on a disk that is full."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    return subprocess.run(
        [str(PROGRAM), *BATCH],
        cwd=ROOT,
        env=home.variables(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=limit,
    )


_ON_SMALL_DISK = """
set -e
disk=$1 home=$2 size=$3 program=$4; shift 4
mount -t tmpfs -o size=$size tmpfs "$disk"
mkdir "$disk/sample"
ln -s "$home"/sample/* "$disk/sample/"
export COMPOUND_HOME="$disk"
set +e
"$program" "$@" >"$home/full.out" 2>"$home/full.err"; echo $? >"$home/full.rc"
mount -o remount,size=200m "$disk"
"$program" "$@" >"$home/room.out" 2>"$home/room.err"; echo $? >"$home/room.rc"
find "$disk/sample" -maxdepth 1 -type l -delete
cp -a "$disk/sample/." "$home/sample/"
"""


def can_mount() -> bool:
    """Whether this user may have a small disk of its own."""
    try:
        command = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def on_small_disk(home: Home, disk: Path, size: str) -> None:
    """The batch with what it writes on a disk of this size, then with room; `full.*` and `room.*` say how it went.

    What it reads, and the shop, lie where they lay. In the end the home holds what was written.
    """
    disk.mkdir()
    paths = (str(disk), str(home.path), size, str(PROGRAM))
    command = ["unshare", "-rm", "bash", "-c", _ON_SMALL_DISK, "small", *paths, *BATCH]
    subprocess.run(command, cwd=ROOT, env=home.variables(), check=True, capture_output=True, timeout=120)


class Models:
    """A server on this machine that speaks Anthropic's Messages API and answers by what it is asked.

    Args:
        odd: Part of a question to the plan that is answered: no JSON, a record of the wrong shape, anything else.
    """

    def __init__(self, odd: Mapping[str, str]) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(odd))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Mapping[str, str]:
        """Serve; gives the variables under which a process finds it."""
        self._thread.start()
        port = self._http.server_address[1]
        return {"ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}", "ANTHROPIC_API_KEY": "none is needed here"}

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


_PLAN: dict[str, JsonValue] = {
    **{"actions": [], "questions": ["Which order?"], "refusals": [], "unexplained": []},
    **{"confidence": 0.5, "abstain": None},
}


def _handler(odd: Mapping[str, str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Answer."""
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            text = json.dumps(asked["messages"])
            if "sonnet" in asked["model"]:
                answer = next((said for part, said in odd.items() if part in text), json.dumps(_PLAN))
            else:
                answer = json.dumps({"text": "Hello, we look into it.", "cites": []})
            message = {
                **{"id": "m", "type": "message", "role": "assistant", "model": asked["model"]},
                **{"content": [{"type": "text", "text": answer}], "stop_reason": "end_turn", "stop_sequence": None},
                "usage": {"input_tokens": 1, "output_tokens": 1},
            }
            body = json.dumps(message).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
