"""The worker of a server: one attempt at a time, rests after failures, errors that stop nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from compound.errors import CompoundError, ConflictError, ConnectorError
from compound.web import worker
from compound.web.worker import Worker


class Reviews:
    """The review service as a worker uses it."""

    def __init__(self, *ends: Exception | bool) -> None:
        self.ends: list[Exception | bool] = [*ends]
        self.resumed: list[str] = []

    def keep_up(self) -> Sequence[str]:
        return ["r-1"] if self.ends else []

    def resume(self, review_id: str) -> Any:
        self.resumed.append(review_id)
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return SimpleNamespace(ok=end, is_back=False)


def started(reviews: Reviews, *chores: Callable[[], object]) -> Worker:
    made = Worker(cast("Any", SimpleNamespace(reviews=lambda: reviews)), chores)
    made.start()
    return made


def wait_for(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "TICK_S", 0.01)
    monkeypatch.setattr(worker, "REST_S", 0.03)


@pytest.mark.parametrize("end", [ConnectorError("target.down", "no answer"), RuntimeError("a defect"), False])
def test_what_failed_is_tried_again_after_a_rest(end: Exception | bool) -> None:
    reviews = Reviews(end, end, True)
    began = time.monotonic()
    made = started(reviews)
    wait_for(lambda: len(reviews.resumed) == 3)
    assert time.monotonic() - began >= 0.09, "0.03 s, then twice as long"
    made.stop(wait_s=5)


def test_what_another_process_does_is_no_failure() -> None:
    reviews = Reviews(ConflictError("review.resume-running", "another process"), True)
    made = started(reviews)
    wait_for(lambda: len(reviews.resumed) == 2)
    made.stop(wait_s=5)


def test_a_caller_learns_how_it_ended() -> None:
    reviews = Reviews()
    made = started(reviews)
    reviews.ends = [True]
    assert made.soon("r-1").result(timeout=5).ok
    reviews.ends = [ConnectorError("target.down", "no answer"), True]
    with pytest.raises(CompoundError, match="no answer"):
        made.soon("r-1").result(timeout=5)
    made.stop(wait_s=5)


def test_a_chore_that_fails_stops_no_other() -> None:
    def fails() -> None:
        raise RuntimeError("a defect")

    did: list[int] = []
    made = started(Reviews(), fails, lambda: did.append(1))
    wait_for(lambda: len(did) >= 2)
    assert made.is_alive
    made.stop(wait_s=5)
    assert not made.is_alive
