"""Examples: what callers of `Project` do and get."""


def test_a_project() -> None:
    """project.Project, project.RunView, project.IndexView"""
    from contextlib import closing

    from compound.project import IndexView, Project, RunView

    with closing(Project.open()) as project:
        built: list[IndexView] = project.index()
        assert [(one.name, one.documents) for one in built] == [("garden", 2)]
        run: RunView = project.run("answer", {"id": "Q-1", "question": "Where are the hoses?"})
        assert run.status == "waiting_review"
        assert run.values["answer"] == {
            "text": "Hoses and watering cans are in the green shed.",
            "source": "Water",
        }


def test_reviews() -> None:
    """project.ReviewService, project.ReviewRow, project.ReviewView, project.Decided, review.ReviewFilter, review.Status"""
    from contextlib import closing

    from compound import Project
    from compound.project import Decided, ReviewRow, ReviewService, ReviewView
    from compound.review import ReviewFilter, Status

    with closing(Project.open()) as project:
        project.index()
        project.run("answer", project.example())
        reviews: ReviewService = project.reviews()
        waiting: list[ReviewRow] = list(reviews.list(ReviewFilter(statuses=(Status.PENDING,))))
        item: ReviewView = reviews.show(waiting[0].review_id)
        assert "Monday" in item.text()
        done: Decided = reviews.decide(item.review_id, "edit", user="ann", fields={"text": "On Mondays."})
        assert (done.ok, done.run_status) == (True, "done")


def test_an_edit_of_actions() -> None:
    """review.Edit, effect.EffectCall"""
    from compound.effect import EffectCall
    from compound.review import Edit

    proposed = EffectCall(name="refund", arguments={"order": "#W1", "amount": 40})
    edit = Edit(actions=(proposed,))
    assert edit.to_fields() == {"actions": [{"name": "refund", "arguments": {"order": "#W1", "amount": 40}}]}


def test_what_is_overdue() -> None:
    """project.Swept"""
    from contextlib import closing

    from compound import Project
    from compound.project import Swept

    with closing(Project.open()) as project:
        swept: Swept = project.reviews().sweep()
        assert swept.closed == ()


def test_effects() -> None:
    """project.EffectService, project.EffectView"""
    from contextlib import closing

    from compound import Project
    from compound.project import EffectService, EffectView

    with closing(Project.open()) as project:
        project.index()
        run = project.run("answer", project.example())
        project.reviews().decide(run.review_ids[0], "approve", user="ann")
        effects: EffectService = project.effects()
        sent: list[EffectView] = list(effects.list(run_id=run.run_id))
        assert [(one.effect, one.status) for one in sent] == [("send_answer", "sent")]


def test_tools() -> None:
    """project.ToolView"""
    from contextlib import closing

    from compound import Project
    from compound.project import ToolView

    with closing(Project.open()) as project:
        tools: list[ToolView] = project.tools()
        assert "read_document" in [one.name for one in tools]


def test_seed() -> None:
    """project.SeedReport, project.SeededTable, project.SeededRecords"""
    from contextlib import closing

    from compound import Project
    from compound.connector.lakehouse import write_table
    from compound.project import SeededRecords, SeededTable, SeedReport

    write_table(".compound/default/lakehouse", "fees", [{"plot": 1, "fee": 40}])
    with closing(Project.open()) as project:
        report: SeedReport = project.seed()
    tables: tuple[SeededTable, ...] = report.tables
    records: tuple[SeededRecords, ...] = report.records
    assert [(one.name, one.rows) for one in tables] == [("fees", 1)]
    assert records == ()  # this project has no store of records


def test_keep_less() -> None:
    """project.PruneReport, project.PolicyCut, project.EraseReport"""
    from contextlib import closing

    from compound import Project
    from compound.project import EraseReport, PolicyCut, PruneReport

    with closing(Project.open()) as project:
        project.index()
        run = project.run("answer", {"id": "ann@example.org", "question": "Where are the hoses?"})
        pruned: PruneReport = project.prune(dry_run=True)
        cuts: tuple[PolicyCut, ...] = pruned.policies
        assert all(run.run_id not in cut.emptied for cut in cuts)
        erased: EraseReport = project.erase(["ann@example.org"])
        assert run.run_id in erased.runs


