"""What scenarios cannot say: spans, gates, input, journal after a crash, plans, pictures."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from compound.connector.state import StateStore
from compound.errors import ConflictError, ConnectorError, DataError, ProjectError
from compound.graph import Engine
from compound.graph.drawing.layout import place
from compound.graph.drawing.mermaid import draw
from compound.graph.drawing.picture import picture
from compound.graph.drawing.svg import draw_svg
from compound.graph.planning.planning import plan
from compound.graph.store.locks import run_lock
from compound.graph.store.saver import CheckpointFile
from compound.spec import GraphSpec, load_graph
from compound.testing.fakes import FakeServices
from tests.support.tracing import in_memory

REVIEWED = """\
compound: graph/v1
name: reviewed
input: {text: str}
context: {tenant: str?}
output: {action: $review.action}
nodes:
  side: {use: tool, tool: it, when: "input.text == 'never'", in: {}}
  draft: {use: llm, model: writer, prompt: "say {{ text }}", in: {text: $input.text}}
  review: {use: review, show: [$draft, $side]}
  send: {use: effect, tool: send, when: review.action == 'approve', in: {text: $draft}}
"""


def reviewed() -> GraphSpec:
    return load_graph(REVIEWED, "reviewed.yaml")


def services() -> FakeServices:
    return FakeServices({"it": dict}, models={"writer": lambda given: f"dear {given['text']}"})


def test_spans_of_a_pause_and_its_resume() -> None:
    world = services()
    store, recorder = in_memory()

    async def play() -> None:
        async with Engine(reviewed(), world, recorder) as engine:
            result = await engine.run({"text": "x"}, run_id="r", thread_id="t", example_id="e")
            world.fake_reviews.decide(result.review_ids[0], "approve")
            await engine.resume("r")

    asyncio.run(play())
    recorder.flush()
    rows = store.sql(
        "select name, status_code, attributes, review_decision, input_sha256 is not null, run_id, thread_id, trace_id"
        " from spans order by start_time_unix_nano, name"
    ).rows
    recorder.close()
    names = [str(row[0]) for row in rows]
    assert sorted(names) == sorted(
        ["invoke_workflow reviewed", "node side", "node draft", "node review"]
        + ["invoke_workflow reviewed", "node review", "node send"]
    )
    assert {row[1] for row in rows} == {"OK"}, "a pause is not an error"
    assert {row[5] for row in rows} == {"r"}
    assert len({row[7] for row in rows}) == 1, "a pause and its resume are one trace"
    attributes = " ".join(str(row[2]) for row in rows)
    assert "skipped" in attributes
    assert "waits for review" in attributes
    assert [row[3] for row in rows if row[3]] == ["approve"]


def test_the_gate_is_awaited_once_before_the_first_delivery() -> None:
    world, order = services(), list[str]()
    text = REVIEWED.replace(
        "  send:", "  first: {use: effect, tool: a, when: review.action == 'approve', in: {}}\n  send:"
    )

    async def gate() -> None:
        await asyncio.sleep(0.02)
        order.append(f"gate after {len(world.fake_outbox.sent)}")

    async def play() -> None:
        async with Engine(load_graph(text, "g"), world) as engine:
            result = await engine.run({"text": "x"}, run_id="r", effect_gate=gate)
            assert order == [], "nothing is delivered before the review"
            world.fake_reviews.decide(result.review_ids[0], "approve")
            await engine.resume("r", effect_gate=gate)

    asyncio.run(play())
    assert order == ["gate after 0"]
    assert sorted(name for name, _ in world.fake_outbox.sent) == ["a", "send"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "text: is missing"),
        ({"text": 1}, "expected text"),
        ({"text": "x", "more": 1}, "more: is not a field"),
    ],
)
def test_input_is_checked(given: Mapping[str, Any], says: str) -> None:
    async def play() -> None:
        async with Engine(reviewed(), services()) as engine:
            await engine.run(given, run_id="r")

    with pytest.raises(DataError, match=says) as caught:
        asyncio.run(play())
    assert caught.value.code == "graph.bad-input"


def test_an_unknown_name_is_refused_when_the_engine_opens() -> None:
    async def play() -> None:
        async with Engine(reviewed(), FakeServices()):
            pass

    with pytest.raises(ProjectError):
        asyncio.run(play())


def test_a_crash_between_call_and_checkpoint_pays_nothing_twice(tmp_path: Path) -> None:
    """The process dies after the model answered, before the segment was checkpointed."""
    world, state = services(), StateStore.open(tmp_path / "state.db")
    text = REVIEWED.replace("  review:", "  die: {use: tool, tool: die, in: {d: $draft}}\n  review:").replace(
        "[$draft,", "[$die,"
    )
    dies = [True]

    def die(given: Mapping[str, Any]) -> Any:
        if dies.pop() if dies else False:
            raise KeyboardInterrupt
        return dict(given)

    world.functions["die"] = die

    async def play() -> Any:
        async with Engine(load_graph(text, "g"), world, None, state, tmp_path / "c.db") as engine:
            return await engine.run({"text": "x"}, run_id="r")

    with pytest.raises(BaseException):  # noqa: B017, PT011 - anyio may wrap it in a group
        asyncio.run(play())
    result = asyncio.run(play())
    assert result.status == "waiting_review"
    assert len(world.fake_gateway.calls) == 1
    state.close()


def test_a_crash_after_any_commit_loses_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on the disk after each commit of the checkpoints is what a killed process would leave."""
    state = StateStore.open(tmp_path / "state.db")
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

    async def play(folder: Path, store: StateStore) -> Any:
        async with Engine(reviewed(), services(), None, store, folder / "c.db") as engine:
            return await engine.run({"text": "x"}, run_id="r")

    with monkeypatch.context() as patched:
        patched.setattr(CheckpointFile, "cursor", cursor)
        undisturbed = asyncio.run(play(tmp_path, state))
    state.close()
    assert undisturbed.status == "waiting_review"
    assert len(left) >= 5
    for folder in left:
        again = StateStore.open(folder / "state.db")
        result = asyncio.run(play(folder, again))
        again.close()
        assert (result.status, dict(result.values)) == ("waiting_review", {"draft": "dear x"}), folder.name


