"""Replies out: each once, whole or not there."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from compound.effect import EffectGroup, EffectOutcome
from compound.errors import ConnectorError, EffectRefused
from tests.support.data.mailboxes import Mailbox
from tests.support.shops import ROOT, find_effect, group_of

REPLY = ("send_reply", {"ticket_id": "t1", "text": "Your lamp is on its way."})
TRANSFER = ("transfer_to_human_agents", {"summary": "Wants a lawyer.", "ticket_id": "t1"})


@pytest.fixture
def desk(tmp_path: Path) -> Mailbox:
    ticks = iter(range(1000))
    return Mailbox(tmp_path / "desk", effects=find_effect, clock=lambda: float(next(ticks)))


def perform(desk: Mailbox, group: EffectGroup) -> Sequence[EffectOutcome]:
    return asyncio.run(desk.perform(group))


def test_a_reply_is_sent_once(desk: Mailbox) -> None:
    group = group_of(TRANSFER, REPLY, expected={"orders/#W1": 99})
    first = perform(desk, group)
    assert [outcome.status for outcome in first] == ["sent", "sent"]
    assert first[1].result == {"sent": "reply", "item_id": "t1"}
    assert perform(desk, group) == first
    assert [(sent.kind, sent.effect_key, sent.text) for sent in desk.replies()] == [
        ("transfer", "g1/0", "Wants a lawyer."),
        ("reply", "g1/1", "Your lamp is on its way."),
    ]


def test_what_a_crash_left_out_is_sent_when_the_group_comes_again(desk: Mailbox) -> None:
    perform(desk, group_of(TRANSFER))
    outcomes = perform(desk, group_of(TRANSFER, REPLY))
    assert [outcome.status for outcome in outcomes] == ["sent", "sent"]
    assert [sent.effect_key for sent in desk.replies()] == ["g1/0", "g1/1"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("send_reply", {"ticket_id": "t1", "text": "  \n"}),
        ("send_reply", {"ticket_id": "t1"}),
        ("transfer_to_human_agents", {"summary": " "}),
    ],
    ids=["blank reply", "no text", "blank summary"],
)
def test_a_refused_group_sends_nothing(desk: Mailbox, wrong: tuple[str, dict[str, str]]) -> None:
    with pytest.raises(EffectRefused):
        perform(desk, group_of(REPLY, (wrong[0], dict(wrong[1].items()))))
    assert list(desk.replies()) == []


def test_replies_are_exported_whole(desk: Mailbox, tmp_path: Path) -> None:
    perform(desk, group_of(REPLY, key="a"))
    perform(desk, group_of(REPLY, key="b"))
    assert desk.export(tmp_path / "out" / "replies.jsonl") == 2
    lines = (tmp_path / "out" / "replies.jsonl").read_text().splitlines()
    assert [json.loads(line)["effect_key"] for line in lines] == ["a/0", "b/0"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["replies.jsonl"]


def test_a_folder_that_cannot_be_written_is_an_error_of_its_own(desk: Mailbox) -> None:
    desk.folder.write_text("a file where the folder should be")
    with pytest.raises(ConnectorError) as caught:
        perform(desk, group_of(REPLY))
    assert caught.value.code == "mailbox.unreadable"
    desk.folder.unlink()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_sends_nothing(desk: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        with Path("/dev/full").open("wb", buffering=0) as stream:
            stream.write(b"x")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConnectorError) as caught:
        perform(desk, group_of(REPLY))
    assert caught.value.code == "mailbox.disk-full"
    monkeypatch.undo()
    assert list(desk.replies()) == []
    assert [path for path in desk.folder.rglob("*") if path.is_file()] == []


SENDER = """
import asyncio, sys
from pathlib import Path
from compound.connector.mailbox.mailbox import Mailbox
from tests.support.shops import find_effect, group_of
desk = Mailbox(Path(sys.argv[1]), effects=find_effect)
groups = [group_of(("send_reply", {"ticket_id": "t", "text": "Hello"}), key=f"k{i}") for i in range(40)]
print("ready", flush=True)
sys.stdin.readline()
async def send():
    for group in groups:
        await desk.perform(group)
asyncio.run(send())
"""


def test_two_processes_send_each_reply_once(desk: Mailbox) -> None:
    command = [sys.executable, "-c", SENDER, str(desk.folder)]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, text=True, cwd=ROOT, stdin=pipe, stdout=pipe) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.communicate("go\n", timeout=60)
        assert process.returncode == 0
    assert sorted(sent.effect_key for sent in desk.replies()) == sorted(f"k{i}/0" for i in range(40))
    assert list(desk.folder.rglob("*.tmp")) == []
