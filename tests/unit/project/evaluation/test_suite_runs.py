"""Runs of a suite: effects on copies, approved reviews, and what models cost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from compound import Project
from tests.support.projects import write_project
from tests.unit.project.evaluation.sums import CASES, SCORERS, SUITE, evaluated, project_of

SHOP = """\
compound: records/v1
tables:
  cards: {key: [card], columns: {card: text, status: text}}
documents:
  cards: {table: cards, id: card, shape: {card: card, status: status}}
view: {root: cards, key: customer_id}
"""
FREEZE = """\
compound: graph/v1
name: main
input: {card: str, text: str}
output: {seen: $seen, frozen: $freeze?, said: $say?}
nodes:
  seen: {use: tool, tool: same, in: {text: $input.card}, out: str}
  ok: {use: review, show: [$seen, $input.card, $input.text]}
  freeze: {use: effect, tool: freeze, when: ok.action == 'approve', in: {card: $input.card}}
  say: {use: effect, tool: say, when: ok.action == 'approve', in: {ticket_id: $input.card, text: $input.text}}
"""
EFFECTS = '''\
from typing import Any

from pydantic import BaseModel

from compound.effect import effect
from compound.errors import EffectRefused
from compound.tool import tool


class Card(BaseModel):
    card: str


class Reply(BaseModel):
    ticket_id: str
    text: str


@tool
def same(text: str) -> str:
    """Say it again."""
    return text


@effect("freeze", target="shop")
def freeze(tx: Any, args: Card) -> Any:
    """Freeze a card."""
    card = tx.get("cards", args.card)
    if card["status"] != "active":
        raise EffectRefused("card.frozen", "it is frozen")
    card["status"] = "frozen"
    return {"card": args.card}


@effect("say", target="desk")
def say(tx: Any, args: Reply) -> Any:
    """Answer."""
    return tx.reply(args.ticket_id, args.text)
'''
FROZEN = """\
from compound.evaluation import Case, CaseSet, Score


def load(context):
    return CaseSet(cases=[Case(id=f"case-{n}", input={"card": "K1", "text": "Done."}, expected={}) for n in range(3)])


def frozen(context):
    def score(case, result):
        ok = result.status == "done" and [one["status"] for one in result.output["frozen"]] == ["sent"]
        yield Score(name="right", value=ok, details={"status": result.status, "output": str(result.output)})

    return score
"""


@pytest.mark.parametrize("until", ["end", "review"])
def test_a_suite_to_the_end_does_its_effects_on_copies(until: str, tmp_path: Path) -> None:
    suite = SUITE.replace("cases:load", "all:load").replace("scorers:right", "all:frozen") + f"until: {until}\n"
    root = write_project(
        tmp_path,
        {
            "graphs/main.yaml": FREEZE,
            "tools/cards.py": EFFECTS,
            "connectors/shop.yaml": SHOP,
            "connectors/desk.yaml": "compound: mailbox/v1\n",
            "evals/sums/all.py": FROZEN,
            "evals/sums/suite.yaml": suite,
        },
    )
    project = Project.open(root)
    project.resources.records["shop"].seed({"cards": [{"card": "K1", "status": "active"}]})
    report = project.evaluate("sums", details=True)
    assert report.scores["right"].value == (1.0 if until == "end" else 0.0), (report.cases, report.errors)
    assert {case.status for case in report.cases} == {"done" if until == "end" else "waiting_review"}
    with sqlite3.connect(project.resources.records["shop"].name) as shop:
        assert shop.execute("select status from cards").fetchall() == [("active",)]
    assert list(project.resources.mailboxes["desk"].replies()) == []
    assert project.reviews().counts() == {}
    project.close()


ASKS = """\
compound: graph/v1
name: main
input: {n: int}
output: {text: $write.text}
nodes:
  write: {use: llm, model: "$input.model", prompt: prompts/p.md, in: {n: $input.n}, out: {text: str}}
"""
PAID = """\
compound: models/v1
provider: langchain
models:
  known: {langchain: {factory: "tests.support.models.paid_model:PaidModel", options: {name: known-1}}}
  unknown: {langchain: {factory: "tests.support.models.paid_model:PaidModel", options: {name: unknown-1}}}
prices: {version: "1", usd_per_million_tokens: {known-1: {input: 1000, output: 2000, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0}}}
"""


@pytest.mark.parametrize(("model", "cost"), [("known", 4 * (0.010 + 0.010)), ("unknown", None)])
def test_what_models_cost_is_reported_where_every_price_is_known(
    model: str, cost: float | None, tmp_path: Path
) -> None:
    project_of(tmp_path)
    (tmp_path / "graphs/main.yaml").write_text(ASKS.replace('"$input.model"', model))
    (tmp_path / "graphs/prompts").mkdir()
    (tmp_path / "graphs/prompts/p.md").write_text("Say {{ n }}.")
    (tmp_path / "connectors/models.yaml").write_text(PAID)
    (tmp_path / "evals/sums/cases.py").write_text(CASES.replace('{"context": {"factor": 3}} if n == 2 else {}', "{}"))
    _, report = evaluated(tmp_path)
    assert report["cost_usd"] == (None if cost is None else pytest.approx(cost)), report


ASKED = """\
compound: graph/v1
name: main
input: {n: int}
output: {n: $input.n, said: $ok.action}
nodes:
  ok: {use: review, show: [$input.n]}
"""
SAID = """

def said(context):
    def score(case, result):
        yield Score(name="right", value=result.status == "done" and result.output["said"] == "approve")

    return score
"""


def test_a_review_is_approved_in_a_project_without_shop_and_desk(tmp_path: Path) -> None:
    root = project_of(tmp_path, SUITE.replace("scorers:right", "scorers:said") + "until: end\n")
    (root / "graphs/main.yaml").write_text(ASKED)
    (root / "evals/sums/scorers.py").write_text(SCORERS + SAID)
    (root / "evals/sums/cases.py").write_text(CASES.replace('{"context": {"factor": 3}} if n == 2 else {}', "{}"))
    _, report = evaluated(root, "--details")
    assert report["scores"]["right"]["value"] == 1.0, report["cases"]
