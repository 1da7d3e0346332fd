"""Elements of a map in an engine: drafted again one by one, and again when what they were made from changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio

from compound.connector.state import StateStore
from compound.graph import Engine
from compound.spec import GraphSpec, load_graph
from compound.testing.fakes import FakeServices

GRAPH = """\
compound: graph/v1
name: g
input: {x: json}
nodes:
  made: {use: tool, tool: plan, in: {v: $input.x}}
  whole: {use: review, show: [$made]}
  m:
    map: {each: $made, as: one}
    nodes:
      draft: {use: tool, tool: draft, in: {v: $one, told: $run.instruction}}
      ask: {use: review, show: [$draft]}
      send: {use: effect, tool: send, when: ask.action == 'approve', in: {v: $draft}}
    out: {v: $draft, a: $ask.action}
output: {m: $m, w: $whole.action}
"""


class World:
    def __init__(self, folder: Path) -> None:
        self.calls: list[str] = []
        self.plan: list[str] = ["a", "b"]
        self.services = FakeServices({"plan": self._plan, "draft": self._draft})
        self.state = StateStore.open(folder / "state.db")
        self.folder = folder

    async def _plan(self, inputs: Any) -> Any:
        return list(self.plan)

    async def _draft(self, inputs: Any) -> Any:
        self.calls.append(inputs["v"])
        return f"{inputs['v']}{len(self.calls)}{inputs['told'] or ''}"

    def engine(self) -> Engine:
        return Engine(self.spec(), self.services, None, self.state, self.folder / "checkpoints.db")

    def spec(self) -> GraphSpec:
        return load_graph(GRAPH, "graphs/g.yaml")

    def shown(self, node: str) -> Any:
        return self.services.fake_reviews.requests[f"r/{node}"].shown


def test_only_the_element_is_drafted_again(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def go() -> None:
        async with world.engine() as engine:
            first = await engine.run({"x": 1}, run_id="r")
            assert len(first.review_ids) == 3
            world.services.fake_reviews.instructions["r/m[1]."] = " shorter"
            again = await engine.redraft("r", "m[1].ask")
            assert (again.status, len(again.review_ids), world.calls) == ("waiting_review", 3, ["a", "b", "b"])
            world.services.fake_reviews.decide("r/m[1].ask", "approve")
            await engine.resume("r")
            assert world.services.fake_outbox.sent == [("send", {"v": "b3 shorter"})]

    anyio.run(go)


def test_elements_follow_what_they_were_made_from(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def go() -> None:
        async with world.engine() as engine:
            await engine.run({"x": 1}, run_id="r")
            world.services.fake_reviews.decide("r/m[0].ask", "approve")
            await engine.resume("r")
            world.plan = ["a", "c"]
            again = await engine.redraft("r", "whole")
            assert again.status == "waiting_review"
            # The first one is as it was, and was sent; the second one has another item.
            assert (world.calls, world.shown("m[1].ask")) == (["a", "b", "c"], {"draft": "c3"})
            assert world.services.fake_outbox.sent == [("send", {"v": "a1"})]
            for node in ("whole", "m[1].ask"):
                world.services.fake_reviews.decide(f"r/{node}", "approve")
            done = await engine.resume("r")
            assert done.output == {"m": [{"v": "a1", "a": "approve"}, {"v": "c3", "a": "approve"}], "w": "approve"}
            assert world.services.fake_outbox.sent == [("send", {"v": "a1"}), ("send", {"v": "c3"})]

    anyio.run(go)


def test_a_person_s_change_of_an_item_reaches_the_effect_of_that_item(tmp_path: Path) -> None:
    from compound.graph.engine.rehearsing import Trial

    text = GRAPH.replace(
        "send, when: ask.action == 'approve', in: {v: $draft}",
        "send, when: ask.action != 'reject', in: {v: $ask.text ?? $draft}",
    )
    text = text.replace(
        "ask: {use: review, show: [$draft]}",
        "ask: {use: review, show: [$draft], decide: {edit: {text: str}, reject: {}}}",
    )
    world = World(tmp_path)

    async def go() -> None:
        async with Engine(
            load_graph(text, "graphs/g.yaml"), world.services, None, world.state, tmp_path / "c.db"
        ) as engine:
            await engine.run({"x": 1}, run_id="r")
            trial = Trial(action="edit", fields={"text": "mine"}, given=frozenset({"text"}), actor="ann")
            made = await engine.rehearse("r", "m[1].ask", trial)
            assert [(one.node, one.arguments) for one in made.effects] == [("m[1].send", {"v": "mine"})]
            assert (made.request.node, made.request.covers, made.amends) == (
                "m[1].ask",
                ("m[1].send",),
                {"draft": "mine"},
            )

    anyio.run(go)


def test_a_shorter_list_ends_with_its_own_elements(tmp_path: Path) -> None:
    world = World(tmp_path)

    async def go() -> None:
        async with world.engine() as engine:
            await engine.run({"x": 1}, run_id="r")
            world.plan = ["a"]
            again = await engine.redraft("r", "whole")
            assert len(again.review_ids) == 2
            assert "r/m[1].ask" not in world.services.fake_reviews.requests
            for node in ("whole", "m[0].ask"):
                world.services.fake_reviews.decide(f"r/{node}", "reject")
            done = await engine.resume("r")
            assert done.output == {"m": [{"v": "a1", "a": "reject"}], "w": "reject"}

    anyio.run(go)
