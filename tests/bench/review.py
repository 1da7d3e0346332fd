"""What it costs to wait for a person: pause and resume a run, everything in SQLite, traces on; beside langgraph alone.

The peer runs the same three nodes with `interrupt()` and langgraph's own SQLite saver, and resumes them with a command:
no queue, no version check, no traces. Both run in this process, in turn.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench._rows import Bar, Pair, Row, at_most, reported

if TYPE_CHECKING:
    from compound.graph import Engine
    from compound.review.queue.queue import ReviewQueue

ROUNDS = 5
RUNS = 40
WAIT = Bar(2, "a queue that others read, a decision with its version and all traces cost at most a second bare pause")
GRAPH = """\
compound: graph/v1
name: bench_review
input: {text: str}
output: {action: $review.action, sent: $after.text}
nodes:
  draft: {use: tool, tool: reply, in: {text: $input.text}, out: {text: str}}
  review: {use: review, show: {draft: $draft}, decide: {approve: {}, reject: {}}}
  after: {use: tool, tool: reply, when: review.action == 'approve', in: {text: $draft.text}}
"""
Side = Callable[[str], Awaitable[None]]


def rows() -> list[Row]:
    """CPU of a run until it waits, of the decision, and of going on until it is done."""
    return judged(asyncio.run(measure()))


def judged(found: Pair) -> list[Row]:
    """The figures against their bars."""
    title = "review: pause, decide, resume, with SQLite"
    return [
        reported(title, statistics.median(found.ours) * 1e3, "ms of CPU"),
        reported(
            "interrupt and resume, raw langgraph, with SQLite", statistics.median(found.theirs) * 1e3, "ms of CPU"
        ),
        at_most(f"{title} / raw langgraph", found.ratio, WAIT),
    ]


async def measure() -> Pair:
    """Seconds of CPU a run of each side, a round each."""
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        async with compound_side(Path(folder)) as one, langgraph_side(Path(folder)) as other:
            for number in range(ROUNDS + 1):
                sides = [(one, ours), (other, theirs)]
                for side, samples in sides if number % 2 == 0 else reversed(sides):
                    samples.append(await seconds_of(side, number))
    return Pair(ours[1:], theirs[1:])  # the first round loads modules and prepares statements


async def seconds_of(side: tuple[Side, Callable[[], None]], number: int) -> float:
    """CPU a run of one round, with everything that was recorded in its store."""
    one, settle = side
    begin = time.process_time()
    for run in range(RUNS):
        await one(f"review-{number}-{run}")
    settle()
    return (time.process_time() - begin) / RUNS


@asynccontextmanager
async def compound_side(home: Path) -> AsyncGenerator[tuple[Side, Callable[[], None]]]:
    """Queue, traces and checkpoints in files."""
    from compound.connector.state import StateStore
    from compound.graph import Engine
    from compound.graph.port.services import Reviews
    from compound.project.decision.ports import QueuedReviews
    from compound.review.queue.queue import ReviewQueue as Queue
    from compound.spec import load_graph
    from compound.testing.fakes import FakeServices
    from tests.support.tracing import on_disk

    state = StateStore.open(home / "state.db")
    queue = Queue(state)

    class Services(FakeServices):
        @property
        def reviews(self) -> Reviews | None:
            return QueuedReviews(queue)

    services = Services({"reply": lambda given: {"text": f"Dear you, {given['text']}"}})
    _, recorder = on_disk(home / "traces")
    spec = load_graph(GRAPH, "review.yaml")
    async with Engine(spec, services, recorder, state, home / "checkpoints.db") as engine:
        yield lambda run_id: reviewed(engine, queue, run_id), recorder.flush
    recorder.close()
    state.close()


async def reviewed(engine: Engine, queue: ReviewQueue, run_id: str) -> None:
    """One run through a person's hands."""
    paused = await engine.run({"text": "thank you for writing"}, run_id=run_id)
    item = queue.show(paused.review_ids[0])
    queue.decide(item.review_id, "approve", user="ann", version=item.version)
    result = await engine.resume(run_id)
    if result.status != "done":
        raise RuntimeError(f"run {run_id} is {result.status}") from result.error


@asynccontextmanager
async def langgraph_side(home: Path) -> AsyncGenerator[tuple[Side, Callable[[], None]]]:
    """The same three nodes as langgraph's documentation writes them."""
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    from tests.bench.peers import langgraph_review

    async with AsyncSqliteSaver.from_conn_string(str(home / "langgraph.db")) as saver:
        app: Any = langgraph_review.build(saver)

        async def run(run_id: str) -> None:
            await langgraph_review.run(app, run_id)

        yield run, lambda: None
