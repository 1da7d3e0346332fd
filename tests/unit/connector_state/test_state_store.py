from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from compound.connector.state import StateStore, tables
from compound.connector.state.schema.migrate import newest
from compound.connector.state.store import HEAD
from compound.errors import ConnectorError
from tests.support.data.state_stores import postgresql_url, sqlite_store


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StateStore]:
    opened = sqlite_store(tmp_path) if request.param == "sqlite" else StateStore.open(postgresql_url())
    yield opened
    opened.close()


def _add_run(db: sa.Connection, run_id: str, **values: object) -> None:
    db.execute(
        sa.insert(tables.run).values(
            run_id=run_id,
            graph_name="g",
            graph_hash="h",
            status="done",
            created_at=1.0,
            updated_at=2.5,
            **values,
        )
    )


def _runs(store: StateStore) -> list[str]:
    with store.read() as db:
        return list(db.execute(sa.select(tables.run.c.run_id).order_by(tables.run.c.run_id)).scalars())


@pytest.fixture
def migrated(store: StateStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StateStore]:
    """A store that went through every migration; others are made at once."""

    def not_created(_connection: object, _revision: str) -> bool:
        return False

    monkeypatch.setattr("compound.connector.state.store.create", not_created)
    opened = StateStore.open(tmp_path / "migrated.db" if store.dialect == "sqlite" else postgresql_url())
    yield opened
    opened.close()


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_a_new_store_is_exactly_what_migrations_make(store: StateStore, migrated: StateStore) -> None:
    def is_compared(_thing: object, name: str | None, kind: str, *_more: object) -> bool:
        return kind != "index"  # a database says expressions in words of its own

    options = {"compare_type": True, "compare_server_default": True, "include_object": is_compared}
    told: list[tuple[set[str], object]] = []
    for one in (store, migrated):
        with one.read() as db:
            assert compare_metadata(MigrationContext.configure(db, opts=options), tables.metadata) == []
            version = db.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
            told.append((_said(db), version))
    made, brought = (one[0] for one in told)
    assert (made - brought, brought - made) == (set(), set())
    assert [one[1] for one in told] == [[HEAD], [HEAD]]
    assert sum("audit_no_" in one for one in made) == 2


