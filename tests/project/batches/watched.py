"""A project whose batch runs in a process of its own, and waits at items until the test lets it go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from tests.support.desks.reply_desk import ReplyDesk

GATED = '''\
import time
from pathlib import Path

from compound.tool import tool

ROOT = Path(__file__).parent.parent


@tool(blocking=True)
def answer(question: str) -> str:
    """Answer; an item whose question is a word waits until the test lets it go on."""
    (ROOT / "began").mkdir(exist_ok=True)
    (ROOT / "began" / question).touch()
    end = time.monotonic() + 60
    while question.startswith("hold") and not (ROOT / f"{question}.go").exists():
        if time.monotonic() > end:
            raise TimeoutError(question)
        time.sleep(0.02)
    if question.startswith("bug") and not (ROOT / "mended").exists():
        raise ValueError(question)
    return question
'''
GRAPH = """\
compound: graph/v1
name: ask
input: {question: str}
output: {text: $answer}
nodes:
  answer: {use: tool, tool: answer, in: {question: $input.question}, out: str}
"""


class Watched(ReplyDesk):
    """A desk whose batch runs in a process of its own."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, files={"graphs/ask.yaml": GRAPH, "tools/gated.py": GATED})

    def questions(self, *questions: str) -> None:
        lines = [f"{number},{one}" for number, one in enumerate(questions, 1)]
        (self.root / "q.csv").write_text("\n".join(["id,question", *lines, ""]))

    @contextmanager
    def running(self, *options: str) -> Generator[subprocess.Popen[str]]:
        """`compound batch ask --from q.csv -c 1` in another process."""
        source = () if "--from" in options else ("--from", "q.csv")
        command = [sys.executable, "-m", "compound", "batch", "ask", *source, "-c", "1", "--json", *options]
        process = subprocess.Popen(
            command, cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def go(self, question: str) -> None:
        (self.root / f"{question}.go").touch()

    def began(self) -> set[str]:
        folder = self.root / "began"
        return {one.name for one in folder.iterdir()} if folder.exists() else set()

    def batches(self, *arguments: str, code: int = 0) -> Any:
        done = self.run("batches", *arguments, "--json")
        assert done.exit_code == code, f"{done.exit_code}: {done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    def only(self) -> dict[str, Any]:
        (row,) = self.batches("list")
        return cast("dict[str, Any]", row)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
