"""What cannot be carried out is said before a decision is stored; what a customer wrote does not stand in the way."""

from __future__ import annotations

from pathlib import Path

from tests.project.keys.table import Place
from tests.support.projects import write_project

GRAPH = """\
compound: graph/v1
name: visit
input: {id: str, owner: str, message: str}
item: {id: id, title: message}
output: {decision: $review.action}
nodes:
  wish: {use: tool, tool: read_wish, in: {owner: $input.owner, message: $input.message}}
  review:
    use: review
    show: [$input.message, $wish]
    decide: {approve: {}, edit: {day: date, reply: str}, reject: {}}
  book:
    use: effect
    tool: book_visit
    when: review.action in ['approve', 'edit']
    in: {visit: $input.id, day: $review.day ?? $wish.day, told: $input.message, copied: $wish.told}
  tell:
    use: effect
    tool: tell_owner
    when: review.action in ['approve', 'edit']
    after: [book]
    in: {id: $input.id, text: $review.reply ?? $wish.reply}
"""
TOOLS = '''\
from datetime import date
from typing import Annotated

from pydantic import BaseModel, JsonValue

from compound.connector.mailbox import MailboxTransaction
from compound.connector.records import RecordsTransaction
from compound.effect import RECIPIENT, effect
from compound.tool import tool


class Wish(BaseModel):
    day: date
    reply: str
    told: str


@tool
def read_wish(owner: str, message: str) -> Wish:
    """Find the day."""
    return Wish(day="2026-11-08", reply=f"Dear {owner}, come on 2026-11-08 at 9, please.", told=message)


class Visit(BaseModel):
    visit: str
    day: date
    told: str
    copied: str


@effect("book_visit", target="practice")
def book_visit(tx: RecordsTransaction, args: Visit) -> JsonValue:
    """Book it."""
    tx.add("visits", args.visit, {"visit": args.visit, "day": str(args.day), "told": args.told})
    return None


class Reply(BaseModel):
    id: Annotated[str, RECIPIENT]
    text: str


@effect("tell_owner", target="mail")
def tell_owner(tx: MailboxTransaction, args: Reply) -> JsonValue:
    """Answer."""
    return tx.reply(args.id, args.text)
'''
STORE = """\
compound: records/v1
tables:
  visits: {key: [visit], columns: {visit: text, day: text, told: text}}
documents:
  visits: {table: visits, id: visit, shape: {visit: visit, day: day, told: told}}
"""
SETTINGS = '[tool.compound]\ngraph = "visit"\n'


def practice(root: Path, **changes: str) -> Place:
    files = {"graphs/visit.yaml": GRAPH, "tools/visits.py": TOOLS, "connectors/practice.yaml": STORE}
    place = Place(write_project(root, {"pyproject.toml": SETTINGS, **files, **changes}))
    asked = ("id=T-1", "owner=Bert", "message=My dog limps. Is 2026-11-08 free, please?")
    assert place.say("run", *asked).code == 0
    return place


def test_an_effect_without_its_tables_is_said_before_the_decision_is_stored(tmp_path: Path) -> None:
    place = practice(tmp_path)
    refused = place.say("review", "approve", "T-1")
    assert refused.code == 1
    assert "records.not-seeded" in refused.err
    assert "run `compound seed`" in refused.err
    shown = place.say("review", "show", "T-1", "--json").json
    assert (shown["status"], shown["decisions"], shown["outcomes"]) == ("pending", [], [])
    assert "practice.db (its tables are made; they are empty)" in place.say("seed").out
    assert place.say("review", "approve", "T-1").code == 0
    assert place.say("store", "rows", "practice", "visits", "--json").json["visits"][0]["day"] == "2026-11-08"
    assert "(already filled" in place.say("seed").out


def test_a_day_is_changed_although_the_customer_named_the_old_one(tmp_path: Path) -> None:
    place = practice(tmp_path)
    place.say("seed")
    asked = place.say("review", "edit", "T-1", "--field", "day=2026-11-09")
    assert "pass reply too" in asked.err  # our own words named the old day
    done = place.say("review", "edit", "T-1", "--field", "day=2026-11-09", "--field", "reply=Come on the 9th.")
    assert done.code == 0, done.err
    row = place.say("store", "rows", "practice", "visits", "--json").json["visits"][0]
    assert (row["day"], row["told"]) == ("2026-11-09", "My dog limps. Is 2026-11-08 free, please?")


def test_words_of_ours_that_name_what_an_edit_removes_are_still_refused(tmp_path: Path) -> None:
    graph = GRAPH.replace("told: $input.message", "told: $wish.reply").replace(", reply: str}", "}")
    graph = graph.replace("$review.reply ?? $wish.reply", "$wish.reply")
    place = practice(tmp_path, **{"graphs/visit.yaml": graph})
    place.say("seed")
    refused = place.say("review", "edit", "T-1", "--field", "day=2026-11-09")
    assert "review.text-needed" in refused.err
    assert "would still mention" in refused.err
