"""A bank's desk: a graph, effects and a table of its own, as somebody writes them who has read the docs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compound.project import Project
from tests.support.projects import PYPROJECT, write_project

if TYPE_CHECKING:
    from collections.abc import Generator

GRAPH = """\
compound: graph/v1
name: main
input: {ticket: {id: str, body: str}}
item: {input: ticket, id: ticket.id, title: ticket.body}
output: {action: $review.action, applied: $apply?, told: $tell?}
nodes:
  plan: {use: tool, tool: plan_credits, in: {ticket: $input.ticket}}
  draft: {use: tool, tool: write_letter, in: {plan: $plan}}
  review:
    use: review
    queue: tellers
    show: [$input.ticket, $draft, $plan]
    decide: {approve: {}, edit: {text: str, actions: json}, reject: {reason: "enum(wrong_fact, policy, other)"}}
  apply:
    use: effect
    tools: [credit, note]
    when: review.action != 'reject'
    in: {actions: $review.actions ?? $plan.actions}
  tell:
    use: effect
    tool: tell_customer
    when: review.action != 'reject'
    after: [apply]
    in: {ticket_id: $input.ticket.id, text: $review.text ?? $draft.text}
"""
TOOLS = '''\
"""What the bank's desk does."""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel
from typing_extensions import TypedDict

from compound.connector.mailbox import MailboxTransaction
from compound.connector.records import RecordsTransaction
from compound.effect import RECIPIENT, effect
from compound.errors import EffectRefused
from compound.tool import tool

WORLD = Path(__file__).parent.parent / "world.json"


class Action(TypedDict):
    name: str
    arguments: dict[str, Any]


class Plan(TypedDict):
    actions: list[Action]


class Letter(TypedDict):
    text: str


def world() -> dict[str, Any]:
    return json.loads(WORLD.read_text())


@tool
def plan_credits(ticket: dict[str, Any]) -> Plan:
    return {"actions": world()["actions"]}


@tool
def write_letter(plan: Plan) -> Letter:
    return {"text": world()["text"]}


class Credit(BaseModel):
    account: str
    amount: float


class Note(BaseModel):
    account: str
    text: str


class Tell(BaseModel):
    ticket_id: Annotated[str, RECIPIENT]
    text: str


@effect("credit", target="shop")
def credit(tx: RecordsTransaction, args: Credit) -> Any:
    """Issue a credit note; nothing in the account says that it was done before."""
    account = tx.get("accounts", args.account)
    if account is None:
        raise EffectRefused("effect.not-found", f"there is no account {args.account}")
    account["balance"] += args.amount
    return {"balance": account["balance"]}


@effect("note", target="desk")
def note(tx: MailboxTransaction, args: Note) -> Any:
    """Pass a note on."""
    if "note" in world()["refuses"]:
        raise EffectRefused("effect.closed", "notes are closed")
    return tx.transfer(args.text)


@effect("tell_customer", target="desk")
def tell_customer(tx: MailboxTransaction, args: Tell) -> Any:
    """Answer the customer."""
    if "tell" in world()["refuses"]:
        raise EffectRefused("effect.closed", "the mailbox is closed")
    return tx.reply(args.ticket_id, args.text)
'''
SHOP = """\
compound: records/v1
tables:
  accounts: {key: [account], columns: {account: text, balance: number}}
documents:
  accounts: {table: accounts, id: account, shape: {account: account, balance: balance}}
view: {root: accounts, key: customer_id, follow: []}
"""
CREDIT: dict[str, Any] = {"name": "credit", "arguments": {"account": "a1", "amount": 10.0}}
NOTE: dict[str, Any] = {"name": "note", "arguments": {"account": "a1", "text": "credited"}}


class Bank:
    """The desk with its world: what the plan proposes, what the letter says, what is refused now."""

    def __init__(self, root: Path, *, graph: str = GRAPH, files: Mapping[str, str] | None = None) -> None:
        self.root = root
        own = {"graphs/main.yaml": graph, "tools/bank.py": TOOLS, "connectors/shop.yaml": SHOP}
        desk = {"connectors/desk.yaml": "compound: mailbox/v1\n", "pyproject.toml": PYPROJECT}
        write_project(root, {**own, **desk, **(files or {})})
        self.set(actions=[CREDIT], text="We credit you.", refuses=[])
        with self.open() as project:
            project.resources.records["shop"].seed(
                {"accounts": [{"account": one, "balance": 0.0} for one in ("a1", "a2")]}
            )

    def set(self, **changes: Any) -> None:
        """Change the world."""
        path = self.root / "world.json"
        known = json.loads(path.read_text()) if path.is_file() else {}
        path.write_text(json.dumps({**known, **changes}))

    @contextmanager
    def open(self) -> Generator[Project]:
        """The project, as a command opens it."""
        with closing(Project.open(self.root)) as project:
            yield project

    def ask(self, ticket_id: str = "T-1", graph: str | None = None) -> str:
        """Run a ticket to its review; the item's id."""
        with self.open() as project:
            view = project.run(graph, {"ticket": {"id": ticket_id, "body": "Please credit me."}})
        assert view.status == "waiting_review", view
        return view.review_ids[0]

    def balance(self, account: str = "a1") -> float:
        """What the account holds now."""
        with self.open() as project:
            found: Any = project.resources.records["shop"].export()["accounts"][account]
            return float(found["balance"])

    def applied(self) -> int:
        """Effects that happened in the shop."""
        with self.open() as project:
            return len(project.resources.records["shop"].applied())

    def letters(self) -> list[str]:
        """What the customer was told."""
        with self.open() as project:
            return [one.text for one in project.resources.mailboxes["desk"].replies() if one.kind == "reply"]
