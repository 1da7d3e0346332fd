"""A run is drafted again: fresh facts up to the review, and what other decisions rest on stays."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compound.connector.state import StateStore
from compound.errors import ConflictError, RunError
from compound.graph import Engine, RunResult
from compound.graph.store.saver import CheckpointFile
from compound.spec import GraphSpec, load_graph
from compound.testing.fakes import FakeServices

if TYPE_CHECKING:
    from pydantic import JsonValue

ONE = """\
compound: graph/v1
name: one
input: {text: str}
output: {action: $review.action, sent: $send?}
nodes:
  stock: {use: tool, tool: stock, in: {}}
  draft: {use: llm, model: writer, prompt: "say {{ stock }}", in: {stock: $stock}}
  review: {use: review, show: [$draft]}
  send: {use: effect, tool: send, when: review.action != 'reject', in: {text: $draft}}
"""

TWO = """\
compound: graph/v1
name: two
input: {text: str}
output: {first: $first.action, second: $second.action}
nodes:
  price: {use: tool, tool: price, in: {}}
  first: {use: review, show: [$price]}
  refund: {use: effect, tool: refund, when: first.action != 'reject', in: {amount: $price}}
  stock: {use: tool, tool: stock, in: {after: $refund}}
  second: {use: review, show: [$stock]}
  send: {use: effect, tool: send, when: second.action != 'reject', in: {text: $stock}}
"""


class World:
    """Facts that change, and what was made of them."""

    def __init__(self) -> None:
        self.facts: dict[str, JsonValue] = {"stock": 3, "price": 10}
        self.looked: list[str] = []
        self.services = FakeServices(
            {name: self._look(name) for name in self.facts}, models={"writer": lambda given: f"{given['stock']} left"}
        )

    def _look(self, name: str) -> Any:
        def look(given: Mapping[str, JsonValue]) -> JsonValue:
            self.looked.append(name)
            return self.facts[name]

        return look

    def shown(self, item: str) -> Any:
        return dict(self.services.fake_reviews.requests[item].shown)


def graph(text: str) -> GraphSpec:
    return load_graph(text, "g.yaml")


@pytest.fixture
def world() -> World:
    return World()


def test_a_new_draft_is_made_from_the_facts_as_they_are_now(world: World) -> None:
    async def play() -> RunResult:
        async with Engine(graph(ONE), world.services) as engine:
            await engine.run({"text": "x"}, run_id="r")
            world.facts["stock"] = 2
            again = await engine.redraft("r", "review")
            assert (again.status, again.review_ids) == ("waiting_review", ("r/review",))
            assert again.values["draft"] == "2 left"
            world.services.fake_reviews.decide("r/review", "approve")
            return await engine.resume("r")

    result = asyncio.run(play())
    assert result.status == "done"
    assert world.services.fake_outbox.sent == [("send", {"text": "2 left"})]
    assert world.looked == ["stock", "stock"]


def test_the_queue_is_told_that_it_is_a_redraft_and_who_may_decide_it(world: World) -> None:
    async def play() -> list[str]:
        told: list[str] = []
        async with Engine(graph(ONE), world.services) as engine:
            await engine.run({"text": "x"}, run_id="r")
            for decides in ("ask", "auto"):
                told.append(world.services.fake_reviews.requests.pop("r/review").redraft)
                await engine.redraft("r", "review", decides=decides)
            return [*told, world.services.fake_reviews.requests["r/review"].redraft]

    assert asyncio.run(play()) == ["no", "ask", "auto"]


def test_what_another_decision_rests_on_stays(world: World) -> None:
    async def play() -> RunResult:
        async with Engine(graph(TWO), world.services) as engine:
            await engine.run({"text": "x"}, run_id="r")
            world.services.fake_reviews.decide("r/first", "approve")
            await engine.resume("r")
            world.facts |= {"price": 99, "stock": 1}
            again = await engine.redraft("r", "second")
            assert again.review_ids == ("r/second",)
            world.services.fake_reviews.decide("r/second", "approve")
            return await engine.resume("r")

    result = asyncio.run(play())
    assert result.output == {"first": "approve", "second": "approve"}
    assert world.looked == ["price", "stock", "stock"]
    assert world.services.fake_outbox.sent == [("refund", {"amount": 10}), ("send", {"text": 1})]


def test_a_run_that_is_done_or_unknown_is_not_drafted_again(world: World) -> None:
    async def play() -> None:
        async with Engine(graph(ONE), world.services) as engine:
            await engine.run({"text": "x"}, run_id="r")
            world.services.fake_reviews.decide("r/review", "reject")
            await engine.resume("r")
            with pytest.raises(ConflictError, match="is done") as done:
                await engine.redraft("r", "review")
            assert done.value.code == "graph.run-done"
            with pytest.raises(RunError, match="no run"):
                await engine.redraft("nobody", "review")

    asyncio.run(play())


def test_a_crash_at_any_commit_of_a_redraft_leaves_a_run_that_waits(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[Path] = []
    original = CheckpointFile.cursor

    @contextmanager
    def cursor(self: CheckpointFile, transaction: bool = True) -> Generator[sqlite3.Cursor]:
        with original(self, transaction) as opened:
            yield opened
        if not transaction:
            return
        copy = tmp_path / f"left-{len(left)}"
        copy.mkdir()
        for name in ("state.db", "c.db"):
            with closing(sqlite3.connect(tmp_path / name)) as now, closing(sqlite3.connect(copy / name)) as then:
                now.backup(then)
        left.append(copy)

    async def redraft(store: StateStore) -> None:
        async with Engine(graph(ONE), world.services, None, store, tmp_path / "c.db") as engine:
            await engine.run({"text": "x"}, run_id="r")
            world.facts["stock"] = 2
            with monkeypatch.context() as patched:
                patched.setattr(CheckpointFile, "cursor", cursor)
                await engine.redraft("r", "review")

    async def go_on(folder: Path, store: StateStore) -> tuple[str, object]:
        async with Engine(graph(ONE), world.services, None, store, folder / "c.db") as engine:
            waiting = await engine.resume("r")
            assert waiting.status == "waiting_review", folder.name
            again = await engine.redraft("r", "review")
            return again.status, again.values.get("draft")

    state = StateStore.open(tmp_path / "state.db")
    asyncio.run(redraft(state))
    state.close()
    assert len(left) >= 5
    for folder in left:
        again = StateStore.open(folder / "state.db")
        assert asyncio.run(go_on(folder, again)) == ("waiting_review", "2 left"), folder.name
        again.close()
