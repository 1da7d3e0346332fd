"""The behaviour table: every scenario of behaviour/*.yaml, run through the engine with fakes.

Each is run twice at the same time: from YAML with asynchronous tools in one event loop, and from the Python builder with
tools that block, by a caller who opens an engine for each step.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from pydantic import JsonValue

from compound import to_python
from compound.connector.state import StateStore
from compound.connector.target import EffectCall
from compound.effect.types import EffectResult, EffectStatus
from compound.errors import CompoundError, ConnectorError, ModelError
from compound.graph import Engine, RunResult
from compound.spec import GraphSpec, load_graph
from compound.spec.policy_file import PolicyFile
from compound.spec.yaml.reading import read_yaml_file
from compound.spec.yaml.writing import write_yaml
from compound.testing.fakes import FakeServices
from compound.tool import tool

FOLDER = Path(__file__).parent / "behaviour"
Record = dict[str, Any]


def scenarios() -> list[Any]:
    found: list[Any] = []
    for file in sorted(FOLDER.glob("*.yaml")):
        for one in cast("list[Record]", read_yaml_file(file).data):
            found.append(pytest.param(one, id=f"{file.stem}: {one['name']}"))
    return found


@dataclass
class Script:
    """A function that does what a scenario says, and counts."""

    says: Record
    blocks: bool = False
    calls: int = 0
    others: Mapping[str, Script] = field(default_factory=dict[str, "Script"])

    async def __call__(self, inputs: Mapping[str, Any]) -> Any:
        self.calls += 1
        await self._until()
        if not self.blocks:
            await anyio.sleep(self._sleep_s(self.calls))
            return self._answer(self.calls, inputs)

        @tool(blocking=True)
        def blocking(call: int) -> JsonValue:
            time.sleep(self._sleep_s(call))
            return self._answer(call, inputs)

        return await blocking.call({"call": self.calls})

    async def _until(self) -> None:
        """Wait until other functions were called so often: what a program with barriers never gets to."""
        with anyio.fail_after(30):
            for name, count in self.says.get("until", {}).items():
                while self.others[name].calls < count:  # noqa: ASYNC110 - nobody sets an event for a counter
                    await anyio.sleep(0.005)

    def _sleep_s(self, call: int) -> float:
        sleeps = self.says.get("sleeps") or [self.says.get("sleep", 0)]
        return sleeps[min(call, len(sleeps)) - 1]

    def _answer(self, call: int, inputs: Mapping[str, Any]) -> Any:
        if "fail" in self.says and call <= self.says.get("times", 10**6):
            raise self._error()
        values = self.says.get("values")
        if values is not None:
            return values[min(call, len(values)) - 1]
        return self.says["value"] if "value" in self.says else dict(inputs)

    def _error(self) -> Exception:
        match self.says["fail"]:
            case "model":
                return ModelError("model.fake", "no", retryable=self.says.get("retryable", False))
            case "connector":
                return ConnectorError("connector.fake", "no")
            case _:
                return ZeroDivisionError("a bug")


@dataclass
class World:
    """One scenario while it runs."""

    says: Record
    folder: Path
    is_python: bool
    scripts: dict[str, Script] = field(default_factory=dict[str, Script])
    changed: Record | None = None

    def __post_init__(self) -> None:
        self.scripts = {"it": Script({}), "send": Script({})}
        for name, what in self.says.get("models", {}).items():
            self.scripts[name] = Script(what)
        for name, what in self.says.get("tools", {}).items():
            self.scripts[name] = Script(what, blocks=self.is_python, others=self.scripts)
        functions = cast("dict[str, Callable[..., Awaitable[Any]]]", self.scripts)
        self.services = FakeServices(
            functions,
            models=functions,
            graphs={name: self.spec(name, {"version": 1, **graph}) for name, graph in self.graphs().items()},
            retrievers={
                "handbook": lambda r: [{"query": r.query, "top_k": r.top_k, "where": dict(r.where or {})}],
            },
        )
        for name, effects in self.says.get("policies", {}).items():
            data = {"compound": "policy/v1", "name": name, "effects": effects}
            self.services.policies[name] = PolicyFile.model_validate(data)
        for name, code in self.says.get("refuse", {}).items():
            call = EffectCall(name=name, arguments={})
            refused = EffectResult(call=call, status=EffectStatus.REFUSED, error={"code": code})
            self.services.fake_outbox.answers[name] = refused
        self.state = StateStore.open(self.folder / "state.db")

    def graphs(self) -> dict[str, Record]:
        return cast("dict[str, Record]", self.says.get("graphs", {}))

    def spec(self, name: str, rest: Record) -> GraphSpec:
        data: Record = {"compound": "graph/v1", "name": name, "input": {"x": "json?", "y": "json?"}, **rest}
        spec = load_graph(write_yaml(data), f"graphs/{name}.yaml")
        if not self.is_python:
            return spec
        names: dict[str, Any] = {}
        exec(compile(to_python(spec), f"graphs/{name}.py", "exec"), names)
        return names["graph"].build()

    def graph(self) -> GraphSpec:
        says = {**self.says, **(self.changed or {})}
        keys = ("output", "nodes", "budget", "types", "context", "on_change", "migrations", "policy")
        rest = {key: says[key] for key in keys if key in says}
        if "declares" in says:
            rest["input"] = says["declares"]
        return self.spec("scenario", {"version": 1 if self.changed is None else 2, **rest})

    def engine(self) -> Engine:
        # A scenario without boundaries needs no store: the fast way is then what is tested.
        nodes = [one for graph in (self.says, *self.graphs().values()) for one in _all(graph["nodes"])]
        asks = any(node.get("map", {}).get("on_error") == "review" for node in nodes)
        if asks or {node.get("use") for node in nodes} & {"review", "effect"}:
            return Engine(self.graph(), self.services, None, self.state, self.folder / "checkpoints.db")
        return Engine(self.graph(), self.services)


def _all(nodes: Record) -> list[Record]:
    """The nodes, and those in their blocks."""
    return [one for node in nodes.values() for one in (node, *_all(node.get("nodes", {})))]


@pytest.mark.parametrize("says", scenarios())
def test_behaviour(says: Record, tmp_path: Path) -> None:
    ways = {"yaml, async": _async_caller, "python, sync": _sync_caller}
    with ThreadPoolExecutor(len(ways)) as threads:
        played = {way: threads.submit(play, says, tmp_path / way) for way, play in ways.items()}
    for way, one in played.items():
        if error := one.exception():
            error.add_note(f"from {way}")
            raise error


def _async_caller(says: Record, folder: Path) -> None:
    """One engine in one event loop, as a server has it; opened anew only where the scenario says so."""

    async def play(world: World) -> None:
        engine = await world.engine().__aenter__()
        try:
            await _begin(world, engine)
            for step in says.get("then", []):
                if "restart" in step or "change" in step:
                    await engine.__aexit__(None, None, None)
                    world.changed = step.get("change", world.changed)
                    engine = await world.engine().__aenter__()
                await _step(world, engine, step)
        finally:
            await engine.__aexit__(None, None, None)

    folder.mkdir()
    world = World(says, folder, is_python=False)
    try:
        asyncio.run(play(world))
    finally:
        world.state.close()


def _sync_caller(says: Record, folder: Path) -> None:
    """A caller without an event loop, as the command line is one: each step has an engine and a loop of its own."""

    async def once(do: Callable[[Engine], Awaitable[None]]) -> None:
        async with world.engine() as engine:
            await do(engine)

    folder.mkdir()
    world = World(says, folder, is_python=True)
    try:
        anyio.run(once, partial(_begin, world))
        for step in says.get("then", []):
            world.changed = step.get("change", world.changed)
            anyio.run(once, partial(_step, world, step=step))
    finally:
        world.state.close()


async def _begin(world: World, engine: Engine) -> None:
    says = world.says
    result = await engine.run(says.get("input", {}), run_id="run-1", until=says.get("until", "end"))
    _compare(world, result, says["expect"])


async def _step(world: World, engine: Engine, step: Record) -> None:
    for node, decision in step.get("decide", {}).items():
        fields = {name: value for name, value in decision.items() if name != "action"}
        world.services.fake_reviews.decide(f"run-1/{node}", decision["action"], **fields)
    run_id = step.get("run_id", "run-1")

    async def go() -> RunResult:
        if step.get("run"):
            return await engine.run(step.get("input", world.says.get("input", {})), run_id=run_id)
        return (await asyncio.gather(*(engine.resume(run_id) for _ in range(int(step["resume"])))))[-1]

    if "raises" in step:
        with pytest.raises(CompoundError) as caught:
            await go()
        assert caught.value.code == step["raises"]
    else:
        _compare(world, await go(), step["expect"])


def _compare(world: World, result: RunResult, expect: Record) -> None:
    seen: Record = {
        "status": result.status,
        "output": result.output,
        "waiting": len(result.review_ids),
        "failures": {name: error.code for name, error in result.failures.items()},
        "sent": [[name, dict(args)] for name, args in world.services.fake_outbox.sent],
        "auto": dict(result.auto),
        "values_in_order": list(result.values),
    }
    assert result.status == expect["status"], result.error or result
    for name in seen.keys() & expect.keys():
        assert seen[name] == expect[name], name
    for name, value in expect.get("values", {}).items():
        assert result.values[name] == value
    if "judged" in expect:
        log = world.services.policy_log
        assert [[one["effect"], one["code"] or "allowed", one["actor"]] for one in log] == expect["judged"]
    for node, shown in expect.get("shown", {}).items():
        assert world.services.fake_reviews.requests[f"{result.run_id}/{node}"].shown == shown
    if "skipped" in expect:
        assert set(result.skipped) == set(expect["skipped"]), result.skipped
    if "order" in expect:
        assert [name for name in result.values if name in expect["order"]] == expect["order"]
    if "says" in expect:
        assert expect["says"] in str(result.error)
    for name, value in expect.get("output_has", {}).items():
        assert result.output is not None
        assert result.output[name] == value
    for name, count in expect.get("calls", {}).items():
        assert world.scripts[name].calls == count, name


def test_table_is_large_enough() -> None:
    assert len(scenarios()) >= 60
