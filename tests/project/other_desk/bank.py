"""The card desk of a bank, as a new user writes it from the docs: its own table, effects, names and actions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson

from compound import Project
from tests.support.commands import command
from tests.support.projects import write_project

if TYPE_CHECKING:
    from typer.testing import Result

SHOP = """\
compound: records/v1
tables:
  cards:
    key: [card_id]
    columns: {card_id: text, holder: text, status: text, why: text, credit_limit: number}
documents:
  cards:
    table: cards
    id: card_id
    shape: {card_id: card_id, holder: holder, status: status, why: why, credit_limit: credit_limit}
view: {root: cards, key: customer_id}
"""
TOOLS = '''\
from typing import Any, Mapping

from compound.connector.mailbox import MailboxTransaction
from compound.connector.records import RecordsTransaction
from compound.effect import effect
from compound.errors import EffectRefused
from compound.model import solver
from compound.tool import Verdict, check
from pydantic import BaseModel, JsonValue


class Freeze(BaseModel):
    card: str
    why: str


class Limit(BaseModel):
    card: str
    amount: float


class Letter(BaseModel):
    to: str
    body: str


@effect("freeze_card", target="shop")
def freeze_card(tx: RecordsTransaction, args: Freeze) -> JsonValue:
    """Freeze a card."""
    card = tx.get("cards", args.card)
    if card is None:
        raise EffectRefused("effect.no-card", f"there is no card {args.card}")
    card["status"], card["why"] = "frozen", args.why
    return {"card": args.card}


@effect("set_limit", target="shop")
def set_limit(tx: RecordsTransaction, args: Limit) -> JsonValue:
    """Change the limit of a card."""
    card = tx.get("cards", args.card)
    if card is None:
        raise EffectRefused("effect.no-card", f"there is no card {args.card}")
    card["credit_limit"] = args.amount
    return {"card": args.card}


@effect("write_letter", target="desk")
def write_letter(tx: MailboxTransaction, args: Letter) -> JsonValue:
    """Write to the holder."""
    return tx.reply(args.to, args.body)


@solver("bank_proposal")
def proposal(inputs: Mapping[str, Any]) -> Any:
    """Freeze the card that the message names."""
    card = next(word for word in inputs["message"].split() if word.startswith("C-"))
    return {"steps": [{"name": "freeze_card", "arguments": {"card": card, "why": "reported lost"}}]}


@solver("bank_letter")
def letter(inputs: Mapping[str, Any]) -> Any:
    """Say what is done."""
    said = [f"Card {one['arguments']['card']} is frozen: {one['arguments']['why']}." for one in inputs["steps"]]
    return {"words": " ".join(["Dear customer.", *said]) if said else "Dear customer, nothing was changed."}


@solver("bank_both")
def both(inputs: Mapping[str, Any]) -> Any:
    """Proposal and letter in one answer."""
    made = proposal(inputs)
    return {"actions": made["steps"], "text": letter(made)["words"]}


@check("named_cards")
def named_cards(words: str, steps: list[dict[str, JsonValue]]) -> Verdict:
    """Every card in the letter is a card that is acted on."""
    known = {str(one["arguments"]["card"]) for one in steps}
    said = {word.strip(".,:") for word in words.split() if word.startswith("C-")}
    problems = [f"the letter names {card}, which nothing is done to" for card in sorted(said - known)]
    return Verdict(ok=not problems, problems=problems)
'''
MODELS = """\
compound: models/v1
provider: offline
models:
  proposer: {solver: bank_proposal}
  writer: {solver: bank_letter}
  both: {solver: bank_both}
"""
HEAD = """\
compound: graph/v1
name: main
types:
  Step: {name: str, arguments: json}
input: {id: str, message: str}
"""
CARDS = (
    {"card_id": "C-1", "holder": "Ann", "status": "open", "why": "", "credit_limit": 100.0},
    {"card_id": "C-2", "holder": "Eve", "status": "open", "why": "", "credit_limit": 200.0},
)
TWO_NODES = """\
compound: graph/v1
name: main
types:
  Step: {name: str, arguments: json}
