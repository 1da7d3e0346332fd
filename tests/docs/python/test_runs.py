"""Examples: runs with their events, from a program of its own."""


def test_an_engine() -> None:
    """graph.Engine, graph.RunResult, graph.ReplayResult"""
    import asyncio
    from contextlib import closing

    from compound import Project
    from compound.graph import Engine, ReplayResult, RunResult

    async def both(project: Project) -> list[RunResult]:
        """Two runs side by side."""
        engine: Engine
        async with project.engine("answer") as engine, asyncio.TaskGroup() as group:
            asked = [{"id": f"Q-{at}", "question": "Where are the hoses?"} for at in (1, 2)]
            runs = [group.create_task(engine.run(one, run_id=one["id"])) for one in asked]
        return [run.result() for run in runs]

    with closing(Project.open()) as project:
        project.index()
        first = asyncio.run(both(project))[0]
        assert first.status == "waiting_review"
        again: ReplayResult = project.replay(first.run_id)
        assert again.run.values["answer"] == first.values["answer"]


def test_a_stream() -> None:
    """graph.RunEvent, graph.RunStarted, graph.NodeStarted, graph.NodeFinished, graph.NodeSkipped, graph.NodeFailed,
    graph.Token, graph.TokensVoid, graph.ReviewOpened, graph.EffectSent, graph.RunFinished"""
    import asyncio
    from contextlib import closing

    from compound import Project
    from compound.graph import (
        EffectSent,
        NodeFailed,
        NodeFinished,
        NodeSkipped,
        NodeStarted,
        ReviewOpened,
        RunEvent,
        RunFinished,
        RunStarted,
        Token,
        TokensVoid,
    )

    def line(event: RunEvent) -> str:
        match event:
            case RunStarted() | RunFinished():
                text = event.event
            case NodeStarted() | NodeFinished() | TokensVoid():
                text = f"{event.event} {event.node}"
            case NodeSkipped(reason=why):
                text = f"skipped {event.node}: {why}"
            case NodeFailed(error=error):
                text = f"failed {event.node}: {error['what']}"
            case Token(text=more):
                text = more
            case ReviewOpened(review_id=item):
                text = f"waits for a person: {item}"
            case EffectSent(effect=effect, status=status):
                text = f"{effect} {status}"
        return text

    async def lines(project: Project) -> list[str]:
        return [line(event) async for event in project.stream("answer", project.example())]

    with closing(Project.open()) as project:
        project.index()
        shown = asyncio.run(lines(project))
        assert (shown[0], shown[-1]) == ("run_started", "run_finished")
        assert any(one.startswith("waits for a person") for one in shown)


def test_events_for_a_browser() -> None:
    """graph.sse, graph.MEDIA_TYPE, graph.SSE_HEADERS"""
    import asyncio
    from contextlib import closing

    from compound import Project
    from compound.graph import MEDIA_TYPE, SSE_HEADERS, sse

    async def body(project: Project) -> bytes:
        """The body of a response with the type `MEDIA_TYPE` and the headers `SSE_HEADERS`."""
        return b"".join([part async for part in sse(project.stream("answer", project.example()))])

    with closing(Project.open()) as project:
        project.index()
        sent = asyncio.run(body(project))
    assert b"event: run_finished" in sent
    assert (MEDIA_TYPE, SSE_HEADERS["cache-control"]) == ("text/event-stream", "no-store")


def test_options_of_a_stream() -> None:
    """graph.RunOptions"""
    import asyncio
    from contextlib import closing

    from compound import Project
    from compound.graph import RunOptions

    async def drafted(project: Project) -> list[str]:
        options: RunOptions = {"until": "review"}
        async with project.engine("answer") as engine:
            events = engine.stream(project.example(), run_id="draft-1", **options)
            return [event.event async for event in events]

    with closing(Project.open()) as project:
        project.index()
        assert asyncio.run(drafted(project))[-1] == "run_finished"
