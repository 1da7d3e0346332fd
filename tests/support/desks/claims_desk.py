"""A small claims desk: a graph with an `auto` rule, its policy, its tool, its solver, and a suite with labels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.projects import write_project

GRAPH = """\
compound: graph/v1
name: main
policy: claims
input: {claim: {number: str, words: str, holder: str, trust: float}}
output: {decision: $look.action, sent: $answer_claim?}
nodes:
  letter:
    use: llm
    model: clerk
    prompt: prompts/clerk.md
    in: {words: $input.claim.words}
    out: {text: str}
  sound: {use: tool, tool: is_sound, in: {words: $input.claim.words}, out: {ok: bool}}
  look:
    use: review
    queue: claims
    show: {draft: $letter, sound: $sound}
    decide: {approve: {}, edit: {text: str}, reject: {reason: "enum(wrong_fact, other)"}}
    auto: {when: sound.ok, key: $input.claim.holder}
  answer_claim:
    use: effect
    tool: send_letter
    when: look.action != 'reject'
    in: {number: $input.claim.number, text: "$look.text ?? $letter.text"}
"""
SCORED = GRAPH.replace("auto: {when: sound.ok,", "auto: {when: sound.ok, score: $input.claim.trust,")
POLICY = """\
compound: policy/v1
name: claims
effects:
  send_letter: {automatic: true}
automatic: {error_at_most: 10%, confidence: 90%, audit_share: 0%}
"""
TOOLS = '''\
from pydantic import BaseModel

from compound.effect import effect
from compound.tool import tool

from .phrases import GREETING, polite


class Letter(BaseModel):
    """Arguments of `send_letter`."""

    number: str
    text: str


@tool
def is_sound(words: str) -> dict[str, bool]:
    """Nothing in the claim is odd."""
    return {"ok": "odd" not in words}


@effect("send_letter", target="desk")
def send_letter(tx, args: Letter):
    """Send the letter."""
    return tx.reply(args.number, args.text)
'''
CLERK = '''\
from compound.model import solver

from .phrases import GREETING


@solver("clerk")
def clerk(inputs):
    """Write the letter."""
    return {"text": f"{GREETING}, we have your claim: {inputs['words']}"}
'''
PHRASES = """\
GREETING = "Hello"


def polite(text: str) -> str:
    return text
"""
CASES = """\
import json
from pathlib import Path

from compound.evaluation import Case, CaseSet, SuiteContext


def load(context: SuiteContext) -> CaseSet:
    rows = json.loads((Path(context.root) / "evals/letters/labelled.json").read_text())
    return CaseSet(cases=[
        Case(id=row["id"], input={"claim": row["claim"]}, expected={"wrong": row["wrong"]}, cluster_id=row["claim"]["holder"])
        for row in rows
    ])
"""
SCORERS = """\
from compound.evaluation import Case, CaseResult, Score, SuiteContext


def judge(context: SuiteContext):
    def score(case: Case, result: CaseResult):
        wrong = case.expected["wrong"]
        yield Score(name="right", value=1.0)
        yield Score(name="sent_wrong", value=None if wrong is None else float(wrong))

    return score
"""
SUITE = """\
compound: suite/v1
name: letters
cases: cases:load
scorers: [scorers:judge]
scores: {right: always}
certify: {wrong: sent_wrong}
"""
MODELS = "compound: models/v1\nprovider: offline\nmodels: {clerk: {solver: clerk}}\n"


def claim(number: int, *, words: str = "a broken cup", holder: str = "", trust: float = 1.0) -> dict[str, Any]:
    """One claim; each of another holder unless one is named."""
    return {"number": f"C-{number}", "words": words, "holder": holder or f"holder-{number}", "trust": trust}


def claims_desk(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """The whole project, with no labels yet."""
    desk = {
        "graphs/main.yaml": GRAPH,
        "graphs/prompts/clerk.md": "Answer: {{ words }}",
        "graphs/policies/claims.yaml": POLICY,
        "tools/claims.py": TOOLS,
        "tools/clerk.py": CLERK,
        "tools/phrases.py": PHRASES,
        "connectors/models.yaml": MODELS,
        "connectors/desk.yaml": "compound: mailbox/v1\nreplies: replies\n",
        "evals/letters/suite.yaml": SUITE,
        "evals/letters/cases.py": CASES,
        "evals/letters/scorers.py": SCORERS,
    }
    write_project(root, {**desk, **(files or {})})
    label(root, [])
    return root


def label(root: Path, rows: list[dict[str, Any]]) -> None:
    """Write the labelled cases: `{claim, wrong}`."""
    named = [{"id": f"case-{index}", **row} for index, row in enumerate(rows)]
    (root / "evals/letters/labelled.json").write_text(json.dumps(named), encoding="utf-8")


def good(count: int, **more: Any) -> list[dict[str, Any]]:
    """Labelled cases that are right."""
    return [{"claim": claim(index, **more), "wrong": False} for index in range(count)]


def sent(root: Path) -> list[str]:
    """The letters that went out."""
    folder = root / ".compound/plain/desk/replies"
    return sorted(path.name for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
