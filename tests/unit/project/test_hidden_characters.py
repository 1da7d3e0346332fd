"""What a stranger writes cannot turn, hide or move what a reviewer sees, in text and in JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.support.projects import write_project

GRAPH = """\
compound: graph/v1
name: ask
input: {ticket: {id: str, body: str}}
item: {input: ticket, id: ticket.id, title: ticket.body}
output: {action: $review.action}
nodes:
  draft: {use: tool, tool: shout, in: {text: $input.ticket.body}, out: {text: str}}
  review: {use: review, queue: support, show: [$input.ticket, $draft]}
"""
TOOL = '''\
from compound.tool import tool


@tool
def shout(text: str) -> dict[str, str]:
    """Loud."""
    return {"text": text}
'''
HIDDEN = "".join(map(chr, [*range(1, 9), 0x1B, 0x7F, 0x85, 0x9B, 0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F),
                           *range(0x2066, 0x206A), 0xFEFF, 0xE0001, 0xE0041, 0xE007F]))  # fmt: skip
SEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)


def run(root: Path, *given: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "compound", *given],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert done.stdout, done.stderr
    return done.stdout


def test_a_reviewer_sees_what_is_hidden(tmp_path: Path) -> None:
    root = write_project(tmp_path, {"tools/all.py": TOOL, "graphs/ask.yaml": GRAPH})
    body = f"pay {HIDDEN}Ann"
    ran = run(root, "run", "ask", "--item", json.dumps({"id": "T1", "body": body}))
    document, shown = run(root, "review", "show", "T1", "--json"), run(root, "review", "show", "T1")
    for text in (ran, document, shown):
        assert SEEN.findall(text) == []
    assert body in _texts(json.loads(document))
    assert "<U+202E>" in shown
    assert "<U+E0041>" in shown


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []
