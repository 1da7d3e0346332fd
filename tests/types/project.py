"""What pyright says of a project. pyright runs it; nothing executes it."""

# pyright: reportUnnecessaryTypeIgnoreComment=true
from collections.abc import Mapping
from pathlib import Path
from typing import assert_type

from pydantic import JsonValue

from compound import Document, Project, ProjectError, Setup
from compound.batch import BatchOptions, BatchSummary
from compound.connector.mcp import PinReport
from compound.evaluation import SuiteReport
from compound.graph import Compiled, Engine, ReplayResult, RunEvent, RunResult
from compound.language import Finding
from compound.project import (
    BackupReport,
    EffectService,
    EraseReport,
    IndexView,
    PruneReport,
    ReviewService,
    RunView,
    SeedReport,
    ToolView,
    TrainView,
    compiled_graph,
)
from compound.specialist import VersionRow
from compound.trace import TraceReader


def used(project: Project) -> None:
    """Each way to use it."""
    assert_type(Project.open(), Project)
    assert_type(Project.open(Path(), profile="plain", model="offline"), Project)
    assert_type(project.check([]), list[Finding])
    view = project.run(None, {"text": "hello"}, context={"day": "Monday"})
    assert_type(view, RunView)
    assert_type(view.output, Mapping[str, JsonValue] | None)
    assert_type(view.run_id, str)
    assert_type(project.batch("main", "backlog.jsonl", BatchOptions()), BatchSummary)
    assert_type(project.evaluate("short"), SuiteReport)
    assert_type(project.reviews(), ReviewService)
    assert_type(project.engine("main"), Engine)
    assert_type(project.replay("run", mode="fresh"), ReplayResult)
    assert_type(project.resume("run"), RunResult)
    assert_type(project.redraft("run", "review"), RunResult)
    assert_type(project.compile("main"), Compiled)
    assert_type(compiled_graph("main", Path()), Compiled)
    assert_type(project.effects(), EffectService)
    assert_type(project.tools(), list[ToolView])
    assert_type(project.store_rows("shop"), dict[str, list[dict[str, JsonValue]]])
    assert_type(project.pin_tools(["weather"], write=False), list[PinReport])
    assert_type(project.traces(), TraceReader)
    assert_type(project.close(), None)


def kept(project: Project) -> None:
    """What a project makes, keeps and removes."""
    assert_type(project.seed(force=True), SeedReport)
    assert_type(project.index(["handbook"]), list[IndexView])
    assert_type(project.train("intent", promote=True), TrainView)
    assert_type(project.specialists(), list[VersionRow])
    assert_type(project.promote("intent"), str)
    assert_type(project.rollback("intent"), str)
    assert_type(project.prune(dry_run=True), PruneReport)
    assert_type(project.back_up("state.tar.gz"), BackupReport)
    assert_type(project.erase(["ann@example.org"]), EraseReport)
    project.index("handbook", forced=True)  # pyright: ignore[reportCallIssue]


def told(project: Project) -> None:
    """What a project says of itself, and what people type as values."""
    assert_type(project.graph_names(), list[str])
    assert_type(project.source("main", python=True), str)
    assert_type(project.draw("main", svg=True), str)
    assert_type(project.unchecked(), str)
    assert_type(project.waiting_items("run"), list[str])
    assert_type(project.traces_folder(), str)
    assert_type(project.inputs("main", ["text=hello"]), dict[str, JsonValue])
    assert_type(project.context("main", ["day=Monday"]), dict[str, JsonValue])
    assert_type(project.item_input("main", {"id": "1"}), dict[str, JsonValue])
    assert_type(project.item_message({"id": "1", "thread": "t"}, "mail"), dict[str, str])
    assert_type(project.example(), dict[str, JsonValue])
    assert_type(Setup(name="a").options, Mapping[str, JsonValue])
    assert_type(Document(id="a", text="b").text, str)
    assert_type(ProjectError("a.b", "c").fix, str)

    project.run(None, "hello")  # pyright: ignore[reportArgumentType]
    project.run(None, {}, drafts=True)  # pyright: ignore[reportCallIssue]
    project.evaluate(3)  # pyright: ignore[reportArgumentType]


async def streamed(project: Project) -> None:
    """Events while a run goes on."""
    async for event in project.stream("main", {"text": "hello"}):
        assert_type(event, RunEvent)
