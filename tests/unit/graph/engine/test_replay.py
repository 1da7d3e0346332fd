"""A recorded run, run again: nothing that did not change is paid for again, and nothing takes effect."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from compound.connector.state import StateStore
from compound.errors import ProjectError
from compound.graph import Engine, ReplayResult, RunResult
from compound.graph.run.replay import Recording
from compound.spec.graph_text import build_graph
from compound.testing.fakes import FakeServices
from tests.support.tracing import in_memory

NODES: dict[str, Any] = {
    "facts": {"use": "tool", "tool": "facts", "in": {"x": "$input.x"}},
    "draft": {"use": "llm", "model": "writer", "prompt": "write", "in": {"facts": "$facts"}},
    "tags": {
        "map": {"each": "$facts.list"},
        "nodes": {"tag": {"use": "llm", "model": "tagger", "prompt": "tag", "in": {"item": "$item"}}},
        "out": "$tag",
    },
    "ok": {"use": "review", "show": ["$draft"]},
    "send": {"use": "effect", "tool": "send", "when": "ok.action != 'reject'", "in": {"text": "$draft"}},
}


class World:
    """One graph, recorded once."""

    def __init__(self, folder: Path) -> None:
        self.services = FakeServices(
            {"facts": lambda _: {"list": ["a", "b"], "n": 1}},
            models={"writer": lambda i: f"about {i['facts']['n']}", "tagger": lambda i: f"tag {i['item']}"},  # type: ignore[index]
        )
        self.folder = folder
        self.store, self.recorder = in_memory()
        self.state = StateStore.open(folder / "state.db")

    def engine(self, nodes: Mapping[str, Any] | None = None) -> Engine:
        data: dict[str, Any] = {
            "compound": "graph/v1",
            "name": "g",
            "input": {"x": "str"},
            "nodes": dict(nodes or NODES),
        }
        spec = build_graph({**data, "output": {"draft": "$draft", "tags": "$tags", "sent": "$send?"}})
        return Engine(spec, self.services, self.recorder, self.state, self.folder / "checkpoints.db")

    async def record(self) -> RunResult:
        async with self.engine() as engine:
            await engine.run({"x": "hi"}, run_id="run-1")
            self.services.fake_reviews.decide("run-1/ok", "approve")
            return await engine.resume("run-1")

    async def replay(self, nodes: Mapping[str, Any] | None = None, **options: Any) -> ReplayResult:
        async with self.engine(nodes) as engine:
            return await engine.replay({"x": "hi"}, Recording.of(self.store, "run-1"), run_id="again", **options)


def play(folder: Path, nodes: Mapping[str, Any] | None = None, **options: Any) -> tuple[World, RunResult, ReplayResult]:
    world = World(folder)
    first = asyncio.run(world.record())
    world.services.fake_gateway.calls.clear()
    world.services.fake_gateway.journal.clear()
    try:
        return world, first, asyncio.run(world.replay(nodes, **options))
    finally:
        world.state.close()


def test_an_unchanged_graph_replays_without_a_call_and_gives_the_same(tmp_path: Path) -> None:
    world, first, again = play(tmp_path)
    assert again.run.output == first.output
    assert again.run.status == "done"
    assert world.services.fake_gateway.calls == []
    assert set(again.sources.values()) == {"recorded"}
    assert again.changed == ()
    assert len(world.services.fake_outbox.sent) == 1


def test_a_changed_node_runs_and_only_what_follows_it(tmp_path: Path) -> None:
    draft = {**NODES["draft"], "prompt": "write better", "model": "tagger", "in": {"item": "$facts"}}
    world, _, again = play(tmp_path, {**NODES, "draft": draft})
    assert [request.model for _, request in world.services.fake_gateway.calls] == ["tagger"]
    assert again.sources["draft"] == "ran"
    assert again.sources["tags[0].tag"] == "recorded"
    assert again.changed == ("draft",)
    assert again.stopped_at == ("ok",)
    assert len(world.services.fake_outbox.sent) == 1


def test_a_swapped_value_stands_in_for_its_node(tmp_path: Path) -> None:
    world, _, again = play(tmp_path, swaps={"facts": {"list": ["a", "z"], "n": 1}})
    assert again.sources["facts"] == "swapped"
    assert again.run.values["tags"] == ["tag a", "tag z"]
    asked = [request.inputs for _, request in world.services.fake_gateway.calls]
    assert {"item": "a"} not in asked
    assert {"item": "z"} in asked


def test_fresh_runs_tools_again_and_pays_for_no_equal_call(tmp_path: Path) -> None:
    world, first, again = play(tmp_path, mode="fresh")
    assert again.sources["facts"] == "ran"
    assert again.sources["draft"] == "recorded"
    assert world.services.fake_gateway.calls == []
    assert again.run.output == first.output


def test_a_swap_of_no_node_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="unknown node 'fact'"):
        play(tmp_path, swaps={"fact": 1})


def test_spans_of_a_replay_say_so(tmp_path: Path) -> None:
    world, _, _ = play(tmp_path)
    rows = [row for row in world.store.rows() if row["run_id"] == "again"]
    assert rows
    assert all(row.get("is_replay") for row in rows)
