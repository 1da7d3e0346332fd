"""A backup is written while people work, and a restore on an empty machine goes on where it stood."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project.conversations.helpline import answers, batch, did, helpline, letter, statuses
from tests.project.keys.table import Place
from tests.support.data.state_stores import postgresql_url


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Three letters: one answered, one that waits, one rejected."""
    root = tmp_path / "desk"
    root.mkdir()
    place = helpline(root)
    batch(place, *(letter(f"m-{n}", f"Question {n}?") for n in (1, 2, 3)))
    assert did(place.say("review", "approve", "m-1")).code == 0
    assert did(place.say("review", "reject", "m-3", "--reason", "no")).code == 0
    return place


def home_of(place: Place) -> Path:
    with place.open() as project:
        return project.settings.home


def test_a_restored_state_goes_on_and_does_nothing_twice(place: Place, tmp_path: Path) -> None:
    before, home, file = statuses(place), home_of(place), tmp_path / "state.tar.gz"
    said = place.say("backup", str(file))
    assert (said.code, "files" in said.out) == (0, True)
    assert file.stat().st_mode & 0o077 == 0, "only its owner reads it"
    shutil.rmtree(home)
    assert place.say("restore", str(file)).code == 0
    assert statuses(place) == before
    assert place.say("review", "audit").code == 0, "the audit log still verifies"
    assert did(place.say("review", "approve", "m-2")).code == 0
    assert sorted(answers(place)) == [("m-1", "Re Question 1?"), ("m-2", "Re Question 2?")]
    assert place.say("review", "resume", "m-1").code != 0
    assert sorted(answers(place)) == [("m-1", "Re Question 1?"), ("m-2", "Re Question 2?")]


def test_a_backup_beside_a_writer_is_whole(place: Place, tmp_path: Path) -> None:
    over = threading.Event()
    texts: list[str] = []

    def work() -> None:
        with place.open() as project:
            number = 0
            while not over.is_set():
                project.reviews().comment("m-2", f"comment {number}", user="ann")
                texts.append(f"comment {number}")
                number += 1

    writer = threading.Thread(target=work)
    writer.start()
    try:
        for number in range(3):
            assert place.say("backup", str(tmp_path / f"{number}.tar.gz")).code == 0
    finally:
        over.set()
        writer.join()
    for number in range(3):
        shutil.rmtree(home_of(place))
        assert place.say("restore", str(tmp_path / f"{number}.tar.gz")).code == 0
        with place.open() as project:
            kept = [str(one["text"]) for one in project.reviews().show("m-2").comments]
        assert kept == texts[: len(kept)]
        assert place.say("review", "audit").code == 0


def changed(file: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """Write a backup again with other files."""
    with tarfile.open(file, "r:gz") as archive:
        files = {one.name: archive.extractfile(one) for one in archive}
        held = {name: content.read() for name, content in files.items() if content is not None}
    with tarfile.open(file, "w:gz") as archive:
        for name, content in held.items():
            new = change(name, content)
            if new is not None:
                info = tarfile.TarInfo(name)
                info.size = len(new)
                archive.addfile(info, io.BytesIO(new))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def one_bit(file: Path) -> None:
    changed(file, lambda name, held: held[:-1] + bytes([held[-1] ^ 1]) if name == "state.db" else held)


def one_file_less(file: Path) -> None:
    changed(file, lambda name, held: None if name == "state.db" else held)


def outside(file: Path) -> None:
    changed(file, lambda _, held: held)
    with tarfile.open(file, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../evil"), io.BytesIO(b""))


def not_one(file: Path) -> None:
    file.write_text("no archive")


@pytest.mark.parametrize("damage", [cut, one_bit, one_file_less, outside, not_one])
def test_a_damaged_backup_restores_nothing(place: Place, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    home, file = home_of(place), tmp_path / "state.tar.gz"
    assert place.say("backup", str(file)).code == 0
    damage(file)
    shutil.rmtree(home)
    said = place.say("restore", str(file))
    assert (said.code, "backup.unreadable" in said.err) == (1, True)
    assert not home.exists()
    assert [one.name for one in home.parent.iterdir() if one.name.startswith(".restore")] == []


def test_nothing_is_written_over(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "state.tar.gz"
    assert place.say("backup", str(file)).code == 0
    assert "backup.exists" in place.say("backup", str(file)).err
    assert "backup.in-use" in place.say("restore", str(file)).err
    assert statuses(place)["m-2"] == "pending"


def test_a_state_store_elsewhere_is_named_without_its_password(tmp_path: Path) -> None:
    place = helpline(tmp_path, state=postgresql_url())
    batch(place, letter("m-1", "Question?"))
    said = place.say("backup", str(tmp_path / "state.tar.gz"), "--json")
    (url,) = json.loads(said.out)["elsewhere"]
    assert url.startswith("postgresql")
    assert "pg_dump" in place.say("backup", str(tmp_path / "again.tar.gz")).err


def test_a_changed_audit_log_is_found(place: Place) -> None:
    head = json.loads(place.say("review", "audit", "--json").out)["head"]
    assert place.say("review", "audit", "--head", head).code == 0
    with place.open() as project, project.resources.state.write() as db:
        db.exec_driver_sql("DROP TRIGGER audit_no_update")
        db.exec_driver_sql("UPDATE audit SET actor = 'ben' WHERE seq = 2")
    said = place.say("review", "audit")
    assert (said.code, "row 2" in said.err) == (1, True)
    assert place.say("review", "audit", "--head", "0" * 64).code == 1
