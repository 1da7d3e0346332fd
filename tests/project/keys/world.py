"""A project with one of everything that a node can name: tables, an index, a specialist, models, tools, effects."""

from __future__ import annotations

import shutil
from typing import Any

from compound.connector.lakehouse import write_table
from tests.project.keys.table import Desk, Place
from tests.support.projects import write_project

PYPROJECT = """\
[tool.compound]
name = "small"
graph = "main"
profile = "plain"
specialists = { mood = "tools.training:examples" }

[tool.compound.profiles.plain]
lakehouse = "lakehouse"
training = "moods.txt"
lexical = ["handbook", "cards"]

[tool.compound.profiles.plain.documents]
handbook = ["docs/*.md"]
cards = ["docs/cards.md"]
"""
TOOLS = '''\
"""What the graphs of the rows call."""

import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, JsonValue

from compound.connector.mailbox import MailboxTransaction
from compound.effect import effect
from compound.errors import ConnectorError
from compound.model import solver
from compound.tool import Verdict, check, tool

COUNTS = Path(__file__).parent.parent / "counts"


def trouble(name: str, text: str) -> None:
    """Count a call; `bad 2` fails the first two times, `slow` takes its time, `bug` is one."""
    COUNTS.mkdir(exist_ok=True)
    with (COUNTS / name).open("a") as file:
        file.write("x")
    word, _, times = text.partition(" ")
    if word == "bad" and (COUNTS / name).stat().st_size <= int(times or 99):
        raise ConnectorError("records.locked", "the shop is locked")
    if word == "slow":
        time.sleep(0.05)
    if word == "bug":
        raise ValueError("a bug")


@tool(blocking=True)
def echo(text: str) -> str:
    """Say it again."""
    trouble("tool", text)
    return f"said {text}"


@tool
def parts(text: str) -> list[str]:
    """Its words."""
    return text.split()


@tool
def add(n: int, more: int = 1) -> int:
    """Add."""
    return n + more


@tool
def amount_of(ticket_id: str, text: str) -> float:
    """What a reply is worth."""
    return float(len(text))


@tool
def record(text: str) -> dict[str, JsonValue]:
    """Anything."""
    return {"text": text, "n": 3}


@tool(blocking=True)
def at_once(text: str) -> int:
    """How many of these calls are going on."""
    mine = COUNTS / f"going-{text}"
    COUNTS.mkdir(exist_ok=True)
    mine.touch()
    time.sleep(0.05)
    going = len(list(COUNTS.glob("going-*")))
    mine.unlink()
    return going


@check("polite", blocking=True)
def polite(text: str) -> Verdict:
    """Whether it is polite."""
    trouble("check", text)
    return Verdict(ok="rude" not in text, score=0.5)


@check("fine")
def fine(text: str) -> Verdict:
    """Whether anything is there."""
    return Verdict(ok=bool(text))


@solver("writer")
def writer(inputs: dict[str, Any]) -> JsonValue:
    """Write."""
    text = str(inputs.get("text", "nothing"))
    trouble("llm", text)
    return {"text": f"wrote {text}"}


@solver("agent")
def agent(inputs: dict[str, Any]) -> JsonValue:
    """Call what the text names, again and again while it says so; else answer."""
    text, seen = str(inputs.get("text", "nothing")), list(inputs["observations"])
    trouble("agent", text)
    word, _, rest = text.partition(" ")
    if word in {"call", "use"} and not seen:
        return {"tool_calls": [{"name": rest, "arguments": {"text": "hi"} if word == "call" else {}}]}
    if word != "loop" and seen:
        return {"answer": f"heard {seen[-1]['result']}"}
    if word == "loop":
        return {"tool_calls": [{"name": "echo", "arguments": {"text": "hi"}}]}
    return {"answer": f"thought {text}"}


class Say(BaseModel):
    """What is said to whom."""

    ticket_id: str
    text: str


@effect("say", target="desk")
def say(tx: MailboxTransaction, args: Say) -> JsonValue:
    """Reply to a customer."""
    return tx.reply(args.ticket_id, args.text)


@effect("pay", target="desk")
def pay(tx: MailboxTransaction, args: Say) -> JsonValue:
    """Reply with money."""
    return tx.reply(args.ticket_id, f"paid {args.text}")
'''
SQL = """\
---
name: orders_of
description: A customer's orders.
kind: query
tables: [lake.shop.orders]
params:
  customer: {type: VARCHAR}
---
SELECT order_id, customer FROM orders WHERE CAST(substr(customer, 2) AS INTEGER) = CAST(substr($customer, 2) AS INTEGER)
ORDER BY order_id
"""
TRAINING = """\
from compound.specialist import Example


def examples(path):
    for number, line in enumerate(path.read_text().splitlines()):
        text, _, label = line.partition("|")
        yield Example(text=text, labels=(label,), group=f"g{number}")
"""
GRAPH = """\
compound: graph/v1
name: main
input: {text: str}
output: {a: $echoed?}
nodes:
  echoed: {use: tool, tool: echo, in: {text: $input.text}, out: str}
"""
MODELS = """\
compound: models/v1
provider: offline
models:
  writer: {solver: writer}
  agent: {solver: agent}
  echo: {provider: langchain, langchain: {factory: "tests.project.keys.chat:EchoChat", model: echo-1}}
  free: {provider: langchain, langchain: {factory: "tests.project.keys.chat:EchoChat", model: free-1}}
  slow:
    provider: langchain
    langchain: {factory: "tests.project.keys.chat:EchoChat", model: echo-1, options: {wait_s: 0.2}}
prices: {version: "1", usd_per_million_tokens: {echo-1: {input: 1000, output: 10000, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0}}}
retry: {attempts: 1}
"""
"""Of `echo` and `slow` a call costs 2 USD; what `free` costs nobody knows."""
FILES = {
    "pyproject.toml": PYPROJECT,
    "graphs/main.yaml": GRAPH,
    "graphs/other.yaml": GRAPH.replace("name: main", "name: other").replace("output: {a:", "output: {b:"),
    "graphs/inner.yaml": GRAPH.replace("name: main", "name: inner"),
    "graphs/prompts/ask.md": "Write about {{ text }}.",
    "graphs/prompts/sing.md": "Sing about {{ text }}.",
    "graphs/prompts/rules.md": "Be short.",
    "tools/kit.py": TOOLS,
    "tools/orders_of.sql": SQL,
    "tools/first_of.sql": SQL.replace("orders_of", "first_of").replace("BY order_id", "BY order_id LIMIT 1"),
    "tools/training.py": TRAINING,
    "connectors/models.yaml": MODELS,
    "connectors/desk.yaml": "compound: mailbox/v1\n",
    "docs/refunds.md": "# Refunds\n\nA refund takes five days.\n",
    "docs/cards.md": "# Cards\n\nA refund of a card takes a week.\n",
    "moods.txt": "".join(
        f"{word} {thing} {number}|{mood}\n"
        for number, thing in enumerate(["tea", "day", "shop", "letter", "road", "song"] * 10)
        for mood, word in (("glad", "lovely"), ("cross", "awful"))
    ),
}


def _build(place: Place) -> None:
    write_project(place.root, FILES)
    rows: list[dict[str, Any]] = [{"order_id": f"o{n}", "customer": f"c{n % 2}"} for n in range(4)]
    write_table(place.root / "lakehouse", "orders", rows, schema={"order_id": "VARCHAR", "customer": "VARCHAR"})
    with place.open() as project:
        project.index([])
        project.train("mood", promote=True)
    place.run({"text": "warm"})
    shutil.rmtree(place.root / "counts")


def world(desk: Desk, files: dict[str, str] | None = None) -> Place:
    """A copy of the project."""
    return desk.copy("world", _build).write(files or {})