def _said(db: sa.Connection) -> set[str]:
    """Every index and trigger as the database says it."""
    if db.dialect.name == "sqlite":
        queries = ["SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"]
    else:
        queries = [
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
            "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
            "SELECT prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        ]
    return {" ".join(one.split()) for query in queries for one in db.exec_driver_sql(query).scalars()}


def test_a_store_stands_beside_tables_of_others(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state.db") as db:
        db.execute("CREATE TABLE theirs (a)")
    db.close()
    opened = StateStore.open(tmp_path / "state.db")
    _runs(opened)
    opened.close()


def test_head_is_the_newest_migration() -> None:
    assert newest() == HEAD


@pytest.mark.parametrize(
    "given",
    [
        {"b": [1, 2.5, None, True], "a": "ü \x00 \ud800", "n": 2**64 - 1},
        {"b": [1, 2.5, None, True], "a": "ü \x00", "n": 2**70},
        {"b": [1, 2.5, None, True], "a": " ü \x00", "n": -(2**63)},
    ],
    ids=["broken text", "a long number", "plain"],
)
def test_write_commits_and_json_comes_back_as_it_was(store: StateStore, given: dict[str, Any]) -> None:
    with store.write() as db:
        _add_run(db, "r1", input=given, output=None)
    with store.read() as db:
        row = db.execute(sa.select(tables.run)).one()
        assert row.input == given
        assert list(row.input) == ["b", "a", "n"]
        assert row.output is None
        assert db.execute(sa.select(sa.func.count()).where(tables.run.c.output.is_(None))).scalar_one() == 1
        assert (row.created_at, row.updated_at) == (1.0, 2.5)


def test_an_exception_rolls_back(store: StateStore) -> None:
    with pytest.raises(ValueError, match="no"), store.write() as db:  # noqa: PT012
        _add_run(db, "r1")
        raise ValueError("no")
    assert _runs(store) == []


def test_a_broken_constraint_is_the_callers(store: StateStore) -> None:
    with pytest.raises(IntegrityError), store.write() as db:  # noqa: PT012
        _add_run(db, "r1")
        _add_run(db, "r1")
    assert _runs(store) == []


def test_what_is_read_through_read_is_not_kept(store: StateStore) -> None:
    with store.read() as db:
        _add_run(db, "r1")
    assert _runs(store) == []


def test_a_write_in_a_write_is_told_at_once(store: StateStore) -> None:
    with pytest.raises(ConnectorError) as caught, store.write(), store.write():
        pass
    assert caught.value.code == "state.nested-write"
    with store.write() as db:
        _add_run(db, "r1")
    assert _runs(store) == ["r1"]


def test_writers_of_many_threads_wait_for_each_other(store: StateStore) -> None:
    def add_one() -> None:
        for _ in range(5):
            with store.write() as db:
                if db.dialect.name == "postgresql":
                    db.exec_driver_sql("LOCK TABLE run")
                count = db.execute(sa.select(sa.func.count()).select_from(tables.run)).scalar_one()
                _add_run(db, f"r{count:03}")

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _runs(store) == [f"r{number:03}" for number in range(20)]


def test_a_durable_write_waits_for_the_disk_whatever_came_before(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    for durable in (True, False, True, False):
        with store.write(durable=durable) as db:
            assert db.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
            assert db.exec_driver_sql("PRAGMA synchronous").scalar_one() == (2 if durable else 1)
            assert db.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 30_000
    store.close()


def test_on_a_server_only_what_need_not_be_durable_does_not_wait() -> None:
    store = StateStore.open(postgresql_url())
    for durable, setting in ((True, "on"), (False, "off"), (True, "on")):
        with store.write(durable=durable) as db:
            assert db.exec_driver_sql("SHOW synchronous_commit").scalar_one() == setting
    store.close()


def test_a_killed_process_loses_nothing_that_it_committed(tmp_path: Path) -> None:
    """Also what does not wait for the disk: the operating system has it."""
    sqlite_store(tmp_path).close()
    program = (
        "import os, signal, sys\n"
        "from compound.connector.state import StateStore, tables\n"
        "store = StateStore.open(sys.argv[1])\n"
        "for number in range(5):\n"
        "    with store.write(durable=False) as db:\n"
        "        db.execute(tables.run.insert(), {'run_id': f'r{number}', 'graph_name': 'g', 'graph_hash': 'h',\n"
        "            'status': 'running', 'created_at': 0.0, 'updated_at': 0.0})\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "state.db")], check=False)
    assert done.returncode == -signal.SIGKILL
    store = StateStore.open(tmp_path / "state.db")
    assert _runs(store) == [f"r{number}" for number in range(5)]
    store.close()


def test_opening_again_reads_the_revision_and_nothing_more(tmp_path: Path) -> None:
    """Every command opens the store: no migration is looked for, nothing is locked or written."""
    path = tmp_path / "a" / "state.db"
    StateStore.open(path).close()
    program = (
        "import json, sqlite3, sys\n"
        "from compound.connector.state import StateStore\n"
        "said = []\n"
        "class Told(sqlite3.Connection):\n"
        "    def __init__(self, *args, **kwargs):\n"
        "        super().__init__(*args, **kwargs)\n"
        "        self.set_trace_callback(said.append)\n"
        "plain = sqlite3.connect\n"
        "sqlite3.connect = sqlite3.dbapi2.connect = lambda *args, **kwargs: plain(*args, factory=Told, **kwargs)\n"
        f"StateStore.open({str(path)!r}).close()\n"
        "print(json.dumps([said, 'alembic' in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    said, has_alembic = json.loads(done.stdout)
    assert not has_alembic
    assert [text for text in said if "alembic_version" in text and text.startswith("SELECT")]
    assert [text for text in said if not text.upper().startswith(("PRAGMA", "SELECT"))] == []
    assert len(said) <= 8, said


@pytest.mark.parametrize("of", ["sqlite", "postgresql"])
def test_processes_may_open_a_new_store_together(of: str, tmp_path: Path) -> None:
    where = str(tmp_path / "new" / "state.db") if of == "sqlite" else postgresql_url()
    program = f"from compound.connector.state import StateStore; StateStore.open({where!r}).close()"
    running = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in running:
        assert (process.communicate()[1], process.returncode) == ("", 0)
    store = StateStore.open(where)
    assert _runs(store) == []
    store.close()


def test_a_locked_database_is_told_in_words(tmp_path: Path) -> None:
    sqlite_store(tmp_path).close()
    store = StateStore.open(tmp_path / "state.db", lock_timeout_s=0.05)
    other = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(ConnectorError) as caught, store.write():
        pass
    assert caught.value.code == "state.locked"
    assert "state.db is locked by another process" in str(caught.value)
    assert time.monotonic() - began < 5
    assert _runs(store) == []  # reading goes on
    other.close()
    store.close()


def test_a_full_disk_is_told_in_words_and_changes_nothing(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    with pytest.raises(ConnectorError) as caught, store.write() as db:  # noqa: PT012
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()
        db.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        _add_run(db, "r1", input="x" * 1_000_000)
    assert caught.value.code == "state.disk-full"
    assert "disk is full; nothing was changed" in caught.value.what
    assert _runs(store) == []
    store.close()


def test_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("I am a diary, not a database. " * 100)
    with pytest.raises(ConnectorError) as caught:
        StateStore.open(tmp_path / "state.db")
    assert caught.value.code == "state.not-a-database"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConnectorError) as caught:
        StateStore.open(tmp_path / "file" / "state.db")
    assert caught.value.code == "state.cannot-open"


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "://"])
def test_urls_that_are_no_store(url: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        StateStore.open(url)
    assert caught.value.code == "state.url"


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(ConnectorError) as caught:
        StateStore.open(f"postgresql://user:secret@/x?host={tmp_path}")
    assert caught.value.code == "state.unreachable"
    assert "secret" not in str(caught.value)


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    with store.write() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = 'v9_0001'")
    store.close()
    with pytest.raises(ConnectorError) as caught:
        StateStore.open(tmp_path / "state.db")
    assert caught.value.code == "state.newer"


@pytest.mark.parametrize("revision", ["0001", "0011", "v1_0001"])
def test_an_older_store_is_refused_with_what_to_do(revision: str, tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    with store.write() as db:
        db.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
    store.close()
    with pytest.raises(ConnectorError) as caught:
        StateStore.open(tmp_path / "state.db")
    assert caught.value.code == "state.older"
    assert revision in caught.value.what
    assert "move the store away" in caught.value.fix


def test_a_url_of_sqlite(tmp_path: Path) -> None:
    store = StateStore.open(f"sqlite:///{tmp_path}/x.db")
    assert store.dialect == "sqlite"
    assert (tmp_path / "x.db").exists()
    store.close()
