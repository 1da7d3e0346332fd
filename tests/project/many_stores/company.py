"""A company with two record stores that have documents of one kind in common, and two mailboxes."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from compound.project import Project
from tests.project.keys.table import Place
from tests.support.projects import PYPROJECT, write_project

if TYPE_CHECKING:
    from pydantic import JsonValue

STORE = """\
compound: records/v1
tables:
  people: {key: [id], columns: {id: text, name: text, seen: integer}}
  NOTES: {key: [number], columns: {number: text, owner: text, text: text}}
documents:
  people: {table: people, id: id, shape: {name: name, seen: seen}}
  NOTES: {table: NOTES, id: number, shape: {number: number, text: text}}
view: {root: people}
"""
TOOLS = '''\
from pydantic import BaseModel, JsonValue

from compound.connector.mailbox import MailboxTransaction
from compound.connector.records import RecordsTransaction
from compound.effect import effect
from compound.errors import EffectRefused


class Person(BaseModel):
    who: str


class Letter(BaseModel):
    to: str
    text: str


def count(tx: RecordsTransaction, who: str) -> JsonValue:
    person = tx.get("people", who)
    if person is None:
        raise EffectRefused("effect.not-found", f"nobody is called {who}")
    person["seen"] += 1
    return {"seen": person["seen"]}


@effect("visit", target="crm")
def visit(tx: RecordsTransaction, args: Person) -> JsonValue:
    """Count a visit."""
    return count(tx, args.who)


@effect("bill", target="ledger")
def bill(tx: RecordsTransaction, args: Person) -> JsonValue:
    """Count a bill."""
    return count(tx, args.who)


@effect("send_letter", target="post")
def send_letter(tx: MailboxTransaction, args: Letter) -> JsonValue:
    """Write a letter."""
    return tx.reply(args.to, args.text)


@effect("tell_boss", target="upstairs")
def tell_boss(tx: MailboxTransaction, args: Letter) -> JsonValue:
    """Tell the boss."""
    return tx.transfer(args.text, item_id=args.to)
'''
GRAPH = """\
compound: graph/v1
name: main
context: {who: str}
input: {item: {id: str, body: str}}
output: {crm: $crm, ledger: $ledger, action: $review.action, visit: $count?, bill: $charge?}
nodes:
  crm: {use: tool, tool: crm_documents, in: {id: $context.who}}
  ledger: {use: tool, tool: ledger_documents, in: {id: $context.who}}
  review:
    use: review
    show: [$input.item, $crm, $ledger]
    versions: [$crm.versions, $ledger.versions]
    decide: {approve: {}, reject: {}}
  count:
    use: effect
    tool: visit
    when: review.action == 'approve'
    in: {who: $context.who}
  charge:
    use: effect
    tool: bill
    when: review.action == 'approve'
    after: [count]
    in: {who: $context.who}
  tell:
    use: effect
    tool: send_letter
    when: review.action == 'approve'
    after: [charge]
    in: {to: $input.item.id, text: $input.item.body}
  report:
    use: effect
    tool: tell_boss
    when: review.action == 'approve'
    after: [tell]
    in: {to: $input.item.id, text: done}
"""
FILES = {
    "connectors/crm.yaml": STORE.replace("NOTES", "calls"),
    "connectors/ledger.yaml": STORE.replace("NOTES", "bills"),
    "connectors/post.yaml": "compound: mailbox/v1\n",
    "connectors/upstairs.yaml": "compound: mailbox/v1\nreplies: out\n",
    "tools/company.py": TOOLS,
    "graphs/main.yaml": GRAPH,
    "pyproject.toml": PYPROJECT,
}
ROWS: dict[str, str] = {
    "people": "SELECT * FROM (VALUES ('ann', 'Ann', 0), ('bob', 'Bob', 0), ('cyd', 'Cyd', 0)) t(id, name, seen)",
    "calls": "SELECT * FROM (VALUES ('c1', 'ann', 'hello')) t(number, owner, text)",
    "bills": "SELECT * FROM (VALUES ('b1', 'bob', 'ten')) t(number, owner, text)",
}


def company(root: Path, files: Mapping[str, str] | None = None) -> Place:
    """The company's project with its lakehouse, not seeded yet."""
    import duckdb

    write_project(root, {**FILES, **(files or {})})
    (root / "lakehouse").mkdir()
    for name, rows in ROWS.items():
        duckdb.sql(f"COPY ({rows}) TO '{root}/lakehouse/{name}.parquet'")
    return Place(root)


@contextmanager
def opened(place: Place) -> Generator[Project]:
    """The project, as a command opens it."""
    with closing(Project.open(place.root)) as project:
        yield project


def asked(place: Place, who: str = "ann") -> str:
    """Run an item to its review; the id of what waits."""
    view = place.run({"item": {"id": "i-1", "body": "Hello."}}, context={"who": who})
    assert view.status == "waiting_review", view
    return view.review_ids[0]


def people(place: Place, store: str) -> Mapping[str, JsonValue]:
    """How often each was seen, by a store."""
    with opened(place) as project:
        found = project.resources.records[store].export()["people"]
        return {name: one["seen"] for name, one in found.items() if isinstance(one, dict)}


def letters(place: Place, mailbox: str) -> list[tuple[str, str | None, str]]:
    """What left a mailbox."""
    with opened(place) as project:
        return [(one.kind, one.item_id, one.text) for one in project.resources.mailboxes[mailbox].replies()]
