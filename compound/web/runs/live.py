"""Runs that this server runs now: their events, for pages that show them while they run."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

import orjson

from compound.web.site.place import place_of

if TYPE_CHECKING:
    from fastapi import Request
    from pydantic import JsonValue

    from compound.graph import RunEvent
    from compound.project import Project

_MAKING: Final = threading.Lock()
MOST_RUNS: Final = 200
"""Runs whose events are kept; the oldest that has ended goes first."""
MOST_EVENTS: Final = 20_000
"""Events of a run; later ones are not told, and the page is complete when the run ends."""
_START_S: Final = 10.0
"""Seconds until the page of a run is shown although its graph has not accepted the input yet."""
_LOOK_S: Final = 0.1
_BEAT: Final = 150
_STATES: Final = {
    "node_started": "running",
    "node_finished": "done",
    "node_skipped": "skipped",
    "node_failed": "failed",
    "review_opened": "waiting",
}


@dataclass(slots=True)
class LiveRun:
    """A run while it runs, and shortly after.

    Attributes:
        events: What happened, as JSON: names, states and tokens, no values of nodes.
        states: Node to its state in the picture.
        texts: Node to the text of its model's answer so far.
        is_over: Whether it ended and its spans are stored.
        error: Why it could not start.
    """

    run_id: str
    graph: str
    events: list[tuple[str, bytes]] = field(default_factory=list["tuple[str, bytes]"])
    states: dict[str, str] = field(default_factory=dict[str, str])
    texts: dict[str, str] = field(default_factory=dict[str, str])
    is_over: bool = False
    error: Exception | None = None
    has_begun: threading.Event = field(default_factory=threading.Event)

    def take(self, event: RunEvent) -> None:
        """Keep an event without the values in it: the page reads those from the traces, as they are stored."""
        from compound.graph.run.events import event_json

        record: dict[str, Any] = {**event_json(event)}
        for name in ("value", "output"):
            record.pop(name, None)
        kind, path = event.event, _path(str(record.get("node", "")))
        if path:
            record["node"] = path
        if kind in _STATES:
            self.states[path] = _STATES[kind]
        elif kind == "token":
            self.texts[path] = self.texts.get(path, "") + str(record["text"])
        elif kind == "token_void":
            self.texts.pop(path, None)
        if kind != "run_finished":
            self._tell(kind, record)
        self.has_begun.set()

    def end(self, error: Exception | None) -> None:
        """The last event; after it the traces have everything."""
        self.error = error
        self.is_over = True
        self._tell("run_finished", {"run_id": self.run_id})
        self.has_begun.set()

    def _tell(self, kind: str, record: Mapping[str, Any]) -> None:
        if len(self.events) < MOST_EVENTS or kind == "run_finished":
            self.events.append((kind, orjson.dumps(record)))

    async def stream(self, after: int) -> AsyncGenerator[bytes]:
        """The events as `text/event-stream`, from the one after `after` on; ends with the run."""
        yield b"retry: 1000\n\n"
        told, quiet = max(0, after), 0
        while True:
            for kind, data in self.events[told:]:
                told, quiet = told + 1, 0
                yield b"id: %d\nevent: %s\ndata: %s\n\n" % (told, kind.encode(), data)
            if self.is_over and told >= len(self.events):
                return
            await asyncio.sleep(_LOOK_S)
            quiet += 1
            if quiet % _BEAT == 0:
                yield b": still here\n\n"


class LiveRuns:
    """The runs that pages of this server started."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._runs: OrderedDict[str, LiveRun] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, run_id: str) -> LiveRun | None:
        """A run of this server that has not been forgotten."""
        return self._runs.get(run_id)

    def start(self, graph: str, given: Mapping[str, JsonValue], context: Mapping[str, JsonValue]) -> str:
        """Start a run in the background; returns its id once the graph has accepted the input.

        Raises:
            CompoundError: The graph has errors, or does not accept the input.
        """
        live = LiveRun(uuid4().hex, graph)
        with self._lock:
            self._runs[live.run_id] = live
            over = [run_id for run_id, one in self._runs.items() if one.is_over]
            for run_id in over[: max(0, len(self._runs) - MOST_RUNS)]:
                del self._runs[run_id]
        work = partial(self._run, live, graph, given, context)
        threading.Thread(target=work, name=f"run-{live.run_id[:8]}", daemon=True).start()
        live.has_begun.wait(_START_S)
        if live.error is not None and not live.states:
            with self._lock:
                self._runs.pop(live.run_id, None)
            raise live.error
        return live.run_id

    def _run(self, live: LiveRun, graph: str, given: Mapping[str, JsonValue], context: Mapping[str, JsonValue]) -> None:
        async def work() -> None:
            async for event in self._project.stream(graph, given, run_id=live.run_id, context=context):
                live.take(event)

        error: Exception | None = None
        try:
            self._project.resources.loop.run(work)
        except Exception as refused:  # noqa: BLE001 - raised where it was started
            error = refused
        finally:
            self._project.resources.recorder.flush()
            live.end(error)


def _path(key: str) -> str:
    """The node of a key in the call journal: `answer[2].draft` is `answer.draft`."""
    return ".".join(part.partition("[")[0] for part in key.split("."))


def live_of(request: Request) -> LiveRuns:
    """The runs of the server that answers a request."""
    state = request.app.state
    with _MAKING:
        if not hasattr(state, "live_runs"):
            state.live_runs = LiveRuns(place_of(request).project)
        return cast("LiveRuns", state.live_runs)
