"""A project under test: a temporary copy, scripted models, a fake clock, and one-line steps."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from compound.model import ModelRequest, ScriptedProvider
from compound.project import Project
from compound.project.settings.settings import load_settings
from compound.testing.models import forget_scripts, with_scripts

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.evaluation import SuiteReport
    from compound.language import Finding
    from compound.model import Provider
    from compound.project import Decided, RunView
    from compound.project.review.effects import EffectView
    from compound.testing.models import Script

PYPROJECT = """\
[tool.compound]
name = "under_test"
{graph}
[tool.compound.profiles.test]
lakehouse = "{{home}}/lakehouse"
"""
MODELS = "compound: models/v1\nmodels: {}\n"
_LEFT_OUT = (".compound", ".venv", ".git", "__pycache__", "node_modules")
START = 1_767_225_600.0
"""1 January 2026, 00:00 UTC."""


@dataclass
class FakeClock:
    """A clock that moves only when the test advances it.

    Attributes:
        now: UTC seconds since 1970.
    """

    now: float = START

    def __call__(self) -> float:
        """The current time."""
        return self.now

    def advance(self, seconds: float = 0, *, hours: float = 0, days: float = 0) -> None:
        """Advance the clock."""
        self.now += seconds + hours * 3600 + days * 86400


@dataclass(frozen=True)
class ProjectUnderTest:
    """A project in a temporary folder. Its files, state, indexes and messages are deleted after the test.

    Attributes:
        root: Its folder.
        project: The opened project, for everything without a shortcut here.
        clock: The clock of reviews, effects, certificates and retention.
        models: The provider of each scripted model.
    """

    root: Path
    project: Project
    clock: FakeClock
    models: Mapping[str, Provider] = field(default_factory=dict[str, "Provider"])

    def run(
        self, given: Mapping[str, JsonValue] | None = None, *, graph: str | None = None, **more: JsonValue
    ) -> RunView:
        """Run a graph: `desk.run(question="How many?")`; default: the project's graph."""
        return self.project.run(graph, {**(given or {}), **more})

    def check(self, *graphs: str) -> list[Finding]:
        """The findings of `compound check` in these graphs, or in all."""
        return self.project.check(graphs)

    def index(self, *names: str) -> None:
        """Build these indexes, or all."""
        self.project.index(names)

    def evaluate(self, suite: str) -> SuiteReport:
        """Run a suite, with every case in the report."""
        return self.project.evaluate(suite, details=True)

    def decide(
        self, action: str, *, review_id: str | None = None, user: str = "ann", reason: str = "", **fields: JsonValue
    ) -> Decided:
        """Decide a review as a person and resume the run.

        Args:
            action: `approve`, `reject`, or another action of the review.
            review_id: Id of the review; default: the only open one.
            user: The deciding user.
            reason: A reason, if the review requires one.
            **fields: Fields of the action: `instruction="Make it shorter"`.

        Raises:
            AssertionError: no review is given, and the number of open reviews is not one.
        """
        return self.project.reviews().decide(
            review_id or self._only_review(), action, user=user, reason=reason, fields=fields or None
        )

    def approve(self, review_id: str | None = None, *, user: str = "ann") -> Decided:
        """`decide("approve")`."""
        return self.decide("approve", review_id=review_id, user=user)

    def reject(self, review_id: str | None = None, *, user: str = "ann", reason: str = "") -> Decided:
        """`decide("reject")`."""
        return self.decide("reject", review_id=review_id, user=user, reason=reason)

    def waiting(self) -> list[str]:
        """Ids of the open reviews, most urgent first."""
        return [one.review_id for one in self.project.reviews().list()]

    def effects(self, run_id: str | None = None) -> Sequence[EffectView]:
        """Effects of a run, or of all runs, with their status."""
        return self.project.effects().list(run_id=run_id)

    def asked(self, model: str) -> Sequence[ModelRequest]:
        """Every request to a scripted model, in order.

        Raises:
            AssertionError: the model is not scripted.
        """
        provider = self.models.get(model)
        assert isinstance(provider, ScriptedProvider), f"model {model!r} is not scripted"
        return provider.requests

    def write(self, files: Mapping[str, str]) -> None:
        """Create or replace files of the project; open it again to load them."""
        _write(self.root, files)

    def _only_review(self) -> str:
        waiting = self.waiting()
        assert len(waiting) == 1, f"{len(waiting)} reviews wait; pass the id of one: {waiting}"
        return waiting[0]


@contextmanager
def project(
    source: Path | str | Mapping[str, str],
    *,
    models: Mapping[str, Script] | None = None,
    profile: str | None = None,
    clock: FakeClock | None = None,
) -> Generator[ProjectUnderTest]:
    """Open a project for a test; `compound.testing.project(...)`.

    It ignores environment variables (`COMPOUND_*`) and does not change the source.

    Args:
        source: The project's folder, which is copied; or file to text, where missing `pyproject.toml` and
            `connectors/models.yaml` are added.
        models: Logical model to answers; other models use the project's providers.
        profile: The profile; default: the project's.
        clock: The clock; default: a fake clock at the current second.

    Example:
        >>> from compound import testing
        >>> files = {
        ...     "graphs/main.yaml": '''
        ... compound: graph/v1
        ... name: main
        ... input: {text: str}
        ... nodes:
        ...   say: {use: llm, model: writer, prompt: prompts/say.md, in: {text: $input.text}}
        ... output: {said: $say}
        ... ''',
        ...     "graphs/prompts/say.md": "Greet {{ text }}",
        ... }
        >>> with testing.project(files, models={"writer": ["Hello Ann"]}) as desk:
        ...     print(desk.run(text="Ann").output, desk.asked("writer")[0].messages[0].content)
        {'said': 'Hello Ann'} Greet Ann
    """
    with tempfile.TemporaryDirectory(prefix="compound-test-", ignore_cleanup_errors=True) as folder:
        root = Path(folder).resolve() / "project"
        _copy(source, root)
        scripts = with_scripts(root, models) if models else {}
        opened = Project(load_settings(root, profile=profile, environ={}))
        time = clock or _present()
        opened.resources.clock = time
        try:
            yield ProjectUnderTest(root, opened, time, scripts)
        finally:
            opened.close()
            opened.resources.close()
            forget_scripts(root)


def _copy(source: Path | str | Mapping[str, str], root: Path) -> None:
    if isinstance(source, Mapping):
        _write(root, {"pyproject.toml": _settings(source), "connectors/models.yaml": MODELS, **source})
    else:
        shutil.copytree(source, root, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=True)


def _settings(files: Mapping[str, str]) -> str:
    """The graph `main` is the default where there is one; else the only graph."""
    has_main = any(name in files for name in ("graphs/main.yaml", "graphs/main.py"))
    return PYPROJECT.format(graph='graph = "main"\n' if has_main else "")


def _present() -> FakeClock:
    from time import time

    return FakeClock(float(int(time())))


def _write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
