from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from compound.connector.state import StateStore, tables
from compound.connector.state.audit import append_audit, verify_audit
from compound.connector.state.digest import canonical, digest
from compound.connector.state.owner import is_gone, this_owner
from compound.errors import ConnectorError
from tests.support.data.state_stores import postgresql_url, sqlite_store


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StateStore]:
    opened = sqlite_store(tmp_path) if request.param == "sqlite" else StateStore.open(postgresql_url())
    for number in range(5):
        with opened.write() as db:
            append_audit(
                db,
                "x.happened",
                at=0.1 * number,
                actor="ann",
                subject=f"i{number}",
                details={"b": 1.5, "a": "ü"},
            )
    yield opened
    opened.close()


def _drop_guards(db: sa.Connection) -> None:
    on = " ON audit" if db.dialect.name == "postgresql" else ""
    for change in ("update", "delete"):
        db.exec_driver_sql(f"DROP TRIGGER audit_no_{change}{on}")


def test_a_whole_log_is_good(store: StateStore) -> None:
    report = verify_audit(store)
    assert (report.ok, report.rows) == (True, 5)
    assert verify_audit(store, expected_head=report.head).ok


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'bob'", "DELETE FROM audit"])
def test_rows_cannot_be_changed(store: StateStore, change: str) -> None:
    with (
        pytest.raises((IntegrityError, ConnectorError), match="audit rows never change"),
        store.write() as db,
    ):
        db.exec_driver_sql(change)
    assert verify_audit(store).rows == 5


@pytest.mark.parametrize(
    ("change", "at", "problem"),
    [
        ("UPDATE audit SET actor = 'bob' WHERE seq = 3", 3, "content"),
        ("UPDATE audit SET at = 9 WHERE seq = 1", 1, "content"),
        ("UPDATE audit SET details = '{}' WHERE seq = 5", 5, "content"),
        ("DELETE FROM audit WHERE seq = 2", 3, "row 2 is missing"),
        ("UPDATE audit SET prev_hash = 'x' WHERE seq = 2", 2, "link"),
    ],
)
def test_a_change_behind_the_guards_is_found(store: StateStore, change: str, at: int, problem: str) -> None:
    with store.write() as db:
        _drop_guards(db)
        db.exec_driver_sql(change)
    report = verify_audit(store)
    assert (report.ok, report.broken_at) == (False, at)
    assert problem in report.problem


def test_a_cut_end_is_found_with_a_kept_head(store: StateStore) -> None:
    head = verify_audit(store).head
    with store.write() as db:
        _drop_guards(db)
        db.exec_driver_sql("DELETE FROM audit WHERE seq = 5")
    assert verify_audit(store).ok
    report = verify_audit(store, expected_head=head)
    assert (report.ok, report.problem) == (False, "rows are missing at the end")


def test_an_empty_log_is_good(tmp_path: Path) -> None:
    store = sqlite_store(tmp_path)
    assert verify_audit(store).ok
    with store.read() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(tables.audit)).scalar_one() == 0
    store.close()


@settings(max_examples=25)
@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner))
)
def test_equal_values_have_equal_hashes(value: object) -> None:
    turned = dict(reversed(value.items())) if isinstance(value, dict) else value
    assert canonical(turned) == canonical(value)
    assert len(digest(value)) == 64


def test_this_process_lives() -> None:
    assert not is_gone(this_owner())
    assert is_gone(None)
    assert is_gone("")


def test_a_process_of_another_machine_may_live() -> None:
    assert not is_gone("elsewhere|1|1")


def test_a_killed_process_is_gone() -> None:
    program = "from compound.connector.state.owner import this_owner; print(this_owner(), flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    owner = process.stdout.readline().strip()
    assert not is_gone(owner)
    process.kill()
    # a killed process that nobody has waited for is dead too
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(owner)
    process.wait()
    assert is_gone(owner)
    process.stdin.close()
    process.stdout.close()


def test_a_process_id_that_was_used_again_is_gone() -> None:
    host, pid, started = this_owner().split("|")
    assert is_gone(f"{host}|{pid}|{int(started) - 1}")
