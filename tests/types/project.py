"""What pyright says of a project. pyright runs it; nothing executes it."""

# pyright: reportUnnecessaryTypeIgnoreComment=true
from collections.abc import Mapping
from pathlib import Path
from typing import assert_type

from pydantic import JsonValue

from compound import Document, Project, ProjectError, Setup
from compound.batch import BatchOptions, BatchSummary
from compound.evaluation import SuiteReport
from compound.graph import Engine, RunEvent
from compound.language import Finding
from compound.project import ReviewService, RunView


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
