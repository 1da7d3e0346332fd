"""Examples: programs that work with the reviews and graphs of a server; here the server is in memory."""


def test_a_program_decides() -> None:  # noqa: PLR0915 - one program, with every type that it meets
    """client.AsyncReviewClient, client.Review, client.ReviewRow, client.Page, client.Outcome, client.Run,
    client.GraphInfo, client.Evidence, client.Comment, client.AuditEvent, client.BulkItem, client.CallError,
    client.SavedDraft, client.Preview"""
    import subprocess
    import sys
    from collections.abc import Sequence

    import anyio
    from httpx import ASGITransport

    from compound import Project
    from compound.client import (
        AsyncReviewClient,
        AuditEvent,
        BulkItem,
        CallError,
        Comment,
        Evidence,
        GraphInfo,
        Outcome,
        Page,
        Preview,
        Review,
        ReviewRow,
        Run,
        SavedDraft,
    )
    from compound.web import create_app

    def compound(*words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "compound", *words], check=True, capture_output=True, text=True
        ).stdout

    compound("index")
    compound("people", "add", "desk", "--role", "admin")
    rights = [word for right in ("create", "read", "decide", "audit") for word in ("--scope", right)]
    token = compound("people", "token", "desk", "--label", "example", *rights).strip()

    async def work(project: Project) -> None:
        # A program of its own calls AsyncReviewClient("https://desk.example", token).
        app = create_app(project, hosts=["desk.example"])
        client = AsyncReviewClient("https://desk.example", token, transport=ASGITransport(app))
        async with app.router.lifespan_context(app), client as desk:  # the worker carries decisions out
            graph: GraphInfo = (await desk.graphs())[0]
            run: Run = await desk.run(graph.name, {"id": "q1", "question": "How much water does a bed need?"}, key="q1")
            assert run.status == "waiting_review"
            page: Page[ReviewRow] = await desk.list(view="open")
            review: Review = await desk.show(page.items[0])
            evidence: Evidence = await desk.evidence(review)
            assert evidence.evidence
            comment: Comment = await desk.comment(review, "The answer names the right document.")
            assert comment.author == "desk"
            preview: Preview = await desk.preview(review, "approve")
            assert not preview.problem
            saved: SavedDraft = await desk.save_draft(await desk.draft(review), {})
            assert saved.version == 1
            outcome: Outcome = await desk.wait(await desk.decide(await desk.show(review), "approve"))
            assert outcome.ok
            now = None
            try:
                await desk.decide(review, "reject")
            except CallError as error:
                now = error.current  # status 412: the item as it is now
            assert now is None or now.status == "decided"
            events: Sequence[AuditEvent] = await desk.audit(review)
            assert events[0].event == "review.opened"
            bulk: Sequence[BulkItem] = await desk.decide_many([review], "approve")
            assert len(bulk) == 1

    with Project.open() as project:
        anyio.run(work, project)


def test_a_program_asks_what_there_is() -> None:
    """client.Queue, client.Policy, client.Reasons, client.Webhook, client.AuditReport"""
    import subprocess
    import sys
    from collections.abc import Sequence

    import anyio
    from httpx import ASGITransport

    from compound import Project
    from compound.client import AsyncReviewClient, AuditReport, Policy, Queue, Reasons, Webhook
    from compound.web import create_app

    def compound(*words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "compound", *words], check=True, capture_output=True, text=True
        ).stdout

    compound("people", "add", "lead", "--role", "admin")
    rights = [word for right in ("read", "audit", "admin") for word in ("--scope", right)]
    token = compound("people", "token", "lead", "--label", "example", *rights).strip()

    async def work(project: Project) -> None:
        transport = ASGITransport(create_app(project, hosts=["desk.example"]))
        async with AsyncReviewClient("https://desk.example", token, transport=transport) as desk:
            queues: Sequence[Queue] = await desk.queues()
            policies: Sequence[Policy] = await desk.policies()
            reasons: Sequence[Reasons] = await desk.reasons()
            assert (list(queues), list(policies), list(reasons)) == ([], [], [])
            webhook: Webhook = await desk.add_webhook("https://shop.example/hooks", ["run.ended"])
            assert webhook.secret is not None
            await desk.remove_webhook(webhook)
            report: AuditReport = await desk.verify_audit()
            assert report.ok

    with Project.open() as project:
        anyio.run(work, project)


def test_an_error_of_a_call() -> None:
    """client.ReviewClient, client.Problem"""
    import httpx

    from compound.client import CallError, Problem, ReviewClient

    problem = Problem(status=404, code="review.unknown-item", detail="review item 'x' does not exist", fix="list them")
    answer = httpx.Response(404, text=problem.model_dump_json())
    with ReviewClient("https://desk.example", "TOKEN", transport=httpx.MockTransport(lambda _: answer)) as desk:
        said = ""
        try:
            desk.show("x")
        except CallError as error:
            said = f"{error.status} {error.code}: {error.fix}"
        assert said == "404 review.unknown-item: list them"
