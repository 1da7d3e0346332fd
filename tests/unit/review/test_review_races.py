"""Two real processes at one item at the same moment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from compound.connector.state import StateStore
from compound.review.queue.queue import ReviewQueue
from compound.review.stored.types import Draft, NewReview
from tests.support.data.state_stores import postgresql_url, sqlite_store

DECIDER = """
import json, sys
from compound.connector.state import StateStore
from compound.errors import ConflictError
from compound.review.queue.queue import ReviewQueue
where, review_id, user, action = sys.argv[1:]
queue = ReviewQueue(StateStore.open(where))
print("ready", flush=True)
sys.stdin.readline()
try:
    decision = queue.decide(review_id, action, user=user, version=1, reason="tone")
    print(json.dumps({"won": decision.actor}))
except ConflictError as error:
    print(json.dumps({"code": error.code, "what": error.what}))
try:
    claim = queue.claim_resume(review_id)
    print(json.dumps({"resumes": claim.decision.action}), flush=True)
    sys.stdin.readline()
    queue.finish_resume(claim)
except ConflictError as error:
    print(json.dumps({"code": error.code}), flush=True)
"""


def _decider(where: str, review_id: str, user: str, action: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DECIDER, where, review_id, user, action],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("of", ["sqlite", "postgresql"])
def test_approve_against_reject(of: str, tmp_path: Path) -> None:
    if of == "sqlite":
        where, store = str(tmp_path / "state.db"), sqlite_store(tmp_path)
    else:
        where = postgresql_url()
        store = StateStore.open(where)
    queue = ReviewQueue(store)
    item = queue.open_review(NewReview(run_id="r", node="review", draft=Draft(text="hi")))
    actions = {"ann": "approve", "bob": "reject"}
    running = [_decider(where, item.review_id, user, action) for user, action in actions.items()]
    said: list[dict[str, str]] = []
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        assert process.stdout is not None
        said += [json.loads(process.stdout.readline()), json.loads(process.stdout.readline())]
    for process in running:
        process.communicate("end\n")
    (decision,) = queue.decisions(item.review_id)
    (winner,) = [line["won"] for line in said if "won" in line]
    assert (decision.actor, decision.action) == (winner, actions[winner])
    (loser,) = [line for line in said if "what" in line]
    assert loser["code"] == "review.decided"
    assert f"{winner} chose {actions[winner]!r} at 20" in loser["what"]
    assert [line["resumes"] for line in said if "resumes" in line] == [decision.action]
    assert queue.verify_audit().ok
    store.close()