def still_running(before: set[threading.Thread]) -> list[str]:
    """Threads that were started since and do not end by themselves."""
    started = set(threading.enumerate()) - before
    for thread in started:
        thread.join(timeout=5)
    return [thread.name for thread in started if thread.is_alive()]


def test_the_first_runs_side_by_side_share_one_checkpoint_file(tmp_path: Path) -> None:
    """A second connection would be forgotten, and its thread would keep the process alive for ever."""
    before = set(threading.enumerate())

    async def play() -> list[str]:
        async with Engine(reviewed(), services(), None, None, tmp_path / "c.db") as engine:
            results = await asyncio.gather(*(engine.run({"text": "x"}, run_id=f"r{n}") for n in range(8)))
        return [result.status for result in results]

    assert asyncio.run(play()) == ["waiting_review"] * 8
    assert still_running(before) == []


def test_checkpoints_that_cannot_be_opened_leave_nothing_running(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    (tmp_path / "c.db").write_bytes(b"this is no database, and long enough to be seen as none" * 40)

    async def play() -> None:
        async with Engine(reviewed(), services(), None, None, tmp_path / "c.db") as engine:
            await engine.run({"text": "x"}, run_id="r")

    with pytest.raises(ConnectorError, match=r"the checkpoint file .*c\.db is not a database") as refused:
        asyncio.run(play())
    assert refused.value.code == "checkpoint.corrupt"
    assert still_running(before) == []


def test_a_lock_is_held_by_one_at_a_time_and_between_processes(tmp_path: Path) -> None:
    file = tmp_path / "locks"
    other = (
        "import asyncio, sys; from pathlib import Path; from compound.graph.store.locks import run_lock\n"
        "async def main():\n"
        "    async with run_lock(Path(sys.argv[1]), sys.argv[2], wait_s=0.05): print('got it')\n"
        "try: asyncio.run(main())\n"
        "except Exception as e: print(e.code)\n"
    )

    def ask(name: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", other, str(file), name], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    async def play() -> None:
        async with run_lock(file, "a", wait_s=1):
            with pytest.raises(ConflictError):
                async with run_lock(file, "a", wait_s=0.02):
                    pass
            async with run_lock(file, "b", wait_s=0.02):
                pass
            assert await asyncio.to_thread(ask, "a") == "graph.run-busy"

    asyncio.run(play())
    assert ask("a") == "got it"


def test_segments() -> None:
    segments = {one.name: one for one in plan(reviewed()).segments}
    assert {name: (one.kind, one.waits_for) for name, one in segments.items()} == {
        "flow-1": ("flow", ()),
        "review": ("review", ("flow-1",)),
        "send": ("effect", ("review", "flow-1")),
    }


def test_a_cycle_cannot_be_planned() -> None:
    text = "compound: graph/v1\nname: g\nnodes:\n  a: {use: tool, tool: t, in: {v: $b}}\n  b: {use: tool, tool: t, in: {v: $a}}\n"
    with pytest.raises(ProjectError, match="a -> b -> a"):
        plan(load_graph(text, "g.yaml"))


def test_mermaid() -> None:
    text = draw(reviewed())
    assert text.startswith("flowchart TD\n")
    assert "n_draft --> n_review" in text
    assert "n_draft --> n_send" not in text, "a longer way says the same"
    assert "review.action == 'approve'" in text


def test_svg_is_well_formed_and_no_box_covers_another() -> None:
    root = Path(__file__).resolve().parents[3]
    spec = load_graph((root / "graphs" / "support_reply.yaml").read_bytes(), "graphs/support_reply.yaml")
    for graph in (spec, reviewed()):
        svg = draw_svg(graph)
        tree = ElementTree.fromstring(svg)
        assert tree.attrib["viewBox"]
        assert all(f">{name}<" in svg for name in graph.nodes)
        boxes = place(picture(graph)).cards
        for index, one in enumerate(boxes):
            for other in boxes[index + 1 :]:
                apart_x = abs(one.x - other.x) >= (one.width + other.width) / 2
                apart_y = abs(one.y - other.y) >= (one.height + other.height) / 2
                assert apart_x or apart_y, (one.card, other.card)


def test_importing_the_room_loads_nothing_heavy() -> None:
    code = (
        "import sys, compound.graph, compound.spec; from compound.graph import RunEvent, RunResult\n"
        "print([m for m in ('langgraph', 'jinja2', 'sqlalchemy', 'anthropic', 'ruamel.yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
