"""A full disk stops a batch with the right cure; with room the same command goes on, and no ticket was lost by it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.bad_input import can_mount
from tests.support.desks.reply_desk import GRAPH, TOOLS, ReplyDesk, ticket
from tests.support.projects import PYPROJECT, write_project

pytestmark = pytest.mark.timeout(300)
FULL = OSError(errno.ENOSPC, "No space left on device", "/some/file")
PROFILE = '{lexical}\n[tool.compound.profiles.plain.documents]\nhandbook = ["handbook/*.md"]\n'
_OPEN = """
import sys
from compound.errors import CompoundError
from compound.project import Project
try:
    project = Project.open()
    print(len(project.resources.retriever("handbook").search("returns days").passages))
    project.close()
except CompoundError as error:
    print(error)
    sys.exit(1)
"""
_ON_SMALL_DISK = """
set -e
disk=$1 project=$2 python=$3 program=$4
mount -t tmpfs -o size=24m tmpfs "$disk"
cp -a --sparse=always "$project" "$disk/p"
cd "$disk/p"
dd if=/dev/zero of="$disk/fill" bs=4k 2>/dev/null || true
set +e
for pages in 0 1 4 64 1024; do
    truncate -s -$((pages * 4096)) "$disk/fill"
    "$python" "$program"; echo "rc=$?"
done
rm "$disk/fill"
"$python" "$program"; echo "rc=$?"
"""


@pytest.mark.skipif(not can_mount(), reason="this user may not mount a small disk")
@pytest.mark.parametrize("engine", ["edge", "sqlite"])
def test_an_index_on_a_full_disk_is_refused_and_does_not_kill_the_process(tmp_path: Path, engine: str) -> None:
    pages = {f"handbook/{n}.md": f"# Page {n}\n\nReturns take {n} days.\n" for n in range(20)}
    words = f'lexical = ["handbook"]\nvectors = "{engine}"'
    marker = PYPROJECT + PROFILE.format(lexical=words)
    project = write_project(tmp_path / "p", {"pyproject.toml": marker, **pages})
    program = Path(sys.executable).parent / "compound"
    subprocess.run([str(program), "index"], cwd=project, check=True, capture_output=True)
    (opener := tmp_path / "open.py").write_text(_OPEN)
    (disk := tmp_path / "disk").mkdir()
    command = ["unshare", "-rm", "bash", "-c", _ON_SMALL_DISK, "small", str(disk), str(project), sys.executable]
    done = subprocess.run([*command, str(opener)], check=True, capture_output=True, text=True)
    codes = [int(line[3:]) for line in done.stdout.splitlines() if line.startswith("rc=")]
    assert set(codes) <= {0, 1}, done.stdout + done.stderr
    assert codes[-1] == 0
    refused = [line for line in done.stdout.splitlines() if line.startswith("index 'handbook'")]
    assert len(refused) == codes.count(1)
    assert "rebuilds it" not in done.stdout
    assert done.stdout.count("fix: free some space") == codes.count(1)
    if engine == "edge":
        assert codes[0] == 1


def stops_and_goes_on(desk: ReplyDesk, monkeypatch: pytest.MonkeyPatch, name: str, code: str) -> None:
    """Two tickets on a disk that is full for the first time that `os.<name>` is called, and then has room."""
    desk.write("x.jsonl", [ticket("t1"), ticket("t2"), ticket("t3")])
    original = getattr(os, name)

    def full(*_: object, **__: object) -> None:
        raise FULL

    monkeypatch.setattr(os, name, full)
    stopped = desk.run("batch", "--from", "x.jsonl")
    assert stopped.exit_code == 1
    assert "the batch stopped at item 't" in stopped.stderr
    assert f"[{code}]" in stopped.stderr
    assert "fix: free some space" in stopped.stderr
    assert "; then the same command resumes" in stopped.stderr
    assert "dead" not in desk.ledger().values()
    monkeypatch.setattr(os, name, original)
    assert desk.batch("--from", "x.jsonl")["counts"] == {"done": 3}
    assert desk.sent_to() == ["t1", "t2", "t3"]


def test_replies_that_have_no_room_stop_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stops_and_goes_on(ReplyDesk(tmp_path), monkeypatch, "link", "mailbox.disk-full")


WRITES = '''

@tool
def note(ticket: dict[str, JsonValue]) -> str:
    """Write something down."""
    import os
    os.sync()
    return str(ticket["body"])
'''


def test_a_tool_that_has_no_room_stops_the_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    graph = GRAPH.replace("tool: think", "tool: note")
    desk = ReplyDesk(tmp_path, files={"graphs/main.yaml": graph, "tools/voice.py": TOOLS + WRITES})
    stops_and_goes_on(desk, monkeypatch, "sync", "file.disk-full")