input: {id: str, message: str}
output: {action: $judge.action, steps: $proposal.steps, letter: $letter.words}
nodes:
  proposal:
    use: llm
    model: proposer
    prompt: prompts/propose.md
    in: {message: $input.message}
    out: {steps: "list[Step]"}
  letter:
    use: llm
    model: writer
    prompt: prompts/letter.md
    in: {steps: $proposal.steps}
    out: {words: str}
  agrees:
    use: check
    kind: named_cards
    in: {words: $letter.words, steps: $proposal.steps}
  judge:
    use: review
    queue: cards
    show: [$input.message, $proposal, $letter, $agrees]
    decide:
      approve: {}
      edit: {words: str, steps: "list[Step]"}
      freeze: {card: str, because: str}
      reject: {reason: "enum(not_ours, unclear)"}
  act:
    use: effect
    tools: [freeze_card, set_limit]
    when: judge.action in ['approve', 'edit']
    in: {actions: $judge.steps ?? $proposal.steps}
  freeze_only:
    use: effect
    tool: freeze_card
    when: judge.action == 'freeze'
    in: {card: $judge.card, why: $judge.because}
  tell:
    use: effect
    tool: write_letter
    when: judge.action in ['approve', 'edit']
    after: [act]
    in: {to: $input.id, body: $judge.words ?? $letter.words}
"""
"""Proposal and letter are nodes of their own: the letter can be written again."""
ONE_NODE = """\
compound: graph/v1
name: main
types:
  Step: {name: str, arguments: json}
  Both: {text: str, actions: "list[Step]"}
input: {id: str, message: str}
output: {action: $ok.action}
nodes:
  draft: {use: llm, model: both, prompt: prompts/propose.md, in: {message: $input.message}, out: Both}
  ok:
    use: review
    show: [$input.message, $draft]
    decide: DECIDE
  act:
    use: effect
    tools: [freeze_card, set_limit]
    when: ok.action != 'reject'
    in: {actions: ACTIONS}
  tell:
    use: effect
    tool: write_letter
    when: ok.action != 'reject'
    after: [act]
    in: {to: $input.id, body: TEXT}
"""
"""One answer holds the letter and the actions."""


def one_node(decide: str) -> str:
    """`ONE_NODE` with an offer; fields of it are used where the graph can use them."""
    actions = "$ok.actions ?? $draft.actions" if "actions:" in decide else "$draft.actions"
    text = "$ok.text ?? $draft.text" if "text:" in decide else "$draft.text"
    return ONE_NODE.replace("DECIDE", decide).replace("ACTIONS", actions).replace("TEXT", text)


@dataclass(frozen=True)
class Bank:
    """A project in a folder of its own, with a command line and what became of its table."""

    root: Path

    def run(self, *arguments: str, code: int | None = 0) -> Result:
        """One command; its exit code is asserted unless it is None."""
        import os

        before = Path.cwd()
        os.chdir(self.root)
        try:
            result = command(list(arguments), env={"COMPOUND_USER": "ann"})
        finally:
            os.chdir(before)
        if code is not None:
            assert result.exit_code == code, f"{arguments}: {result.exit_code}\n{result.output}\n{result.stderr}"
        return result

    def json(self, *arguments: str, code: int | None = 0) -> Any:
        """The JSON that a command prints."""
        return orjson.loads(self.run(*arguments, "--json", code=code).stdout)

    def waiting(self, message: str = "I lost C-1 today") -> str:
        """Run the graph; the id of the item that waits."""
        made = self.json("run", "main", "id=T-1", f"message={message}")
        return str(made["review_ids"][0])

    @property
    def project(self) -> Project:
        """The project, opened."""
        return Project.open(self.root)

    def card(self, card_id: str) -> dict[str, Any]:
        """A row of the table, as it is now."""
        project = self.project
        try:
            return cast("dict[str, Any]", project.resources.records["shop"].export()["cards"][card_id])
        finally:
            project.close()

    def letters(self) -> list[str]:
        """What the customers were told."""
        project = self.project
        try:
            return [one.text for one in project.resources.mailboxes["desk"].replies()]
        finally:
            project.close()

    def audited(self, event: str) -> list[dict[str, Any]]:
        """Details of an event in the audit log, oldest first."""
        import sqlalchemy as sa

        from compound.connector.state import tables

        project = self.project
        try:
            query = sa.select(tables.audit.c.details).where(tables.audit.c.event == event)
            with project.resources.state.read() as db:
                return [dict(row) for row in db.execute(query.order_by(tables.audit.c.seq)).scalars()]
        finally:
            project.close()


def bank(root: Path, graph: str = TWO_NODES) -> Bank:
    """The desk with its cards and one graph."""
    files = {
        "connectors/shop.yaml": SHOP,
        "connectors/desk.yaml": "compound: mailbox/v1\n",
        "connectors/models.yaml": MODELS,
        "tools/cards.py": TOOLS,
        "graphs/main.yaml": graph,
        "graphs/prompts/propose.md": "What does this ask for? {{ message }}\n",
        "graphs/prompts/letter.md": "Say what is done: {{ steps }}\n",
    }
    made = Bank(write_project(root, files))
    project = made.project
    project.resources.records["shop"].seed({"cards": CARDS})
    project.close()
    return made
