"""`kill -9` between any two commits of a map that asks for each item: each effect happens once, each draft is made once."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from compound.project import Project
from tests.project.many_stores.company import company
from tests.project.many_stores.mapped_letters import GRAPH, TOOLS, letter
from tests.support.forked import PYTHON, run_forked

PROGRAM = Path(__file__).parents[1] / "crash_program.py"
LETTERS = [letter("i-1", "one"), letter("i-2", "two", "bob"), letter("i-3", "bad", "cyd")]
KILLED = -signal.SIGKILL

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = company(tmp_path_factory.mktemp("template"), {"graphs/main.yaml": GRAPH, "tools/writing.py": TOOLS})
    (place.root / "rows.jsonl").write_text(json.dumps({"id": "b1", "letters": LETTERS}) + "\n", encoding="utf-8")
    assert place.say("seed").code == 0
    return place.root


class Office:
    """A copy of the project, and commands in it that die at a moment."""

    def __init__(self, template: Path, root: Path) -> None:
        self.root = root
        shutil.copytree(template, root)

    def command(self, moment: str, *words: str) -> int:
        """The exit code of a command that kills itself at a moment."""
        env = {**os.environ, "COMPOUND_ROOT": str(self.root), "COMPOUND_USER": "nora", "PYTHONPATH": os.getcwd()}
        arguments = [PYTHON, PROGRAM, moment, self.root / "calls.log", *words]
        return run_forked(arguments, cwd=self.root, env=env).returncode

    def look(self) -> dict[str, Any]:
        """What there is: open items, letters that left, visits that were counted, drafts that were shown."""
        with closing(Project.open(self.root)) as project:
            rows = [project.services.queue.show(one.review_id) for one in project.services.queue.list()]
            people = project.resources.records["crm"].export()["people"]
            return {
                "open": {one.node: one.review_id for one in rows if one.status.value in {"pending", "in_review"}},
                "sent": [(one.item_id, one.text) for one in project.resources.mailboxes["post"].replies()],
                "seen": {name: one["seen"] for name, one in people.items() if isinstance(one, dict)},
                "nodes": Counter(one.node for one in rows),
            }


def finish(office: Office) -> None:
    """The same commands, until nobody is asked any more."""
    for _ in range(4):
        assert office.command("never", "batch", "--from", "rows.jsonl") in {0, 3}
        office.command("never", "review", "sweep")
        waiting = office.look()["open"]
        if not waiting:
            break
        for item in waiting.values():
            assert office.command("never", "review", "approve", item) == 0
    seen = office.look()
    assert sorted(seen["sent"]) == [("i-1", "Dear, one."), ("i-2", "Dear, two.")]
    assert seen["seen"] == {"ann": 1, "bob": 1, "cyd": 0}
    assert set(seen["nodes"]) == {"letters[0].review", "letters[1].review"}
    assert set(seen["nodes"].values()) == {1}


def die_everywhere(template: Path, folder: Path, chosen: list[str]) -> None:
    """Die at each moment of the run and of each decision, and go on."""
    deaths = 0
    for number, moment in enumerate(chosen):
        office = Office(template, folder / str(number))
        died = office.command(moment, "batch", "--from", "rows.jsonl") == KILLED
        before = office.look()["open"]
        if died:
            assert office.command("never", "batch", "--from", "rows.jsonl") in {0, 3}, moment
        again = office.look()["open"]
        assert before.items() <= again.items(), moment
        for item in (again["letters[1].review"], again["letters[0].review"]):
            died |= office.command(moment, "review", "approve", item) == KILLED
        deaths += died
        finish(office)
        shutil.rmtree(office.root)
    assert deaths == len(chosen)


def test_after_some_commits(template: Path, tmp_path: Path) -> None:
    die_everywhere(template, tmp_path, ["after:checkpoint:4", "after:outbox:2"])


@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["checkpoint", "run", "review", "decision", "resume", "outbox", "applied_effect"])
def test_after_every_kind_of_commit(template: Path, tmp_path: Path, what: str, when: str) -> None:
    counts = range(1, 16) if what == "checkpoint" else (1, 2)
    die_everywhere(template, tmp_path, [f"{when}:{what}:{count}" for count in counts])
