"""The project that is served: letters of customers, three graphs that answer them, a review before each answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.project.keys.table import Place
from tests.support.projects import write_project

GRAPHS: Final = ("answer", "billing", "complaints")
FIRST: Final = 7_000_000
"""The number of the first letter; all have seven digits."""
_PYPROJECT = """\
[tool.compound]
name = "waterworks"
graph = "answer"
profile = "plain"

[tool.compound.profiles.plain]
lakehouse = "lakehouse"
mailboxes = {{inbox = "letters.jsonl"}}
{state}"""
_GRAPH = """\
compound: graph/v1
name: {name}
input: {{letter: {{id: str, subject: str, body: str, email: str?, customer_id: str?, received_at: str?, risk: int?}}}}
item: {{input: letter, id: letter.id, title: letter.subject, key: letter.customer_id}}
output: {{text: $draft, action: $ok.action, sent: $send?}}
nodes:
  before: {{use: tool, tool: inbox_conversation, in: {{item_id: $input.letter.id}}}}
  rules: {{use: tool, tool: rules, in: {{}}}}
  draft: {{use: tool, tool: draft, in: {{letter: $input.letter}}, out: str}}
  ok:
    use: review
    queue: {name}
    show: [$draft, $before, $rules]
    decide: {{approve: {{}}, edit: {{text: str}}, reject: {{reason: str}}}}
{more}
  send:
    use: effect
    tool: send_answer
    when: ok.action in ['approve', 'edit']
    in: {{letter_id: $input.letter.id, text: $ok.text ?? $draft}}
"""
_MORE = {
    "answer": "    due: 30d\n    auto: {when: '(input.letter.risk ?? 0) == 0'}\n    risk: $input.letter.risk ?? 0",
    "billing": "    due: 30d\n    risk: $input.letter.risk ?? 0",
    "complaints": "    risk: $input.letter.risk ?? 0",
}
_TOOLS = '''\
from pydantic import BaseModel, JsonValue

from compound.connector.mailbox import MailboxTransaction
from compound.effect import effect
from compound.tool import tool

RULES = [
    {"id": f"rule-{n}", "text": f"Rule {n}. " + "A meter is read once a year, and a bill follows within four weeks. " * 3}
    for n in range(1, 6)
]


class Answer(BaseModel):
    letter_id: str
    text: str


@tool
def rules() -> list[JsonValue]:
    """The rules of the desk."""
    return list(RULES)


@tool
def draft(letter: dict[str, JsonValue]) -> str:
    """Answer a letter."""
    return (
        f"Dear customer,\\n\\nthank you for your letter about {letter['subject']}. "
        "A meter is read once a year, and a bill follows within four weeks. "
        f"Your number is {letter['id']}.\\n\\nKind regards"
    )


@effect("send_answer", target="inbox")
def send_answer(tx: MailboxTransaction, args: Answer) -> JsonValue:
    """Answer the customer."""
    return tx.reply(args.letter_id, args.text)
'''


def waterworks(root: Path, *, state: str = "") -> Place:
    """The project, with nothing in it yet.

    Args:
        root: Its folder.
        state: URL of the state store; empty for a file in the project.
    """
    files = {f"graphs/{name}.yaml": _GRAPH.format(name=name, more=_MORE[name]) for name in GRAPHS}
    files |= {"tools/answers.py": _TOOLS, "connectors/inbox.yaml": "compound: mailbox/v1\n"}
    files["pyproject.toml"] = _PYPROJECT.format(state=f'state = "{state}"\n' if state else "")
    (root / "lakehouse").mkdir(parents=True, exist_ok=True)
    write_project(root, files)
    return Place(root)


def letter(number: int, *, risk: int) -> dict[str, object]:
    """A letter; its number stands in its id, its subject and its text."""
    return {
        "id": f"L{number}",
        "subject": f"The bill {number} is too high",
        "body": f"Hello, the bill {number} is twice that of last year. Please read the meter again.",
        "email": f"c{number}@customers.example",
        "risk": risk,
    }


def drafted(place: Place, graph: str, letters: Sequence[dict[str, object]]) -> None:
    """Letters come in, are drafted, and wait for a person."""
    place.write({"letters.jsonl": "".join(f"{json.dumps(one)}\n" for one in letters)})
    told = place.say("batch", graph, "--from", "inbox", "--json")
    if told.code:
        raise RuntimeError(told.err)
