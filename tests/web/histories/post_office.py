"""A post office: answers leave by four ways, one for each delivery class, and the office writes down each that left."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from compound.connector.state import tables
from compound.project import Project
from compound.web.identity.people import People
from tests.project.keys.table import Place
from tests.support.projects import write_project

CLASSES = ("A", "B", "C", "D")
PYPROJECT = """\
[tool.compound]
name = "post-office"
graph = "answer"
profile = "plain"

[tool.compound.profiles.plain]
lakehouse = "lakehouse"
"""
SEND = """\
  send_{way}:
    use: effect
    tool: send_{way}
    when: "ok.action in ['approve', 'edit'] and input.letter.way == '{way}'"
    in: {{letter_id: $input.letter.id, text: $ok.text ?? $draft}}
"""
GRAPH = f"""\
compound: graph/v1
name: answer
policy: rules
input: {{letter: {{id: str, title: str, way: str}}}}
item: {{input: letter, id: letter.id, title: letter.title}}
output: {{action: $ok.action}}
nodes:
  draft: {{use: tool, tool: draft, in: {{letter: $input.letter}}, out: str}}
  ok:
    use: review
    show: [$draft]
    decide: {{approve: {{}}, edit: {{text: str}}, reject: {{reason: str}}}}
{"".join(SEND.format(way=way) for way in CLASSES)}"""
POLICY = "compound: policy/v1\nname: rules\neffects: {send_A: {undo: 1s}, send_D: {undo: 2s}, send_B: {}, send_C: {}}\n"
TOOLS = '''\
"""Drafting, and an effect for each way."""

from pydantic import BaseModel, JsonValue

from compound.effect import effect
from compound.tool import tool


class Answer(BaseModel):
    letter_id: str
    text: str


@tool
def draft(letter: dict[str, JsonValue]) -> str:
    """Answer a letter."""
    return f"Re {letter['id']}"

''' + "".join(
    f'''
@effect("send_{way}", target="post_{way}")
def send_{way}(post, args: Answer) -> JsonValue:
    """Answer."""
    return post.send(args.letter_id, args.text)

'''
    for way in CLASSES
)
POST = '''\
"""The targets: what left is a row of `post.db`, with the key only where the class knows one."""

import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from anyio import to_thread

from compound.effect import EffectOutcome, TargetSetup
from compound.errors import EffectRefused


class Desk:
    """One transaction of the office."""

    def __init__(self, db, way, key):
        self.db, self.way, self.key = db, way, key

    def send(self, letter, text):
        if self.way == "B":  # a condition that a second delivery no longer meets
            known = self.db.execute("SELECT text FROM slot WHERE letter = ?", [letter]).fetchone()
            if known is not None and known[0] != text:
                raise EffectRefused("effect.stale", f"{letter} has another answer")
            if known is not None:
                return {"sent": letter}
            self.db.execute("INSERT INTO slot VALUES (?, ?)", [letter, text])
        if self.way == "A" and self.db.execute("SELECT 1 FROM sent WHERE key = ?", [self.key]).fetchone():
            return {"sent": letter}
        key = self.key if self.way in "AC" else None
        self.db.execute("INSERT INTO sent (way, letter, text, key) VALUES (?, ?, ?, ?)", [self.way, letter, text, key])
        return {"sent": letter}


class Post:
    def __init__(self, setup: TargetSetup) -> None:
        self.delivery_class = setup.options["class"]
        self.setup = setup
        self.path = Path(__file__).parent.parent / "post.db"

    async def perform(self, group):
        return await to_thread.run_sync(self._perform, group)

    async def find(self, group):
        with closing(sqlite3.connect(self.path)) as db:
            found = {key for (key,) in db.execute("SELECT key FROM sent WHERE key IS NOT NULL")}
        if not all(one.key in found for one in group.effects):
            return None
        return [EffectOutcome(key=one.key, status="sent", result={"sent": one.arguments["letter_id"]})
                for one in group.effects]

    def _perform(self, group):
        done = []
        with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as db:
            time.sleep(random.uniform(0, 0.03))
            db.execute("BEGIN IMMEDIATE")
            for one in group.effects:
                desk = Desk(db, self.delivery_class, one.key)
                result = self.setup.effects(one.name).perform(desk, one.arguments)
                done.append(EffectOutcome(key=one.key, status="sent", result=result))
            db.execute("COMMIT")
            time.sleep(random.uniform(0, 0.03))
        return done


def target(setup: TargetSetup) -> Post:
    return Post(setup)
'''
FILES = {
    "pyproject.toml": PYPROJECT,
    "graphs/answer.yaml": GRAPH,
    "graphs/policies/rules.yaml": POLICY,
    "tools/answers.py": TOOLS,
    "connectors/post.py": POST,
    **{f"connectors/post_{way}.yaml": f"compound: post/v1\nclass: {way}\n" for way in CLASSES},
}
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Left:
    """An answer that left the office."""

    way: str
    letter: str
    text: str


def post_office(root: Path, *, people: Sequence[str], state: str | None = None) -> Place:
    """The project, with an account for each of these people and no letters."""
    url = "" if state is None else f'state = "{state}"\n'
    (root / "lakehouse").mkdir(exist_ok=True)
    place = Place(write_project(root, {**FILES, "pyproject.toml": f"{PYPROJECT}{url}"}))
    with closing(sqlite3.connect(root / "post.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE sent (n INTEGER PRIMARY KEY, way TEXT, letter TEXT, text TEXT, key TEXT)")
        db.execute("CREATE TABLE slot (letter TEXT PRIMARY KEY, text TEXT)")
    with place.open() as project:
        known = People(project.resources.state, project.resources.clock)
        for name in people:
            known.add(name, roles=["reviewer"], password=PASSWORD)
    return place


def write_letters(project: Project, first: int, count: int) -> None:
    """Letters come in, and are drafted."""
    for number in range(first, first + count):
        name, way = f"L{number:05}", CLASSES[number % len(CLASSES)]
        run = project.run("answer", {"letter": {"id": name, "title": f"{name} {way}", "way": way}})
        assert run.status == "waiting_review", run


def left(place: Place) -> list[Left]:
    """Everything that left, oldest first."""
    with closing(sqlite3.connect(place.root / "post.db")) as db:
        return [Left(*row) for row in db.execute("SELECT way, letter, text FROM sent ORDER BY n")]


def rows(project: Project, table: sa.Table) -> list[dict[str, Any]]:
    """All rows of a table of the state store."""
    with project.resources.state.read() as db:
        return [dict(row) for row in db.execute(sa.select(table)).mappings()]


def wait_of(project: Project) -> list[str]:
    """Reviews that nobody has decided."""
    return [str(row["review_id"]) for row in rows(project, tables.review) if row["status"] != "decided"]