def test_a_graph_for_a_server() -> None:
    """project.compiled_graph"""
    from contextlib import closing
    from pathlib import Path

    from compound import Project
    from compound.project import compiled_graph

    with closing(Project.open()) as project:
        project.index()
    answer = compiled_graph("answer", Path())  # what `compound langgraph` writes for the server of langgraph
    assert "question" in str(answer.get_input_jsonschema())


def test_pins() -> None:
    """connector.mcp.PinReport, connector.mcp.ToolChange"""
    from compound import Project
    from compound.connector.mcp import PinReport, ToolChange

    def changed(project: Project) -> list[str]:
        """Tools of MCP servers that are not what a person agreed to."""
        reports: list[PinReport] = project.pin_tools([], write=False)
        found: list[ToolChange] = [one for report in reports for one in report.changes]
        return [one.tool for one in found if one.status != "same"]

    assert callable(changed)


def test_a_batch() -> None:
    """batch.BatchOptions, batch.BatchSummary, batch.BatchEvent, batch.ItemStatus, batch.DeadLetter, batch.ServiceDown"""
    from contextlib import closing
    from pathlib import Path

    from compound import Project
    from compound.batch import BatchEvent, BatchOptions, BatchSummary, DeadLetter, ItemStatus, ServiceDown

    Path("asked.jsonl").write_text('{"id": "Q-1", "question": "Where are the hoses?"}\n{"id": "Q-2"}\n')
    settled: list[ItemStatus] = []

    def watch(event: BatchEvent) -> None:
        if event.kind != "started":
            settled.append(event.status)

    with closing(Project.open()) as project:
        project.index()
        summary: BatchSummary = project.batch("answer", "asked.jsonl", BatchOptions(concurrency=2), on_event=watch)
    dead: tuple[DeadLetter, ...] = summary.dead
    down: ServiceDown | None = summary.down
    assert [one.item_id for one in dead] == ["Q-2"]
    assert (down, summary.counts["waiting_review"]) == (None, 1)


def test_traces() -> None:
    """trace.TraceReader, trace.TraceRows, trace.TraceNode"""
    from contextlib import closing

    from compound import Project
    from compound.trace import TraceNode, TraceReader, TraceRows

    with closing(Project.open()) as project:
        project.index()
        run = project.run("answer", project.example())
        traces: TraceReader = project.traces()
        names: TraceRows = traces.sql("select name, count(*) as times from spans group by name limit 3")
        assert names.columns == ("name", "times")
        tree: tuple[TraceNode, ...] = traces.tree(run.run_id)
        assert "node answer" in [node.name for node in tree[0].walk()]


def test_an_exporter() -> None:
    """trace.SpanStore"""
    from collections.abc import Sequence

    from compound import Setup
    from compound.trace import SpanStore

    class Counter:
        """Counts rows, in place of sending them somewhere."""

        is_immediate = False

        def __init__(self) -> None:
            self.rows = 0

        def append(self, table: str, lines: Sequence[bytes]) -> None:
            del table
            self.rows += len(lines)

        def publish(self) -> None: ...

        def close(self) -> None: ...

    def exporter(setup: Setup) -> SpanStore:
        """In connectors/counter.py; `exporters = ["counter"]` of a profile chooses it."""
        del setup
        return Counter()

    assert exporter(Setup(name="counter")).is_immediate is False


def test_a_backup() -> None:
    """project.BackupReport"""
    from contextlib import closing

    from compound import Project
    from compound.project import BackupReport

    with closing(Project.open()) as project:
        project.index()
        project.run("answer", project.example())
        report: BackupReport = project.back_up("state.tar.gz")
        assert report.elsewhere == ()
