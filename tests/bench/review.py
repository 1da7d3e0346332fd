"""What it costs to wait for a person: pause and resume a run, everything in SQLite, traces on."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench._rows import Row, at_most

if TYPE_CHECKING:
    from compound.graph import Engine
    from compound.review import ReviewQueue

ROUNDS = 5
RUNS = 40
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


def rows() -> list[Row]:
    """CPU of a run until it waits, of the decision, and of going on until it is done."""
    return [at_most("review: pause, decide, resume, with SQLite", asyncio.run(measure()) * 1e3, "ms of CPU", 15)]


async def measure() -> float:
    """Median over rounds, in seconds of CPU a run: open queue and checkpoints in files, one run after the other."""
    from compound.connector.state import StateStore
    from compound.graph import Engine
    from compound.graph.services import Reviews
    from compound.project._ports import QueuedReviews
    from compound.review import ReviewQueue as Queue
    from compound.spec import load_graph
    from compound.testing import FakeServices
    from compound.trace import ParquetStore, Recorder

    samples: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        state = StateStore.open(home / "state.db")
        queue = Queue(state)

        class Services(FakeServices):
            @property
            def reviews(self) -> Reviews | None:
                return QueuedReviews(queue)

        services = Services({"reply": lambda given: {"text": f"Dear you, {given['text']}"}})
        recorder = Recorder(ParquetStore(home / "traces"))
        spec = load_graph(GRAPH, "review.yaml")
        async with Engine(spec, services, recorder, state, home / "checkpoints.db") as engine:
            for number in range(ROUNDS + 1):
                begin = time.process_time()
                for run in range(RUNS):
                    await reviewed(engine, queue, f"review-{number}-{run}")
                recorder.flush()
                samples.append((time.process_time() - begin) / RUNS)
        recorder.close()
        state.close()
    return statistics.median(samples[1:])  # the first round loads modules and prepares statements


async def reviewed(engine: Engine, queue: ReviewQueue, run_id: str) -> None:
    """One run through a person's hands."""
    paused = await engine.run({"text": "thank you for writing"}, run_id=run_id)
    item = queue.show(paused.item_ids[0])
    queue.decide(item.item_id, "approve", user="ann", version=item.version)
    result = await engine.resume(run_id)
    if result.status != "done":
        raise RuntimeError(f"run {run_id} is {result.status}") from result.error
