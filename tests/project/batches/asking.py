"""A project that knows no tickets: a question comes in, an answer goes out, nobody is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.desks.reply_desk import ReplyDesk

GRAPH = """\
compound: graph/v1
name: ask
input: {question: str, count: int?, tags: "list[str]?", more: json?}
context: {tenant: str?}
output: {text: $answer, tags: $input.tags?}
nodes:
  answer:
    use: tool
    tool: answer
    in: {question: $input.question, count: $input.count?, more: $input.more?, tenant: $context.tenant?}
    out: str
"""
TOOLS = '''\
from collections.abc import Iterator
from pathlib import Path
from pydantic import BaseModel, JsonValue
from compound.tool import tool

RAN = Path(__file__).parent.parent / "ran"


@tool
def answer(question: str, count: int | None = None, more: JsonValue = None, tenant: str | None = None) -> str:
    """Answer a question."""
    with RAN.open("a") as file:
        file.write(question + "\\n")
    if question == "bug":
        raise ValueError("a bug")
    said = [question, *[str(one) for one in (count, more, tenant) if one is not None]]
    return " ".join(said)


class Row(BaseModel):
    id: int
    question: str


def rows() -> Iterator[object]:
    """Rows of the project's own."""
    yield {"id": "p1", "question": "first"}
    yield Row(id=2, question="second")


def number() -> int:
    """No rows."""
    return 3


def breaks() -> Iterator[object]:
    """Break after a row."""
    yield {"id": "b1", "question": "first"}
    raise RuntimeError("the source broke")
'''
FILES = {"graphs/ask.yaml": GRAPH, "tools/asking.py": TOOLS}


class Asking(ReplyDesk):
    """The project as its owner sees it."""

    def __init__(self, root: Path, *, files: Mapping[str, str] | None = None) -> None:
        super().__init__(root, files=FILES | dict(files or {}))

    def put(self, name: str, text: str) -> Path:
        """A file of the project's folder."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def ask(self, source: str, *options: str, code: int = 0) -> dict[str, Any]:
        """`compound batch ask --from SOURCE ... --json`."""
        return self.batch("ask", "--from", source, *options, code=code)

    def ran(self) -> list[str]:
        """The questions that were answered, sorted; one that was answered twice stands twice."""
        path = self.root / "ran"
        return sorted(path.read_text().splitlines()) if path.exists() else []


def lines(path: Path) -> list[dict[str, Any]]:
    """The records of a JSONL file."""
    return [json.loads(line) for line in path.read_text().splitlines()]
